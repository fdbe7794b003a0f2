import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServiceSpec } from '../../../src/model/service.ts';
import { Admission, type Admitted, type ServiceChanges } from '../../../src/state/admission.ts';
import { specOf } from '../../fixtures/spec.ts';
import { IS_THOROUGH } from '../../fixtures/thorough.ts';

const off = { settings: { enabled: false } };
const NOTHING = { watch: [], unwatch: [] };

const namesOf = ({ watch, unwatch }: Admitted) => [watch.map(({ key }) => key), unwatch];

/** As many Services of a namespace, the first the oldest. */
function many(namespace: string, count: number): ServiceSpec[] {
  return Array.from({ length: count }, (_, i) => specOf(`s${i}`, { namespace, createdAt: i }));
}

/** An admission, and what is watched by what it has said. */
function start(most: number) {
  const admission = new Admission(most);
  const watched = new Map<string, ServiceSpec>();
  const apply = (changes: ServiceChanges): Admitted => {
    const admitted = admission.apply(changes);
    for (const key of admitted.unwatch) expect(watched.delete(key)).toBe(true);
    for (const spec of admitted.watch) watched.set(spec.key, spec);
    const both = admitted.watch.filter(({ key }) => admitted.unwatch.includes(key));
    expect(both).toEqual([]);
    return admitted;
  };
  const counts = () => Object.groupBy([...watched.values()], ({ namespace }) => namespace);
  const countOf = (namespace: string) => counts()[namespace]?.length ?? 0;
  return { admission, watched, apply, countOf };
}

describe('Admission', () => {
  it('does not watch what is disabled, and takes it in and out as the annotation changes', () => {
    const { admission, apply } = start(0);
    expect(apply({ seen: [specOf('db', off)] })).toEqual(NOTHING);
    expect(admission.disabled).toBe(1);
    expect(apply({ seen: [specOf('db')] }).watch).toHaveLength(1);
    expect(admission.disabled).toBe(0);
    expect(apply({ seen: [specOf('db', off)] })).toEqual({ watch: [], unwatch: ['shop/db'] });
    expect(apply({ gone: ['shop/db'] })).toEqual(NOTHING);
    expect(admission.disabled).toBe(0);
  });

  it('keeps to the cap, and fills a place that becomes free with the oldest that was dropped', () => {
    const { admission, apply } = start(2);
    expect(namesOf(apply({ seen: many('shop', 4).reverse() }))[0]).toEqual(['shop/s0', 'shop/s1']);
    expect(admission.dropped).toEqual({ max_services: 2 });
    const edited = specOf('s0', { externalName: 'new.example.com' });
    expect(apply({ seen: [edited] })).toEqual({ watch: [edited], unwatch: [] });
    expect(namesOf(apply({ gone: ['shop/s1'] }))).toEqual([['shop/s2'], ['shop/s1']]);
    expect(apply({ gone: ['shop/s3'] })).toEqual(NOTHING);
    expect(admission.dropped).toEqual({ max_services: 0 });
  });

  it('watches nothing that goes in the same batch', () => {
    const { admission, apply } = start(2);
    apply({ seen: many('shop', 5) });
    const gone = ['shop/s0', 'shop/s1', 'shop/s2', 'shop/s3'];
    expect(namesOf(apply({ gone }))).toEqual([['shop/s4'], ['shop/s0', 'shop/s1']]);
    expect(admission.dropped).toEqual({ max_services: 0 });
  });

  it('shares the places fairly among namespaces, whichever comes first, and after a restart', () => {
    const small = many('payments', 10);
    const large = many('loud', 50);
    for (const batches of [
      [small, large],
      [large, small],
      [[...small, ...large]],
      [...large, ...small].map((spec) => [spec]),
    ]) {
      const { admission, apply, countOf } = start(20);
      for (const seen of batches) apply({ seen });
      expect([countOf('payments'), countOf('loud')]).toEqual([10, 10]);
      expect(admission.dropped).toEqual({ max_services: 40 });
    }
  });

  it('drops what is above the share, the newest first, and nothing else', () => {
    const { apply } = start(4);
    apply({ seen: many('a', 4) });
    expect(namesOf(apply({ seen: many('b', 1) }))).toEqual([['b/s0'], ['a/s3']]);
    expect(namesOf(apply({ seen: many('b', 3).slice(1) }))).toEqual([['b/s1'], ['a/s2']]);
    // 4 places for 3 namespaces: the place that does not divide stays where it is.
    expect(namesOf(apply({ seen: many('c', 2) }))).toEqual([['c/s0'], ['b/s1']]);
    expect(apply({ seen: many('c', 2) })).toEqual({ watch: many('c', 1), unwatch: [] });
    expect(namesOf(apply({ gone: ['b/s0', 'b/s1', 'b/s2'] }))).toEqual([['c/s1'], ['b/s0']]);
  });

  it('leaves a place that does not divide evenly where it is, whatever the names', () => {
    const { apply } = start(5);
    apply({ seen: [...many('b', 3), ...many('c', 3)] });
    expect(namesOf(apply({ seen: many('a', 3) }))).toEqual([['a/s0'], ['b/s2']]);
  });

  it('counts Services by annotation with a bad value, until it is corrected or gone', () => {
    const { admission, apply } = start(0);
    apply({
      seen: [
        specOf('a', { invalidAnnotations: ['interval', 'severity'] }),
        specOf('b', { invalidAnnotations: ['interval'] }),
      ],
    });
    expect(admission.invalid).toEqual({ interval: 2, severity: 1 });
    apply({ seen: [specOf('a')], gone: ['shop/b'] });
    expect(admission.invalid).toEqual({});
  });

  it('takes many Services one by one, and many namespaces beyond the cap', () => {
    const services = IS_THOROUGH ? 30_000 : 10_000;
    const { admission, apply } = start(0);
    for (const spec of many('shop', services)) apply({ seen: [spec] });
    expect(admission.dropped).toEqual({ max_services: 0 });
    const capped = start(1_000);
    const seen = Array.from({ length: services }, (_, i) =>
      specOf(`s${i}`, { namespace: `n${i % (services / 10)}` }),
    );
    for (let i = 0; i < seen.length; i += 500) capped.apply({ seen: seen.slice(i, i + 500) });
    for (const spec of seen.slice(0, 300)) capped.apply({ gone: [spec.key] });
    expect(capped.watched.size).toBe(1_000);
  });
});

