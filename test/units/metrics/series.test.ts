/** How many series one Service can have: the contract's limits, computed and not believed. */
import { describe, expect, it } from 'vitest';
import { ServiceExposition } from '../../../src/metrics/exposition.ts';
import { SERVICE_FAMILIES, WITHOUT_HISTOGRAMS } from '../../../src/metrics/service-families.ts';
import type { JudgedReport } from '../../../src/model/messages.ts';
import { OUTCOMES, type Outcome } from '../../../src/model/outcome.ts';
import type { AddressHop, QueryResult } from '../../../src/model/round.ts';
import { Store } from '../../../src/state/store.ts';
import { reportOf } from '../../fixtures/rounds.ts';
import { parseSamples, type Sample } from '../../fixtures/samples.ts';
import { specOf } from '../../fixtures/spec.ts';

const spec = specOf('db', {
  settings: { severity: 'page', alertSeverity: 'ExternalNameServiceSlow=none' },
  labels: Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`label-${i}`, 'x'])),
});

/** All that policy, reference resolvers and hostile answers can add at once. */
const HOSTILE = ['127.0.0.1', '169.254.1.1', '169.254.169.254', '0.0.0.0'];
const POLICY = { allowedSuffixes: ['elsewhere.test'], allowedCidrs: ['10.0.0.0/8'] };

function seriesAfter(...args: Parameters<typeof samplesAfter>): number {
  return samplesAfter(...args).length;
}

function samplesAfter(
  outcomes: readonly Outcome[],
  families = SERVICE_FAMILIES,
  hostile = false,
): Sample[] {
  const settings = {
    servers: [],
    clusterDomain: 'cluster.local',
    isOwnDomain: false,
    intervalMs: 30_000,
    convergenceDeadlineMs: 60_000,
    drift: { entries: 64, windowMs: 86_400_000 },
    ...(hostile ? { dnssecHorizonMs: 86_400_000 } : {}),
  } as const;
  const store = new Store(settings, () => {});
  if (hostile) store.policyChanged({ ...POLICY, namespaces: new Map() });
  store.seen(spec, true, 0);
  if (hostile) {
    for (let i = 0; i < 40; i++) store.round(answered('ok', ['192.0.2.1']), 1);
    const { key, target } = spec;
    const reference = { type: 'reference', target, keys: [key], server: 'r', endedAt: 1 } as const;
    const signature = { zone: 'example.com', endsAt: 0 };
    store.signature({ ...reference, type: 'signature', results: [], signature }, 1);
    store.reference({ ...reference, hop: answered('ok').round.target ?? {} }, 1);
  }
  for (const outcome of outcomes) {
    store.round(answered(outcome, hostile ? HOSTILE : undefined, hostile), 1);
  }
  // All that happens is new.
  const shown = { clusterDomain: 'cluster.local', findingLevel: 'warning', now: () => 2 } as const;
  const exposition = new ServiceExposition(store.records, families, shown);
  const text = Array.from(exposition.text(), String).join('');
  return parseSamples(text);
}

function answered(
  outcome: Outcome,
  addresses: readonly string[] = ['192.0.2.1'],
  hostile = false,
): JudgedReport {
  const result: QueryResult = {
    outcome,
    server: 's',
    exchanges: [],
    addresses,
    chain: hostile ? [{ name: 'lost.azurewebsites.net', ttl: 0 }] : [],
    seconds: 1,
    ttl: 5,
    ...(hostile
      ? {
          negative: { zone: 'net', ttl: 5, minimum: 60 },
          extendedErrors: [{ code: 9, text: '' }],
        }
      : {}),
  };
  const hop: AddressHop = { A: result, AAAA: result };
  const round = { app: hop, alias: result, target: hop };
  return reportOf(spec, round, 1, { earlier: [round] });
}

describe('series of one Service', () => {
  it('are at most 70 while it is healthy, and 40 without histograms', () => {
    expect(seriesAfter(['ok'])).toBeLessThanOrEqual(70);
    expect(seriesAfter(['ok'])).toBeGreaterThan(40);
    expect(seriesAfter(['ok'], WITHOUT_HISTOGRAMS)).toBeLessThanOrEqual(40);
  });

  it('of failed queries begin at 0, so that increase() sees the first failure', () => {
    const failed = samplesAfter([]).filter(
      ({ name, labels }) => name === 'externalname_probes_total' && labels.outcome !== 'ok',
    );
    expect(
      failed.map(({ labels: { hop, type, outcome }, value }) =>
        [hop, type, outcome, value].join(' '),
      ),
    ).toEqual(
      ['app A', 'app AAAA', 'target A', 'target AAAA'].flatMap((query) => [
        `${query} error 0`,
        `${query} timeout 0`,
      ]),
    );
  });

  it('are at most 100, whatever has happened to it', () => {
    const all = Object.keys(OUTCOMES) as Outcome[];
    // Every query has met every folded outcome, every kind of drift was seen, and reference resolvers are asked.
    const worst = Math.max(
      ...all.map((last) => seriesAfter([...all, last], SERVICE_FAMILIES, true)),
    );
    expect(worst).toBeGreaterThan(90);
    expect(worst).toBeLessThanOrEqual(100);
  });

  it('have the labels that their family declares, and no other', () => {
    const outcomes = Object.keys(OUTCOMES) as Outcome[];
    const samples = [
      ...samplesAfter([...outcomes, 'nxdomain'], SERVICE_FAMILIES, true),
      ...samplesAfter([...outcomes, 'ok'], SERVICE_FAMILIES, true),
    ];
    for (const { name, type, labels } of SERVICE_FAMILIES) {
      const ours = samples.filter(
        (sample) =>
          sample.name.replace(type === 'histogram' ? /_(bucket|sum|count)$/ : '', '') === name,
      );
      const seen = ours
        .flatMap((sample) => Object.keys(sample.labels))
        .filter((key) => key !== 'le');
      const folded = seen.map((key) => key.replace(/^label_.*/, 'label_*'));
      expect([name, ...new Set(folded)].toSorted()).toEqual(
        [name, 'namespace', 'service', ...labels].toSorted(),
      );
    }
  });
});
