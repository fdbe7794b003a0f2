import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { ServiceSink } from '../../src/commands/service-sink.ts';
import type { ServiceSpec } from '../../src/model/service.ts';
import type { ProbeClient } from '../../src/probe/client.ts';
import { Admission } from '../../src/state/admission.ts';
import { MonitorMetrics } from '../../src/views/metrics/monitor.ts';
import { specOf } from '../spec.ts';
import { hold } from '../state/_held.ts';

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
    probe: async () => undefined,
    stop: async () => {},
  };
  const sink = new ServiceSink({
    admission: new Admission(most),
    store,
    worker,
    metrics: new MonitorMetrics(30_000, { version: '0', node_version: '0' }),
    logger: pino({ level: 'silent' }),
    convergenceDeadlineMs: 60_000,
  });
  return { sink, watched, records: () => [...store.records.keys()] };
}

describe('ServiceSink', () => {
  it('keeps no record of a Service that goes in the same batch as one whose place it would take', () => {
    const { sink, watched, records } = start(2);
    const names = ['a', 'b', 'c', 'd', 'e'];
    sink.upsert(
      names.map((name) => specOf(name)),
      true,
    );
    expect(records()).toEqual(['shop/a', 'shop/b']);
    sink.gone(['shop/a', 'shop/b', 'shop/c', 'shop/d']);
    expect(records()).toEqual(['shop/e']);
    expect([...watched]).toEqual(['shop/e']);
    sink.gone(['shop/e']);
    expect([records(), [...watched]]).toEqual([[], []]);
  });
});
