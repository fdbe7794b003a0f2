import { describe, expect, it } from 'vitest';
import { ServiceExposition } from '../../../src/metrics/exposition.ts';
import { SERVICE_FAMILIES } from '../../../src/metrics/service-families.ts';
import { reasonOfRecord, recoveryOfRecord } from '../../../src/state/outlook.ts';
import type { ServiceRecord } from '../../../src/state/record.ts';
import { Store } from '../../../src/state/store.ts';
import { HEALTHY, MISSING, reportOf, result, silentOf } from '../../fixtures/rounds.ts';
import { parseSamples } from '../../fixtures/samples.ts';
import { specOf } from '../../fixtures/spec.ts';

const negative = { zone: 'example.com', ttl: 30, minimum: 900 };
const extendedErrors = [{ code: 12_345, text: '' }];
const gone = result('nxdomain', { negative, extendedErrors });
const DENIED = { ...MISSING, target: { A: gone, AAAA: gone } };
const spec = specOf('db');

/** The record after `play`, and its samples of the two families. */
function recorded(play: (store: Store) => void): { record: ServiceRecord; samples: unknown[] } {
  const settings = {
    servers: [],
    clusterDomain: 'cluster.local',
    isOwnDomain: false,
    intervalMs: 30_000,
    convergenceDeadlineMs: 60_000,
    drift: { entries: 64, windowMs: 86_400_000 },
  } as const;
  const store = new Store(settings, () => {});
  store.seen(spec, false, 0);
  play(store);
  const record = store.records.get(spec.key);
  if (!record) throw new Error('Cannot find the record, got none');
  const text = Array.from(
    new ServiceExposition(store.records, SERVICE_FAMILIES).text(),
    String,
  ).join('');
  const samples = parseSamples(text)
    .filter(({ name }) => /negative_ttl|extended_error/.test(name))
    .map(({ name, labels, value }) => [name, labels.extended_error, value]);
  return { record, samples };
}

const qualified = { name: 'db.shop.svc.cluster.local', result: result('ok') };
const UNQUALIFIED = { ...DENIED, app: DENIED.target, corrections: [qualified] };

describe('the outlook of a target without an address', () => {
  it('is in the record, and in metrics', () => {
    const { record, samples } = recorded((store) => store.round(reportOf(spec, DENIED, 1), 1));
    expect(recoveryOfRecord(record)).toMatchObject({ seconds: 900 });
    expect(reasonOfRecord(record)).toMatchObject({ name: 'db.example.com' });
    expect(samples).toEqual([
      ['externalname_target_negative_ttl_seconds', undefined, 900],
      ['externalname_target_extended_error', 'unassigned', 1],
    ]);
  });

  it('has no time where the spec must be corrected, and no zone', () => {
    const { record } = recorded((store) => store.round(reportOf(spec, UNQUALIFIED, 1), 1));
    expect(record.diagnosis.verdict).toBe('invalid_target');
    expect(recoveryOfRecord(record)).toBeUndefined();
  });

  it.each<[string, (store: Store) => void]>([
    ['before the first round', () => {}],
    ['once it has an address', (store) => store.round(reportOf(spec, HEALTHY, 2), 2)],
    [
      'once the spec names another',
      (store) => store.seen({ ...spec, externalName: 'b.test', target: 'b.test' }, false, 2),
    ],
    ['while cluster DNS is silent', (store) => store.round(silentOf(spec, 2), 2)],
  ])('is unknown %s', (when, play) => {
    const { record, samples } = recorded((store) => {
      if (when !== 'before the first round') store.round(reportOf(spec, DENIED, 1), 1);
      play(store);
    });
    expect([recoveryOfRecord(record), reasonOfRecord(record), samples]).toEqual([
      undefined,
      undefined,
      [],
    ]);
  });
});
