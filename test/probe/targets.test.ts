import { describe, expect, it } from 'vitest';
import type { ServiceSettings } from '../../src/model/service.ts';
import { SharedTargets } from '../../src/probe/targets.ts';
import type { Watched } from '../../src/probe/watched.ts';
import { specOf } from '../spec.ts';

const HOP = {};

function watched(name: string, settings: Partial<ServiceSettings> = {}): Watched {
  const spec = specOf(name, {
    externalName: 'db.example.com',
    settings: { enabled: true, ...settings },
  });
  const flags = { busy: false, gone: false, wasBad: false, wasSlow: false, wasSilent: false };
  const turn = { slot: 0, dueAt: 0 };
  return { spec, intervalMs: 1_000, phase: 0, turn, ...flags, disagreed: false, rounds: 0 };
}

describe('SharedTargets', () => {
  it('shares an answer with other Services, while it is fresh', () => {
    const targets = new SharedTargets();
    targets.set(watched('a'), HOP, 0);
    expect(targets.get(watched('b'), 899)).toBe(HOP);
    expect(targets.get(watched('b'), 900)).toBeUndefined();
  });

  it('never gives a Service its own last answer: jitter would let it skip a round', () => {
    const targets = new SharedTargets();
    targets.set(watched('a'), HOP, 0);
    expect(targets.get(watched('a'), 1)).toBeUndefined();
  });

  it('keeps apart Services that ask for other types', () => {
    const targets = new SharedTargets();
    targets.set(watched('a', { recordTypes: ['A'] }), HOP, 0);
    expect(targets.get(watched('b'), 1)).toBeUndefined();
  });

  it('forgets what is too old to be shared', () => {
    const targets = new SharedTargets();
    targets.set(watched('a'), HOP, 0);
    targets.sweep(1_000);
    expect(targets.get(watched('b'), 1)).toBeUndefined();
  });
});
