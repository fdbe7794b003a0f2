/** Targets that answer out of a pool: rotations are learned, and no drift of theirs raises an alarm. */
import { describe, expect, it } from 'vitest';
import { randomOf } from '../../fixtures/random.ts';
import { IS_THOROUGH } from '../../fixtures/thorough.ts';
import { type Answer, DB, ELSEWHERE, pick, poolIn, storage, Target } from './_target.ts';

const STARTS = IS_THOROUGH ? 60 : 2;
const LONG = IS_THOROUGH ? 100_000 : 5_000;

/**
 * Pools as they are met, each from a start without memory: many starts, and few long runs (100,000 rounds are
 * five weeks). `repeats`: for so many rounds a resolver keeps an answer.
 */
describe.each<[string, (random: () => number, round: number) => Answer, repeats: number]>([
  ['8 of 40 in one network', random(8, poolIn('192.0.2', 40)), 1],
  ['8 of 40 by turns', byTurns(8, poolIn('192.0.2', 40)), 1],
  ['8 of 40, kept for ten rounds', random(8, poolIn('192.0.2', 40)), 10],
  ['storage endpoints: 1 of 60 in 25 networks', random(1, storage(60)), 1],
  ['storage endpoints, kept for three rounds', random(1, storage(60)), 3],
  [
    '1 of 40, nearly all in one network',
    random(1, [...poolIn('52.1.0', 38), '52.2.0.1', '52.2.0.2']),
    1,
  ],
  ['1 of 2 in two networks', random(1, ['192.0.2.1', '203.0.113.1']), 1],
  ['GeoDNS over 4 edges with chains of their own', geo(4), 1],
  ['GeoDNS over 12 edges, kept for five rounds', geo(12), 5],
  ['2 of 500, more than the memory', random(2, storage(500)), 1],
])('a pool: %s', (_what, next, repeats) => {
  function play(seed: number, rounds: number): Target {
    const random = randomOf(seed);
    let kept: Answer = { addresses: [] };
    return new Target().rotate((round) => {
      if (round % repeats === 0) kept = next(random, round / repeats);
      return kept;
    }, rounds);
  }

  it('raises no alarm while it is learned, at many starts', () => {
    for (let seed = 1; seed <= STARTS; seed++) {
      const { counts, alarms } = play(seed, 3_000);
      expect(alarms, `seed ${seed}`).toBe(0);
      expect(counts.addresses).toBeGreaterThan(100);
    }
  });

  it('nor in the long run', () => {
    expect(play(1_000, LONG).alarms).toBe(0);
  });
});

describe('a rotation', () => {
  it.each([
    [1, 60],
    [8, 40],
    [40, 41],
  ])('is learned when each entry has come up 12 times without news: %i of %i', (count, size) => {
    const next = byTurns(count, poolIn('192.0.2', size));
    const learnedAfter = (rounds: number): boolean =>
      new Target()
        .rotate((round) => next(Math.random, round), rounds)
        .answer(DB)
        .includes('replaced');
    const known = Math.ceil(size / count);
    const rounds = known + Math.ceil((12 * size) / count);
    expect(learnedAfter(rounds - 1)).toBe(false);
    expect(learnedAfter(rounds + 1)).toBe(true);
  });
});

describe('a pool that is left', () => {
  const [old, other] = [poolIn('192.0.2', 40), poolIn('203.0.113', 40)];

  it.each([
    ['8 of 40', 8, 1_000],
    ['1 of 40', 1, 4_000],
  ])('shows at once, and then the new one is learned: %s', (_what, count, rounds) => {
    for (let seed = 1; seed <= (IS_THOROUGH ? 20 : 3); seed++) {
      const random = randomOf(seed);
      const target = new Target().rotate(() => pick(old, count, random), rounds);
      expect(target.answer(pick(other, count, random))).toEqual(ELSEWHERE);
      target.rotate(() => pick(other, count, random), rounds);
      expect(target.counts).toMatchObject({ replaced: 1, network: 1 });
    }
  });

  it('for a single address shows at once', () => {
    const random = randomOf(1);
    const target = new Target().rotate(() => pick(old, 1, random), 4_000);
    expect(target.answer(DB)).toEqual(ELSEWHERE);
    expect(target.settle(DB).alarms).toBe(2);
  });

  it('a single address for a pool shows at most twice', () => {
    for (let seed = 1; seed <= (IS_THOROUGH ? 20 : 3); seed++) {
      const random = randomOf(seed);
      const target = new Target().settle(DB, 2_000).rotate(() => pick(old, 1, random), 4_000);
      expect(target.counts.replaced).toBeGreaterThanOrEqual(1);
      expect(target.counts.replaced).toBeLessThanOrEqual(2);
      expect(target.counts.network).toBe(1);
    }
  });

  it('if it is kept for ten rounds at a time, looks like failovers twice at most', () => {
    for (let seed = 1; seed <= (IS_THOROUGH ? 100 : 10); seed++) {
      const random = randomOf(seed);
      let kept: readonly string[] = [];
      const target = new Target().rotate((round) => {
        if (round % 10 === 0) kept = pick(storage(16), 1, random);
        return kept;
      }, 3_000);
      expect(target.counts.replaced).toBeLessThanOrEqual(2);
    }
  });
});

function random(count: number, pool: readonly string[]) {
  return (random: () => number): Answer => ({ addresses: pick(pool, count, random) });
}

function byTurns(count: number, pool: readonly string[]) {
  return (_random: () => number, round: number): Answer => ({
    addresses: Array.from(
      { length: count },
      (_, i) => pool[(round * count + i) % pool.length] ?? '',
    ),
  });
}

function geo(size: number) {
  return (random: () => number): Answer => {
    const edge = Math.floor(random() * size);
    return {
      addresses: [`${40 + edge}.1.0.1`, `${40 + edge}.1.0.2`],
      chain: ['www.cdn.test', `${edge}.edge.cdn.test`],
    };
  };
}
