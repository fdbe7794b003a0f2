/** Everything that shows a time follows the machine's clock, although records hold times of the steady one. */
import { afterEach, describe, expect, it } from 'vitest';
import { ServiceExposition } from '../../../src/metrics/exposition.ts';
import { MonitorMetrics } from '../../../src/metrics/monitor.ts';
import { SERVICE_FAMILIES } from '../../../src/metrics/service-families.ts';
import { FAILING, HEALTHY, ok, reportOf, result } from '../../fixtures/rounds.ts';
import { parseSamples } from '../../fixtures/samples.ts';
import { specOf } from '../../fixtures/spec.ts';
import { holdWithViews } from '../../fixtures/views.ts';
import { restoreWallClock, setWallClock } from '../../fixtures/wall-clock.ts';

const NOW = Date.UTC(2026, 10, 24);
const HOUR_MS = 3_600_000;
const STATUS = { synced: true, connected: true, lastContactAt: NOW, lastListAt: NOW };

afterEach(restoreWallClock);

/** A Service that has failed, moved and been edited. */
function held(): ReturnType<typeof holdWithViews> {
  const { store, views } = holdWithViews();
  const control = { type: 'control', server: '10.96.0.10:53', endedAt: NOW } as const;
  store.informerChanged(STATUS);
  store.sensed({ ...control, result: result('ok') });
  store.sensed({ ...control, result: result('servfail'), endedAt: NOW + 1 });
  const spec = specOf('db', { createdAt: NOW });
  store.seen(spec, false, NOW);
  const answered = (address: string) => ({ ...HEALTHY, target: { A: ok(address) } });
  for (let i = 0; i < 20; i++) store.round(reportOf(spec, answered('192.0.2.1'), NOW), NOW);
  store.round(reportOf(spec, answered('203.0.113.9'), NOW), NOW);
  store.round(reportOf(spec, FAILING, NOW), NOW);
  store.round(reportOf(spec, answered('203.0.113.9'), NOW), NOW);
  store.seen(specOf('db', { createdAt: NOW, externalName: 'db2.example.com' }), true, NOW);
  return { store, views };
}

/** By how many whole seconds two texts differ in each of their times, by where it stands. */
function shifts(before: string, after: string): Record<string, number> {
  const times = (text: string) => [...text.matchAll(/"(\w+)":"(\d{4}-[^"]+Z)"/g)];
  const others = times(after);
  const each = times(before).map(([, key = '', time = ''], i) => {
    const shift = Date.parse(others[i]?.[2] ?? '') - Date.parse(time);
    return [`${key} ${i}`, Math.round(shift / 1000) * 1000] as const;
  });
  return Object.fromEntries(each);
}

describe('a clock that is set forward by an hour', () => {
  it('moves all times of the API but the one that the API server gave', () => {
    const { views } = held();
    const shown = (aheadMs: number) => {
      setWallClock(aheadMs);
      return JSON.stringify([views.service('shop', 'db'), views.summary(NOW), views.servers()]);
    };
    const moved = Object.entries(shifts(shown(0), shown(HOUR_MS)));
    const names = moved.map(([place]) => place.split(' ')[0]);
    for (const name of ['since', 'until', 'lastProbe', 'lastSuccess', 'lastMove', 'deadline', 'at'])
      expect(names).toContain(name);
    for (const name of ['lastContact', 'lastList', 'lastAsked']) expect(names).toContain(name);
    for (const [place, shift] of moved) {
      expect([place, shift]).toEqual([place, place.startsWith('created ') ? 0 : HOUR_MS]);
    }
  });

  it('moves all timestamps of Services and of the informer', async () => {
    const { store } = held();
    const samples = async (aheadMs: number) => {
      setWallClock(aheadMs);
      const services = new ServiceExposition(store.records, SERVICE_FAMILIES);
      const metrics = new MonitorMetrics(30_000, { version: '', node_version: '' });
      metrics.informer(STATUS);
      const text = Array.from(services.text(), String).join('') + (await metrics.text());
      return parseSamples(text).filter(({ name }) =>
        /^externalname_(?!config).*_timestamp_seconds$/.test(name),
      );
    };
    const [before, after] = [await samples(0), await samples(HOUR_MS)];
    expect(before.length).toBeGreaterThanOrEqual(5);
    for (const [i, { name, value }] of before.entries()) {
      const shift = (after[i]?.value ?? 0) - value;
      expect([name, Math.round(shift)]).toEqual([name, HOUR_MS / 1000]);
    }
  });
});
