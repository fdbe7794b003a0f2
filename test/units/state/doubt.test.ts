import { describe, expect, it } from 'vitest';
import type { Round } from '../../../src/model/round.ts';
import { FAILING, HEALTHY, result } from '../../fixtures/rounds.ts';
import { hold, NOW, report, spec } from '../../fixtures/store.ts';

describe('an alias that is not what the spec says', () => {
  it('holds a missing alias back while the worker waits for cluster DNS', () => {
    const { store, record } = hold();
    const missing: Round = {
      ...FAILING,
      app: { A: result('nxdomain'), AAAA: result('nxdomain') },
      alias: result('nxdomain'),
    };
    store.seen(spec('db'), true, NOW);
    store.round(report(spec('db'), missing, { converging: true }), NOW + 30_000);
    expect(record('db')?.diagnosis).toEqual({ verdict: 'pending', blame: 'none' });
    store.round(report(spec('db'), missing), NOW + 61_000);
    expect(record('db')?.diagnosis).toEqual({
      up: 0,
      verdict: 'alias_missing',
      blame: 'cluster_dns',
    });
  });

  it('asks the API server before it blames cluster DNS for another spec, and itself if that is silent', () => {
    let asked = 0;
    const { store, record } = hold({ onDoubt: () => asked++ });
    const other = { ...HEALTHY, alias: result('mismatch') };
    const said = (): string | undefined => record('db')?.diagnosis.verdict;
    store.seen(spec('db'), false, NOW);
    store.round(report(spec('db'), HEALTHY), NOW);
    expect(asked).toBe(0);
    store.round(report(spec('db'), other, { endedAt: NOW + 4_000 }), NOW + 4_000);
    expect([said(), asked]).toEqual(['healthy', 1]);
    const informer = { synced: true, connected: true, lastContactAt: NOW + 4_500 };
    expect(store.informerChanged({ ...informer, lastListAt: NOW })).toEqual([]);
    // The API server has been asked since, and has nothing new to tell: the next round should not wait.
    const listed = { ...informer, lastListAt: NOW + 4_500 };
    expect(store.informerChanged(listed)).toEqual(['shop/db']);
    expect(store.informerChanged(listed)).toEqual([]);
    expect(said()).toBe('healthy');
    store.round(report(spec('db'), other, { endedAt: NOW + 60_000 }), NOW + 60_000);
    expect([said(), asked]).toEqual(['alias_mismatch', 1]);

    store.round(report(spec('db'), HEALTHY, { endedAt: NOW + 61_000 }), NOW + 61_000);
    store.round(report(spec('db'), other, { endedAt: NOW + 62_000 }), NOW + 62_000);
    expect([said(), asked]).toEqual(['healthy', 2]);
    store.round(report(spec('db'), other, { endedAt: NOW + 82_000 }), NOW + 82_000);
    expect(record('db')?.diagnosis).toEqual({ up: 1, verdict: 'unknown', blame: 'monitor' });
  });

  it('has nothing more to ask of a Service in doubt that is served, edited or gone meanwhile', () => {
    const { store } = hold();
    const other = { ...HEALTHY, alias: result('mismatch') };
    const at = NOW + 4_000;
    for (const name of ['served', 'edited', 'gone', 'doubted']) {
      store.seen(spec(name), false, NOW);
      store.round(report(spec(name), other, { endedAt: at }), at);
    }
    store.round(report(spec('served'), HEALTHY, { endedAt: at + 100 }), at + 100);
    store.seen(spec('edited', 'db2.example.com'), true, at + 200);
    store.gone('shop/gone', at + 200);
    const informer = { synced: true, connected: true, lastContactAt: at + 300 };
    expect(store.informerChanged({ ...informer, lastListAt: at + 300 })).toEqual(['shop/doubted']);
  });

  it('says alias_missing at once of a Service that was there before the monitor', () => {
    const { store, record } = hold();
    store.seen(spec('db'), false, NOW);
    store.round(report(spec('db'), { ...FAILING, alias: result('nxdomain') }), NOW);
    expect(record('db')?.diagnosis.verdict).toBe('alias_missing');
  });
});
