/** Where cluster DNS forwards to, read from the embedded API server again and again. */
import { KubeConfig } from '@kubernetes/client-node';
import pino from 'pino';
import { expect, it } from 'vitest';
import { parseUpstreamDns } from '../../../src/config/upstream-dns.ts';
import { KubernetesApi } from '../../../src/kubernetes/api.ts';
import { ApiError } from '../../../src/kubernetes/errors.ts';
import type { Forward } from '../../../src/model/forward.ts';
import { watchForwards } from '../../../src/monitor/upstream-dns.ts';
import { until } from '../../lab/cluster/until.ts';

const COREFILE = (servers: string, more = '') => ({
  Corefile: `.:53 {\n  forward . ${servers}\n  import custom/*.override\n}\n${more}`,
});

/** `held`: the data of ConfigMaps by name; an error in place of data is thrown. */
async function watched(
  option: string,
  held: Record<string, Record<string, string> | ApiError | undefined>,
  use: (seen: string[], logged: string[]) => Promise<void>,
): Promise<void> {
  const api = new KubernetesApi(new KubeConfig());
  api.session = async (_signal, session) =>
    session(async ({ path }) => {
      const data = held[path.slice(path.lastIndexOf('/') + 1)];
      if (data instanceof Error) throw data;
      if (!data) throw new ApiError('closed', 'Cannot get configmaps: 404', { status: 404 });
      const text = JSON.stringify({ kind: 'ConfigMap', data });
      return (async function* () {
        yield Buffer.from(text);
      })();
    });
  const logged: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line) => logged.push(JSON.parse(line).why) });
  const seen: string[] = [];
  const onForwards = (forwards: readonly Forward[]): void => {
    seen.push(
      forwards
        .map(({ zone, servers }) => `${zone} ${servers.map(({ label }) => label)}`)
        .join('; '),
    );
  };
  const abort = new AbortController();
  const options = {
    upstreamDns: parseUpstreamDns(option),
    upstreamConfig: { namespace: 'kube-system', name: 'coredns' },
    upstreamResolvConf: undefined,
  };
  const ended = watchForwards({
    ...{ api, options, logger, onForwards, everyMs: 5 },
    signal: abort.signal,
  });
  await use(seen, logged);
  abort.abort();
  await ended;
}

it('takes addresses as they are, and asks nobody with off', async () => {
  await watched('10.0.0.2,10.0.0.3:5353', {}, async (seen) => {
    expect(seen).toEqual(['. 10.0.0.2:53,10.0.0.3:5353']);
  });
  await watched('off', {}, async (seen) => expect(seen).toEqual([]));
});

it('reads the Corefile again, with what users add beside it, and says once what is left out', async () => {
  const held: Parameters<typeof watched>[1] = { coredns: COREFILE('10.0.0.2 /etc/resolv.conf') };
  await watched('auto', held, async (seen, logged) => {
    await until('the first', () => seen.length === 1 && logged.length > 0);
    expect(seen).toEqual(['. 10.0.0.2:53']);
    held.coredns = COREFILE('10.0.0.2', 'import custom/*.server');
    held['coredns-custom'] = { 'a.server': 'corp.example {\nforward . 10.1.0.1\n}' };
    await until('the second', () => seen.at(-1) === '. 10.0.0.2:53; corp.example 10.1.0.1:53');
    // What cannot be read leaves the last one in force.
    held.coredns = new ApiError('forbidden', 'Cannot get configmaps: forbidden', { status: 403 });
    await until('the error', () => logged.length === 2);
    const count = seen.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(seen).toHaveLength(count);
    expect(logged).toEqual([
      "the node's /etc/resolv.conf is not known: see --upstream-resolv-conf",
      'Cannot get configmaps: forbidden',
    ]);
  });
});

it('asks nobody where there is no such ConfigMap, and says so', async () => {
  await watched('auto', {}, async (seen, logged) => {
    await until('the warning', () => logged.length === 1);
    expect(seen).toEqual(['']);
    expect(logged).toEqual(['there is no ConfigMap kube-system/coredns']);
  });
});