describe('Admission, whatever comes and goes', () => {
  const service = fc.record({
    namespace: fc.constantFrom('a', 'b', 'c', 'd'),
    name: fc.integer({ min: 0, max: 7 }).map((i) => `s${i}`),
    createdAt: fc.integer({ min: 0, max: 3 }),
    enabled: fc.integer({ min: 0, max: 4 }).map((i) => i > 0),
  });
  const batch = fc.record({
    seen: fc.uniqueArray(service, {
      maxLength: 12,
      selector: ({ namespace, name }) => `${namespace}/${name}`,
    }),
    gone: fc.array(service, { maxLength: 6 }),
  });

  it('shares the places fairly, leaves none empty, and drops nothing without need', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(batch), (most, batches) => {
        const { admission, watched, apply } = start(most);
        const wanted = new Map<string, ServiceSpec>();
        for (const { seen, gone } of batches) {
          const specs = seen.map(({ namespace, name, createdAt, enabled }) =>
            specOf(name, { namespace, createdAt, settings: { enabled } }),
          );
          const keys = gone.map(({ namespace, name }) => `${namespace}/${name}`);
          const before = new Map(watched);
          apply({ seen: specs, gone: keys });
          for (const key of keys) wanted.delete(key);
          for (const spec of specs) {
            if (spec.settings.enabled) wanted.set(spec.key, spec);
            else wanted.delete(spec.key);
          }
          expect(admission.dropped.max_services).toBe(wanted.size - watched.size);
          expect(watched.size).toBe(Math.min(most, wanted.size));
          for (const [key, spec] of watched) expect(wanted.get(key)).toBe(spec);
          isFair(wanted, watched);
          for (const key of keys) before.delete(key);
          isCalm(before, watched, wanted);
        }
      }),
    );
  });

  /** No namespace is short of a place while another has two more than it. */
  function isFair(
    wanted: ReadonlyMap<string, ServiceSpec>,
    watched: ReadonlyMap<string, ServiceSpec>,
  ): void {
    const counts = (specs: ReadonlyMap<string, ServiceSpec>, namespace: string): number =>
      [...specs.values()].filter((spec) => spec.namespace === namespace).length;
    for (const short of ['a', 'b', 'c', 'd']) {
      if (counts(watched, short) === counts(wanted, short)) continue;
      for (const other of ['a', 'b', 'c', 'd'])
        expect(counts(watched, other)).toBeLessThanOrEqual(counts(watched, short) + 1);
    }
  }

  /** A namespace that loses a Service that is still wanted has gained none, and keeps its oldest. */
  function isCalm(
    before: ReadonlyMap<string, ServiceSpec>,
    watched: ReadonlyMap<string, ServiceSpec>,
    wanted: ReadonlyMap<string, ServiceSpec>,
  ): void {
    const lost = [...before.keys()].flatMap((key) =>
      watched.has(key) ? [] : (wanted.get(key) ?? []),
    );
    for (const { namespace, createdAt } of lost) {
      const others = [...watched.values()].filter((spec) => spec.namespace === namespace);
      for (const other of others) {
        expect(before.has(other.key)).toBe(true);
        expect(other.createdAt).toBeLessThanOrEqual(createdAt);
      }
    }
  }
});
