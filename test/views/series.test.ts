/** How many series one Service can have: the contract's limits, computed and not believed. */
import { describe, expect, it } from 'vitest';
import type { RoundReport } from '../../src/model/messages.ts';
import { OUTCOMES, type Outcome } from '../../src/model/outcome.ts';
import type { AddressHop, QueryResult } from '../../src/model/round.ts';
import { Store } from '../../src/state/store.ts';
import { ServiceTexts } from '../../src/views/metrics/exposition.ts';
import { SERVICE_FAMILIES, WITHOUT_HISTOGRAMS } from '../../src/views/metrics/service-families.ts';
import { parseSamples } from '../samples.ts';
import { specOf } from '../spec.ts';

const spec = specOf('db', {
  settings: { enabled: true, severity: 'page' },
  labels: Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`label-${i}`, 'x'])),
});

function seriesAfter(outcomes: readonly Outcome[], families = SERVICE_FAMILIES): number {
  const texts = new ServiceTexts(families);
  const settings = {
    servers: [],
    families: ['ipv4', 'ipv6'],
    recordTypes: ['A', 'AAAA'],
    clusterDomain: 'cluster.local',
    convergenceDeadlineMs: 60_000,
    drift: { entries: 64, windowMs: 86_400_000 },
  } as const;
  const store = new Store(settings, (key, record) => texts.update(key, record));
  store.seen(spec, true, 0);
  for (const outcome of outcomes) store.round(reportOf(outcome), 1);
  const text = Array.from(texts.exposition(), (chunk) => chunk.toString()).join('');
  return parseSamples(text).length;
}

function reportOf(outcome: Outcome): RoundReport {
  const result: QueryResult = {
    outcome,
    server: 's',
    exchanges: [],
    addresses: ['192.0.2.1'],
    chain: [],
    seconds: 1,
    ttl: 5,
  };
  const hop: AddressHop = { A: result, AAAA: result };
  const { key, uid, target } = spec;
  const round = { app: hop, alias: result, target: hop };
  const fixed = {
    settling: false,
    silent: false,
    unconfirmed: round,
    targetShared: false,
    delaySeconds: 0,
  };
  return { type: 'round', key, uid, target, round, endedAt: 1, ...fixed };
}

describe('series of one Service', () => {
  it('are at most 64 while it is healthy, and 36 without histograms', () => {
    expect(seriesAfter(['ok'])).toBeLessThanOrEqual(64);
    expect(seriesAfter(['ok'])).toBeGreaterThan(40);
    expect(seriesAfter(['ok'], WITHOUT_HISTOGRAMS)).toBeLessThanOrEqual(36);
  });

  it('are at most 100, whatever has happened to it', () => {
    const all = Object.keys(OUTCOMES) as Outcome[];
    for (const last of all) expect(seriesAfter([...all, last])).toBeLessThanOrEqual(100);
    // Every query has met every folded outcome: the worst there is.
    expect(seriesAfter([...all, 'ok'])).toBeGreaterThan(75);
  });
});
