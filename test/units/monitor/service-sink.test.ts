import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { SeenService } from '../../../src/kubernetes/services.ts';
import { MonitorMetrics } from '../../../src/metrics/monitor.ts';
import type { ServiceSpec } from '../../../src/model/service.ts';
import { ServiceSink } from '../../../src/monitor/service-sink.ts';
import type { ProbeClient } from '../../../src/probe/client.ts';
import { Admission } from '../../../src/state/admission.ts';
import { specOf } from '../../fixtures/spec.ts';
import { hold } from '../../fixtures/store.ts';

/** A sink, its store, and what its worker watches. */
function start(most: number) {
  const { store } = hold();
  const watched = new Set<string>();
  const worker: ProbeClient = {
    watch: (specs: readonly ServiceSpec[]) => {
      for (const { key } of specs) watched.add(key);
    },
    unwatch: (keys: readonly string[]) => {
      for (const key of keys) expect(watched.delete(key)).toBe(true);
    },
    again: () => {},
    setPods: () => {},
    setForwards: () => undefined,
    probe: async () => undefined,
    stop: async () => {},
  };
  const links = new Map<string, string>();
  const sink = new ServiceSink({
    admission: new Admission(most),
    links,
    store,
    worker,
    metrics: new MonitorMetrics(30_000, { version: '0', node_version: '0' }),
    logger: pino({ level: 'silent' }),
    convergenceDeadlineMs: 60_000,
  });
  return { sink, links, watched, records: () => [...store.records.keys()] };
}

/** A Service as the informer of its shard sees it. */
function seenOf(spec: ServiceSpec): SeenService {
  return { key: spec.key, uid: spec.uid, target: spec.target, spec };
}

describe('ServiceSink', () => {
  it('keeps no record of a Service that goes in the same batch as one whose place it would take', () => {
    const { sink, watched, records } = start(2);
    const names = ['a', 'b', 'c', 'd', 'e'];
    sink.upsert(
      names.map((name) => seenOf(specOf(name))),
      true,
    );
    expect(records()).toEqual(['shop/a', 'shop/b']);
    sink.gone(['shop/a', 'shop/b', 'shop/c', 'shop/d']);
    expect(records()).toEqual(['shop/e']);
    expect([...watched]).toEqual(['shop/e']);
    sink.gone(['shop/e']);
    expect([records(), [...watched]]).toEqual([[], []]);
  });

  it('knows where all aliases lead: also of other shards, dropped and disabled', () => {
    const { sink, links, watched } = start(1);
    sink.upsert(
      [
        seenOf(specOf('ours')),
        seenOf(specOf('dropped', { createdAt: 1 })),
        seenOf(specOf('disabled', { settings: { enabled: false } })),
        { key: 'other/foreign', uid: '', target: 'ours.shop.svc.cluster.local' },
      ],
      true,
    );
    expect([...watched]).toEqual(['shop/ours']);
    const keys = ['shop/ours', 'shop/dropped', 'shop/disabled', 'other/foreign', 'shop/none'];
    expect(keys.map((key) => links.get(key))).toEqual([
      'ours.example.com',
      'dropped.example.com',
      'disabled.example.com',
      'ours.shop.svc.cluster.local',
      undefined,
    ]);
    sink.upsert([{ key: 'other/foreign', uid: '', target: 'db.example.com' }], false);
    expect(links.get('other/foreign')).toBe('db.example.com');
    sink.gone(['other/foreign', 'shop/dropped', 'shop/disabled']);
    expect([links.size, [...watched]]).toEqual([1, ['shop/ours']]);
  });
});
