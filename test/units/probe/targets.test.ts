import { describe, expect, it } from 'vitest';
import type { ServiceSettings } from '../../../src/model/service.ts';
import { SharedTargets } from '../../../src/probe/targets.ts';
import { newPast, type Watched } from '../../../src/probe/watched.ts';
import { specOf } from '../../fixtures/spec.ts';

const HOP = { target: {} };

function watched(name: string, settings: Partial<ServiceSettings> = {}): Watched {
  const spec = specOf(name, {
    externalName: 'db.example.com',
    settings,
  });
  const pace = { intervalMs: 1_000, phase: 0 };
  return { spec, pace, rounds: 0, past: newPast() };
}

/** The answers of targets that these Services have. */
function targetsOf(...services: readonly Watched[]): SharedTargets {
  const targets = new SharedTargets();
  for (const { spec } of services) targets.add(spec);
  return targets;
}

describe('SharedTargets', () => {
  const [a, b, c] = [watched('a'), watched('b'), watched('c')];

  it('shares an answer with other Services, while it is fresh', () => {
    const targets = targetsOf(a, b);
    targets.set(a.spec, HOP, 0);
    expect(targets.get(b, 899)).toBe(HOP);
    expect(targets.get(b, 900)).toBeUndefined();
  });

  it('never gives a Service its own last answer: jitter would let it skip a round', () => {
    const targets = targetsOf(a, b);
    targets.set(a.spec, HOP, 0);
    expect(targets.get(a, 1)).toBeUndefined();
  });

  it('keeps apart Services that ask for other types', () => {
    const onlyA = watched('a', { recordTypes: ['A'] });
    const targets = targetsOf(onlyA, c, b);
    targets.set(onlyA.spec, HOP, 0);
    expect(targets.get(b, 1)).toBeUndefined();
  });

  it('keeps no answer of a target that one Service has, or has left', () => {
    const targets = targetsOf(a);
    targets.set(a.spec, HOP, 0);
    targets.add(b.spec);
    expect(targets.get(b, 1)).toBeUndefined();
    targets.set(a.spec, HOP, 2);
    targets.remove(a.spec);
    expect(targets.get(b, 3)).toBeUndefined();
    targets.add(c.spec);
    targets.set(c.spec, HOP, 4);
    expect(targets.get(b, 5)).toBe(HOP);
  });
});
