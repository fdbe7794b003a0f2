import { describe, expect, it } from 'vitest';
import type { Probed } from '../../../src/model/probed.ts';
import type { QueryResult } from '../../../src/model/round.ts';
import { unpackedList, unpackedQueries } from '../../../src/state/history.ts';
import { unpackedSamples } from '../../../src/state/latencies.ts';
import type { Store } from '../../../src/state/store.ts';
import {
  FAILING,
  HEALTHY,
  ok,
  reportOf,
  result,
  silentOf,
  untimed,
} from '../../fixtures/rounds.ts';
import { specOf } from '../../fixtures/spec.ts';
import { hold, NOW, type StoreChange } from '../../fixtures/store.ts';

const DB = specOf('db');

function held(change: StoreChange = {}): Store {
  const { store } = hold(change);
  store.seen(DB, false, NOW);
  return store;
}

const recordOf = (store: Store) => {
  const record = store.records.get(DB.key);
  if (!record) throw new Error('Cannot test: the record is gone, got undefined');
  return record;
};

describe('the history of a record', () => {
  it('has failures with their rounds, latencies, and edits with who made them', () => {
    const store = held();
    store.round(reportOf(DB, HEALTHY, NOW + 1), NOW + 1);
    store.round(reportOf(DB, FAILING, NOW + 2), NOW + 2);
    store.round(reportOf(DB, FAILING, NOW + 3), NOW + 3);
    store.round(reportOf(DB, HEALTHY, NOW + 4), NOW + 4);
    const edited = specOf('db', { externalName: 'DB2.example.com', editedBy: 'helm' });
    store.seen(edited, true, NOW + 5);
    const { history } = recordOf(store);
    expect(history.since).toBe(NOW);
    const [failure] = history.failures;
    expect(failure).toMatchObject({
      verdict: 'target_failing',
      blame: 'target',
      since: NOW + 2,
      until: NOW + 4,
      rounds: 2,
    });
    const queries = unpackedQueries(failure?.first ?? '');
    expect(queries).toHaveLength(5);
    expect(queries.at(-1)).toMatchObject({ hop: 'target', type: 'AAAA', outcome: 'servfail' });
    expect(queries.at(-1)?.exchanges[0]).toMatchObject({ outcome: 'servfail', milliseconds: 4 });
    expect(unpackedSamples(history.latencies, 'app')).toHaveLength(4);
    const by = { from: 'db.example.com', to: 'DB2.example.com', by: 'helm' };
    expect(history.edits).toEqual([{ at: NOW + 5, ...by }]);
  });

  it('has what the target was answered before it moved and after', () => {
    const store = held();
    const at = (address: string) => ({ ...HEALTHY, target: { A: ok(address) } });
    for (let i = 0; i < 20; i++) store.round(reportOf(DB, at('192.0.2.1'), NOW), NOW);
    store.round(reportOf(DB, at('203.0.113.9'), NOW + 9), NOW + 9);
    const [move] = recordOf(store).history.moves;
    expect(move).toMatchObject({ at: NOW + 9, kinds: ['addresses', 'replaced', 'network'] });
    expect(unpackedList(move?.before.addresses ?? '').first).toEqual(['192.0.2.1']);
    expect(unpackedList(move?.after.addresses ?? '').first).toEqual(['203.0.113.9']);
  });

  it('knows of silence that nothing was asked, and what is silent', () => {
    const store = held();
    for (let i = 0; i < 2; i++) store.round(silentOf(DB, NOW), NOW);
    for (let i = 0; i < 3; i++) store.round(silentOf(DB, NOW, 'upstream_dns'), NOW);
    expect(recordOf(store).diagnosis.up).toBe(0);
    expect(recordOf(store).history.failures).toMatchObject([
      { verdict: 'cluster_dns_failing', blame: 'cluster_dns', rounds: 2, first: '' },
      { verdict: 'target_failing', blame: 'upstream_dns', rounds: 3, first: '' },
    ]);
  });
});

it('keeps no histograms where nobody wants them, and counts all the same', () => {
  const store = held({ histograms: false });
  store.round(reportOf(DB, HEALTHY, NOW), NOW);
  const { durations, queries } = recordOf(store);
  expect(durations).toBeUndefined();
  expect(queries[0]).toMatchObject({ outcomes: { ok: 1 }, lastSeconds: 0.004 });
});

it('takes a reply whose time was not measured for a reply, and silence for no news of the TTL', () => {
  const store = held();
  const queries = (A: QueryResult) => {
    store.round(reportOf(DB, { ...HEALTHY, app: { A } }, NOW), NOW);
    return recordOf(store).queries[0];
  };
  expect(queries(ok('192.0.2.1'))).toMatchObject({ ttl: 30, lastSeconds: 0.004 });
  expect(queries(untimed(ok('192.0.2.1')))).toEqual({
    hop: 'app',
    type: 'A',
    outcomes: { ok: 2, error: 0, timeout: 0 },
    ttl: 30,
  });
  expect(queries(result('timeout'))).toMatchObject({ ttl: 30 });
  expect(queries(untimed(result('servfail')))).not.toHaveProperty('ttl');
  expect(recordOf(store).durations?.app.counts.reduce((sum, count) => sum + count)).toBe(1);
});

describe('a probe on demand', () => {
  const probed: Probed = {
    key: DB.key,
    uid: DB.uid,
    target: DB.target,
    converging: false,
    round: FAILING,
    steps: [],
    startedAt: NOW,
    seconds: 0.01,
  };

  it('is judged by itself, and leaves the record as it is', () => {
    const store = held();
    for (let i = 1; i < 5; i++) store.round(reportOf(DB, HEALTHY, NOW + i), NOW + i);
    const before = recordOf(store);
    const copy = structuredClone(before);
    const ruling = store.ruled(probed, NOW + 10);
    expect(ruling?.diagnosis).toEqual({ up: 0, verdict: 'target_failing', blame: 'target' });
    expect(ruling?.context.published.verdict).toBe('healthy');
    expect(recordOf(store)).toBe(before);
    expect(before).toEqual(copy);
  });

  it('is of nobody once the Service is another, or has another target', () => {
    const store = held();
    expect(store.ruled({ ...probed, uid: 'other' }, NOW)).toBeUndefined();
    store.seen(specOf('db', { externalName: 'db2.example.com' }), true, NOW);
    expect(store.ruled(probed, NOW)).toBeUndefined();
  });
});
