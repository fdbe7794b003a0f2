import { describe, expect, it } from 'vitest';
import type { Round } from '../../../src/model/round.ts';
import { isStale } from '../../../src/state/store.ts';
import { FAILING, HEALTHY, result, silentOf } from '../../fixtures/rounds.ts';
import { hold, NOW, report, spec } from '../../fixtures/store.ts';

describe('Store', () => {
  it('is pending without up until the first round, then says what the round said', () => {
    const { store, record, changes } = hold();
    store.seen(spec('db'), false, NOW);
    expect(record('db')?.diagnosis).toEqual({ verdict: 'pending', blame: 'none' });
    store.round(report(spec('db'), HEALTHY), NOW);
    expect(record('db')?.diagnosis).toEqual({ up: 1, verdict: 'healthy', blame: 'none' });
    expect(changes).toEqual(['shop/db pending', 'shop/db healthy']);
  });

  it('counts every query raw, those asked again included, and a shared target hop not at all', () => {
    const { store, record } = hold();
    store.seen(spec('db'), false, NOW);
    store.round(report(spec('db'), HEALTHY, { earlier: [FAILING] }), NOW);
    store.round(report(spec('db'), HEALTHY, { targetShared: true }), NOW);
    const outcomes = record('db')?.queries.map(({ hop, type, outcomes }) => ({
      [`${hop} ${type}`]: outcomes,
    }));
    expect(Object.assign({}, ...(outcomes ?? []))).toEqual({
      'app A': { ok: 2, error: 0, timeout: 0, nodata: 1 },
      'app AAAA': { ok: 0, error: 0, timeout: 0, nodata: 3 },
      'alias CNAME': { ok: 3 },
      'target A': { ok: 1, error: 1, timeout: 0 },
      'target AAAA': { ok: 0, error: 1, timeout: 0, nodata: 1 },
    });
    expect(record('db')?.rounds).toEqual({ up: 2, down: 0 });
    expect(record('db')?.durations?.target.counts).toEqual([0, 4, 0, 0, 0, 0, 0]);
  });

  it('gives silence no duration', () => {
    const { store, record } = hold();
    store.seen(spec('db'), false, NOW);
    store.round(report(spec('db'), HEALTHY), NOW);
    const silent = { A: result('timeout'), AAAA: result('timeout') };
    store.round(report(spec('db'), { app: silent, alias: result('timeout'), target: silent }), NOW);
    expect(record('db')?.queries.every((query) => query.lastSeconds === undefined)).toBe(true);
    expect(record('db')?.durations?.app.counts).toEqual([0, 2, 0, 0, 0, 0, 0]);
  });

  it('keeps addresses over errors, and empties them on NODATA', () => {
    const { store, record } = hold();
    store.seen(spec('db'), false, NOW);
    store.round(report(spec('db'), HEALTHY), NOW);
    expect(record('db')?.targetAddresses).toEqual({ ipv4: ['192.0.2.1'], ipv6: [] });
    store.round(report(spec('db'), FAILING), NOW);
    expect(record('db')?.targetAddresses).toEqual({ ipv4: ['192.0.2.1'], ipv6: [] });
    const empty = { A: result('nodata'), AAAA: result('nodata') };
    store.round(report(spec('db'), { ...FAILING, target: empty }), NOW);
    expect(record('db')?.targetAddresses).toEqual({ ipv4: [], ipv6: [] });
  });

  it('counts how the target changes, over errors, and anew for another target', () => {
    const { store, record } = hold();
    const at = (...addresses: string[]): Round => ({
      ...HEALTHY,
      target: { A: result('ok', { addresses }), AAAA: result('nodata') },
    });
    store.seen(spec('db'), false, NOW);
    for (let i = 0; i < 20; i++) store.round(report(spec('db'), at('192.0.2.1')), NOW);
    const { memory, targetAddresses } = record('db') ?? {};
    store.round(report(spec('db'), at('192.0.2.1')), NOW);
    expect(record('db')?.memory).toBe(memory);
    expect(record('db')?.targetAddresses).toBe(targetAddresses);
    store.round(report(spec('db'), FAILING), NOW);
    expect(record('db')?.changes).toEqual({ addresses: 0, replaced: 0, network: 0, chain: 0 });
    store.round(report(spec('db'), at('203.0.113.1'), { endedAt: NOW + 5 }), NOW + 5);
    expect(record('db')?.changes).toEqual({ addresses: 1, replaced: 1, network: 1, chain: 0 });
    expect(record('db')?.lastChange).toEqual({
      addresses: NOW + 5,
      replaced: NOW + 5,
      network: NOW + 5,
    });
    const edited = spec('db', 'db2.example.com');
    store.seen(edited, true, NOW + 10);
    store.round(report(edited, at('198.51.100.1')), NOW + 10);
    expect(record('db')?.changes.addresses).toBe(1);
  });

  it('does not judge an edited Service by a round of its old target', () => {
    const { store, record } = hold();
    store.seen(spec('db'), false, NOW);
    store.round(report(spec('db'), HEALTHY), NOW);
    store.seen(spec('db', 'db2.example.com'), true, NOW);
    store.round(report(spec('db'), FAILING), NOW);
    expect(record('db')?.diagnosis).toEqual({ up: 1, verdict: 'healthy', blame: 'none' });
    expect(record('db')?.rounds).toEqual({ up: 1, down: 0 });
  });

  it('starts anew when a Service was deleted and made again between two lists', () => {
    const { store, record } = hold();
    store.seen(spec('db'), false, NOW);
    store.round(report(spec('db'), HEALTHY), NOW);
    const again = spec('db', 'db.example.com', 'another-uid');
    store.seen(again, true, NOW);
    expect(record('db')).toMatchObject({
      rounds: { up: 0, down: 0 },
      diagnosis: { verdict: 'pending' },
    });
    expect(store.round(report(spec('db'), HEALTHY), NOW).isWatched).toBe(false);
  });

  it('forgets a Service that is gone, and ignores what is still reported of it', () => {
    const { store, changes } = hold();
    store.seen(spec('db'), false, NOW);
    store.gone('shop/db', NOW);
    expect(store.round(report(spec('db'), HEALTHY), NOW).isWatched).toBe(false);
    expect(store.records.size).toBe(0);
    expect(changes.at(-1)).toBe('shop/db gone');
  });

  it('is degraded while rounds alternate, and not after an outage that has ended', () => {
    const { store, record } = hold();
    const play = (looks: string): string | undefined => {
      store.gone('shop/db', NOW);
      store.seen(spec('db'), false, NOW);
      for (const look of looks) {
        const good = report(spec('db'), HEALTHY, look === 'b' ? { earlier: [FAILING] } : {});
        store.round(look === 'B' ? report(spec('db'), FAILING) : good, NOW);
      }
      return record('db')?.diagnosis.verdict;
    };
    expect(play('GBGBGBG')).toBe('degraded');
    expect(play('GbGbGbG')).toBe('degraded');
    expect(play('BBBBGGGG')).toBe('healthy');
    expect(play('GGbGGGbG')).toBe('healthy');
    expect(play('GBGBGBGGGGGG')).toBe('healthy');
  });

  it('counts a Service that was not asked about, as cluster DNS is silent, as down', () => {
    const { store, record } = hold();
    store.seen(spec('db'), false, NOW);
    store.round(report(spec('db'), HEALTHY), NOW);
    store.round(silentOf(spec('db'), NOW + 1_000), NOW + 1_000);
    expect(record('db')).toMatchObject({
      diagnosis: { up: 0, verdict: 'cluster_dns_failing' },
      rounds: { up: 1, down: 1 },
      lastProbeAt: NOW,
    });
    store.round(report(spec('db'), HEALTHY), NOW + 2_000);
    expect(record('db')?.diagnosis.verdict).toBe('healthy');
  });
});

describe('isStale', () => {
  it.each([
    [true, { synced: false, connected: false }],
    [false, { synced: true, connected: true, lastContactAt: NOW - 160_000 }],
    [true, { synced: true, connected: true, lastContactAt: NOW - 240_000 }],
    [false, { synced: true, connected: false, lastContactAt: NOW - 5_000 }],
    [true, { synced: true, connected: false, lastContactAt: NOW - 60_000 }],
  ])('%s for %o', (stale, status) => {
    expect(isStale(status, NOW)).toBe(stale);
  });
});
