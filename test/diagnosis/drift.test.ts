import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DriftLimits, observe, type TargetMemory } from '../../src/diagnosis/drift.ts';
import type { ChangeKind } from '../../src/model/drift.ts';

const HOUR = 3_600_000;
const LIMITS: DriftLimits = { entries: 64, windowMs: 24 * HOUR };
const STEP = 30_000;

interface Answer {
  readonly addresses: readonly string[];
  readonly chain?: readonly string[];
}

/** A target that is asked once an interval. */
class Target {
  memory: TargetMemory | undefined;
  now = 0;
  readonly #limits: DriftLimits;
  readonly counts: Record<ChangeKind, number> = { addresses: 0, replaced: 0, network: 0, chain: 0 };

  constructor(limits = LIMITS) {
    this.#limits = limits;
  }

  answer(...answers: readonly (Answer | readonly string[])[]): readonly ChangeKind[] {
    let changes: readonly ChangeKind[] = [];
    for (const given of answers) {
      const { addresses, chain = [] } = 'addresses' in given ? given : { addresses: given };
      const seen = { addresses: [...addresses].sort(), chain };
      ({ memory: this.memory, changes } = observe(this.memory, seen, this.#limits, this.now));
      for (const kind of changes) this.counts[kind]++;
      this.now += STEP;
    }
    return changes;
  }

  settle(answer: Answer | readonly string[], rounds = 60): this {
    this.answer(...Array.from({ length: rounds }, () => answer));
    return this;
  }
}

/** Small and seeded, so that a failure comes again (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pick(pool: readonly string[], count: number, random: () => number): string[] {
  const rest = [...pool];
  return Array.from({ length: count }, () =>
    rest.splice(Math.floor(random() * rest.length), 1),
  ).flat();
}

const DB = ['198.51.100.10'];

describe('a target with few addresses', () => {
  it('shows a failover inside one network at once', () => {
    const target = new Target().settle(DB);
    expect(target.counts).toEqual({ addresses: 0, replaced: 0, network: 0, chain: 0 });
    expect(target.answer(['198.51.100.11'])).toEqual(['addresses', 'replaced']);
  });

  it('shows a failover to another network, and a move to another provider', () => {
    const target = new Target().settle({ addresses: DB, chain: ['db-1.provider.test'] });
    expect(target.answer({ addresses: ['203.0.113.1'], chain: ['db-1.provider.test'] })).toEqual([
      'addresses',
      'replaced',
      'network',
    ]);
    const moved = { addresses: ['192.0.2.1'], chain: ['db.elsewhere.test'] };
    expect(target.answer(moved)).toEqual(['addresses', 'replaced', 'network', 'chain']);
    expect(target.answer(moved)).toEqual([]);
  });

  it('shows two failovers in short order, and a failback as a change of addresses alone', () => {
    const target = new Target().settle(DB);
    target.answer(['198.51.100.11']);
    expect(target.answer(['198.51.100.12'])).toEqual(['addresses', 'replaced']);
    expect(target.answer(DB)).toEqual(['addresses']);
  });

  it('counts a second family as a change of addresses alone', () => {
    const target = new Target().settle(DB);
    expect(target.answer([...DB, '2001:db8::1'])).toEqual(['addresses']);
    expect(target.answer(['2001:db8::1'])).toEqual(['addresses']);
  });

  it('takes private networks for small ones', () => {
    const target = new Target().settle(['10.1.2.3']);
    expect(target.answer(['10.1.2.4'])).toEqual(['addresses', 'replaced']);
    expect(target.answer(['10.1.3.4'])).toEqual(['addresses', 'replaced', 'network']);
  });

  it('takes what it has not seen for the window as new', () => {
    const target = new Target().settle(DB);
    target.answer(['198.51.100.11']);
    target.now += LIMITS.windowMs;
    target.settle(['198.51.100.11']);
    target.now += LIMITS.windowMs / 2;
    target.answer(['198.51.100.11']);
    target.now += LIMITS.windowMs / 2;
    expect(target.answer(DB)).toEqual(['addresses', 'replaced']);
  });
});

describe('the start', () => {
  it('is no drift, and neither is what comes before the pool is learned', () => {
    const target = new Target();
    expect(target.answer(DB)).toEqual([]);
    expect(target.answer(['203.0.113.1'])).toEqual(['addresses']);
  });

  it('keeps the same memory while there is no news', () => {
    const target = new Target().settle({ addresses: DB, chain: ['a.test'] });
    const { memory } = target;
    target.answer({ addresses: DB, chain: ['a.test'] });
    expect(target.memory).toBe(memory);
  });
});

/** Each plays 20,000 rounds, a week at 30 s, from a start without memory. */
describe.each(Array.from({ length: 12 }, (_, seed) => seed))(
  'pools that rotate, seed %i',
  (seed) => {
    const ROUNDS = 20_000;

    function play(
      next: (random: () => number, round: number) => Answer,
    ): Record<ChangeKind, number> {
      const random = randomOf(seed);
      const target = new Target();
      for (let round = 0; round < ROUNDS; round++) target.answer(next(random, round));
      return target.counts;
    }

    it('8 of 40 addresses in one network', () => {
      const pool = Array.from({ length: 40 }, (_, i) => `192.0.2.${i + 1}`);
      const counts = play((random) => ({ addresses: pick(pool, 8, random) }));
      expect(counts.addresses).toBeGreaterThan(ROUNDS / 2);
      expect({ ...counts, addresses: 0 }).toEqual({
        addresses: 0,
        replaced: 0,
        network: 0,
        chain: 0,
      });
    });

    it('storage endpoints: one of 60 addresses over 25 networks', () => {
      const pool = Array.from({ length: 60 }, (_, i) => `${20 + (i % 25)}.${i % 25}.0.${i}`);
      const counts = play((random) => ({ addresses: pick(pool, 1, random) }));
      expect({ ...counts, addresses: 0 }).toEqual({
        addresses: 0,
        replaced: 0,
        network: 0,
        chain: 0,
      });
    });

    it('GeoDNS: the edge that is near, another one at times, each with its own chain', () => {
      const edges = ['fra', 'ams', 'lhr', 'cdg'].map((name, i) => ({
        addresses: [`${40 + i}.1.0.1`, `${40 + i}.1.0.2`],
        chain: ['www.cdn.test', `${name}.edge.cdn.test`],
      }));
      const counts = play(
        (random) => edges[Math.floor(random() * edges.length)] ?? { addresses: [] },
      );
      expect({ ...counts, addresses: 0 }).toEqual({
        addresses: 0,
        replaced: 0,
        network: 0,
        chain: 0,
      });
    });

    it('a pool larger than the memory', () => {
      const pool = Array.from({ length: 500 }, (_, i) => `${20 + (i % 100)}.${i % 7}.0.${i % 250}`);
      const counts = play((random) => ({ addresses: pick(pool, 2, random) }));
      expect({ ...counts, addresses: 0 }).toEqual({
        addresses: 0,
        replaced: 0,
        network: 0,
        chain: 0,
      });
    });

    it('round robin over 8 of 40 that moves to another provider: told once, when it has stayed away', () => {
      const [old, other] = ['192.0.2', '203.0.113'].map((net) =>
        Array.from({ length: 40 }, (_, i) => `${net}.${i + 1}`),
      );
      const random = randomOf(seed);
      const target = new Target();
      for (let round = 0; round < 2_000; round++) target.answer(pick(old ?? [], 8, random));
      target.answer(pick(other ?? [], 8, random));
      expect(target.counts).toMatchObject({ replaced: 0, network: 1 });
      for (let round = 0; round < 2_000; round++) target.answer(pick(other ?? [], 8, random));
      expect(target.counts).toMatchObject({ replaced: 1, network: 1 });
    });
  },
);

describe('memory', () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6());
  const answers = fc.array(fc.uniqueArray(address, { minLength: 1, maxLength: 20 }), {
    maxLength: 60,
  });

  it.each([
    { entries: 16, windowMs: HOUR },
    { entries: 1_000, windowMs: 10 * STEP },
  ])('never holds more than its limit, nor anything that is too old: %o', (limits) => {
    fc.assert(
      fc.property(answers, (all) => {
        const target = new Target(limits);
        for (const addresses of all) {
          target.answer(addresses);
          const { memory } = target;
          expect(memory?.addresses.seen.size).toBeLessThanOrEqual(limits.entries);
          expect(memory?.networks.seen.size).toBeLessThanOrEqual(limits.entries);
          const oldest = Math.min(...(memory?.addresses.seen.values() ?? []));
          expect(oldest).toBeGreaterThan(target.now - STEP - limits.windowMs);
        }
      }),
    );
  });

  it('does not change for an answer that is given twice', () => {
    fc.assert(
      fc.property(answers, (all) => {
        const target = new Target();
        for (const addresses of all) {
          target.answer(addresses);
          expect(target.answer(addresses)).not.toContain('addresses');
        }
      }),
    );
  });
});
