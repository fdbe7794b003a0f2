import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { MonitorMetrics } from '../../../src/metrics/monitor.ts';
import type { QueryResult } from '../../../src/model/round.ts';
import { Receiver } from '../../../src/monitor/receive.ts';
import { HEALTHY, ok, reportOf, result } from '../../fixtures/rounds.ts';
import { parseSamples } from '../../fixtures/samples.ts';
import { hold, NOW, spec } from '../../fixtures/store.ts';

const VIP = '10.96.0.10:53';
const POD = '10.0.0.1:53';
const DB = spec('db');

/** What a server got right at its second try. */
function answered(server: string, change: QueryResult): QueryResult {
  const exchange = { server, transport: 'udp' } as const;
  const exchanges = [
    { ...exchange, outcome: 'timeout' } as const,
    { ...exchange, outcome: change.outcome, seconds: 0.004 },
  ];
  return { ...change, server, seconds: 0.004, exchanges };
}

/** What the pod says of the Service, in the round that another server answered. */
const single = {
  server: POD,
  round: { app: { A: answered(POD, ok('192.0.2.1')) }, alias: answered(POD, result('ok')) },
};

function start() {
  const { store } = hold({ servers: [VIP] });
  const metrics = new MonitorMetrics(30_000, { version: '0', node_version: '0' });
  const receiver = new Receiver(store, metrics, pino({ level: 'silent' }));
  store.seen(DB, false, NOW);
  store.podsChanged([POD]);
  return {
    podsChanged: (pods: readonly string[]) => metrics.serversGone(store.podsChanged(pods)),
    /** One report of each kind that names a server of cluster DNS. */
    receiveAll() {
      const control = { result: answered(POD, result('ok')), endedAt: NOW };
      receiver.receive({ type: 'control', server: POD, ...control });
      receiver.receive({ type: 'upstream', server: POD, ...control });
      receiver.receive({ type: 'converged', server: POD, seconds: 1 });
      receiver.receive(reportOf(DB, HEALTHY, NOW, { singles: [single] }));
    },
    receiveRound: () => receiver.receive(reportOf(DB, HEALTHY, NOW, { singles: [single] })),
    async familiesOf(server: string): Promise<string[]> {
      const samples = parseSamples(await metrics.text());
      const of = samples.filter(({ labels }) => labels.server === server);
      const names = of.map(({ name }) => name.replace(/_(bucket|sum|count)$/, ''));
      return [...new Set(names)].sort();
    },
  };
}

describe('Receiver: a pod of cluster DNS that is gone', () => {
  it('leaves no series, whatever is reported of it later', async () => {
    const { podsChanged, receiveAll, familiesOf } = start();
    receiveAll();
    expect(await familiesOf(POD)).toEqual([
      'externalname_convergence_seconds',
      'externalname_exchanges_total',
      'externalname_query_duration_seconds',
      'externalname_query_retries_total',
      'externalname_server_up',
      'externalname_upstream_up',
    ]);
    podsChanged([]);
    expect(await familiesOf(POD)).toEqual([]);
    receiveAll();
    expect(await familiesOf(POD)).toEqual([]);
    expect(await familiesOf(VIP)).not.toEqual([]);
  });

  it('leaves none either where only rounds have met it', async () => {
    const { podsChanged, receiveRound, familiesOf } = start();
    receiveRound();
    expect(await familiesOf(POD)).not.toEqual([]);
    podsChanged([]);
    expect(await familiesOf(POD)).toEqual([]);
  });

  it('keeps its series where --cluster-dns names it', async () => {
    const { podsChanged, receiveRound, familiesOf } = start();
    podsChanged([POD, VIP]);
    receiveRound();
    podsChanged([POD]);
    expect(await familiesOf(VIP)).not.toEqual([]);
  });
});
