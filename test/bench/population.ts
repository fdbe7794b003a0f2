import type { RoundReport } from '../../src/model/messages.ts';
import type { QueryResult, Round } from '../../src/model/round.ts';
import type { ServiceSpec } from '../../src/model/service.ts';
import { Store } from '../../src/state/store.ts';
import { ServiceTexts } from '../../src/views/metrics/exposition.ts';

/** A store of healthy dual-stack Services that have had some rounds, and their texts. */
export function populate(count: number): ServiceTexts {
  const texts = new ServiceTexts();
  const settings = {
    families: ['ipv4', 'ipv6'],
    clusterDomain: 'cluster.local',
    convergenceDeadlineMs: 60_000,
  } as const;
  const store = new Store(settings, (key, record) => texts.update(key, record));
  for (let i = 0; i < count; i++) {
    const spec = specOf(i);
    store.seen(spec, false, 0);
    for (let round = 0; round < 3; round++) store.round(reportOf(spec, i + round), round * 30_000);
  }
  return texts;
}

function specOf(i: number): ServiceSpec {
  const [namespace, name] = [`team-${i % 50}`, `external-service-${i}`];
  const target = `service-${i}.region-${i % 7}.example.com`;
  return {
    key: `${namespace}/${name}`,
    namespace,
    name,
    uid: `uid-${i}`,
    externalName: target,
    target,
  };
}

function reportOf({ key, uid, target }: ServiceSpec, seed: number): RoundReport {
  const result = (addresses: string[]): QueryResult => ({
    outcome: 'ok',
    server: '10.96.0.10:53',
    seconds: 0.0004 + (seed % 97) / 9_000,
    exchanges: [{ server: '10.96.0.10:53', transport: 'udp', outcome: 'ok', seconds: 0.001 }],
    addresses,
    chain: [target],
    ttl: 30,
  });
  const hop = { A: result([`192.0.2.${seed % 250}`]), AAAA: result([`2001:db8::${seed % 250}`]) };
  const round: Round = { app: hop, alias: result([]), target: hop };
  const fixed = { settling: false, targetShared: false, unconfirmed: {}, delaySeconds: 0 };
  return { type: 'round', key, uid, target, round, endedAt: seed, ...fixed };
}
