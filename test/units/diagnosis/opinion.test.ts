/** What is remembered of a reference resolver: changes that it cannot know of, and pools. */
import { describe, expect, it } from 'vitest';
import type { Disagreement } from '../../../src/diagnosis/disagreement.ts';
import { randomOf } from '../../fixtures/random.ts';
import { IS_THOROUGH } from '../../fixtures/thorough.ts';
import { EAST, EVIL, hop, next, R, type Step, sign, told, WEST } from './_sides.ts';

describe('an answer out of the cache of a reference', () => {
  /** What is told while the reference gives `answer` with a TTL that begins at `ttl` seconds and counts down. */
  function toldOf(cluster: string, answer: string, ttl: number, rounds: number): string {
    let state: Disagreement | undefined;
    let signs = '';
    for (let i = -5; i < rounds; i++) {
      const { A, AAAA } = hop(i < 0 ? EAST : answer);
      const left = i < 0 ? 60 : ttl - ((i * 300) % (ttl + 1));
      const reference = { ...(A && { A: { ...A, ttl: left } }), ...(AAAA && { AAAA }) };
      state = next(state, hop(i < 0 ? EAST : cluster), new Map([[R, reference]]));
      signs += sign(state);
    }
    return signs.slice(5);
  }

  it('is no second word on a change that it cannot know of', () => {
    expect(toldOf(EVIL, EAST, 60, 2)).toBe('=!');
    expect(toldOf(EVIL, EAST, 1_500, 7)).toBe('=sssss!');
    expect(toldOf(`www.evil.org > ${EVIL}`, EAST, 1_500, 7)).toBe('=sssss!');
  });

  it('needs no more than one look after the change', () => {
    let state: Disagreement | undefined;
    const signs = [600, 600, 600, 600, 600, 600, 300, 600].map((ttl, i) => {
      const { A } = hop(EAST);
      const reference = { ...(A && { A: { ...A, ttl } }) };
      state = next(state, hop(i < 6 ? EAST : EVIL), new Map([[R, reference]]));
      return sign(state);
    });
    expect(signs.join('')).toBe('=======!');
  });

  it('is kept as long as any CNAME of it', () => {
    let state: Disagreement | undefined;
    const signs = [900, 600, 300, 0, 900].map((ttl) => {
      const { A } = hop(`d1.cdn.net > ${WEST}`);
      const chain = [{ name: 'd1.cdn.net', ttl }];
      const reference = { ...(A && { A: { ...A, chain, ttl: 20 } }) };
      state = next(state, hop(EVIL), new Map([[R, reference]]));
      return sign(state);
    });
    expect(signs.join('')).toBe('=ss!!');
  });

  it('counts after twelve rounds all the same, lest a long TTL hide a hijack for as long', () => {
    expect(toldOf(EVIL, EAST, 86_400, 14)).toBe(`=${'s'.repeat(11)}!!`);
  });

  it('makes no habit: two sides that keep one of two addresses for an hour are a pool', () => {
    let state: Disagreement | undefined;
    for (let i = 0; i < 40; i++) {
      const { A } = hop(i < 12 ? EAST : WEST);
      const reference = { ...(A && { A: { ...A, ttl: 3_600 - (i % 12) * 300 } }) };
      // The cluster's hour ends half an hour before that of the reference.
      state = next(
        state,
        hop(i < 6 || (i >= 18 && i < 30) ? EAST : WEST),
        new Map([[R, reference]]),
      );
      expect(sign(state)).not.toBe('!');
    }
  });
});

describe('the state', () => {
  it('is one of its target', () => {
    const references = new Map([[R, hop(EAST)]]);
    const cluster = hop(`www.evil.org > ${EVIL}`);
    const state = next(undefined, cluster, references);
    expect(next(state, cluster, references).disagrees).toBe(true);
    expect(next(state, cluster, references, 'other.shop.com').disagrees).toBe(false);
  });

  it('is not changed in place', () => {
    const references = new Map([[R, hop(EAST)]]);
    const state = next(undefined, hop(EAST), references);
    const before = structuredClone(state);
    next(state, hop(WEST), references);
    expect(state).toEqual(before);
  });

  it('stays small, whatever is answered', () => {
    let state: Disagreement | undefined;
    for (let i = 0; i < 40; i++) {
      const many = (side: number): string =>
        Array.from({ length: 256 }, (_, j) => `${(i % 90) + 12}.${j}.${side}.1`).join(' ');
      const references = new Map([[R, hop(many(1))]]);
      state = next(state, hop(many(2)), references);
      expect(state.opinions.get(R)?.known.length).toBeLessThanOrEqual(64);
    }
  });

  it('forgets where nobody has been for a day of rounds', () => {
    const steps: Step[] = [
      [`${EVIL} | ${EVIL}`, 1],
      [`${EAST} | ${EAST}`, 287],
      [`${EVIL} | ${EAST}`, 2],
    ];
    expect(told(...steps)).toBe('='.repeat(290));
    expect(
      told([`${EVIL} | ${EVIL}`, 1], [`${EAST} | ${EAST}`, 300], [`${EVIL} | ${EAST}`, 2]),
    ).toBe(`${'='.repeat(302)}!`);
  });
});

/** Draws `count` of the networks `from` to `to`, an address of each. */
function draw(random: () => number, [from, to]: readonly [number, number], count: number): string {
  const left = Array.from({ length: to - from }, (_, i) => from + i);
  const drawn = Array.from({ length: count }, () =>
    left.splice(Math.floor(random() * left.length), 1),
  );
  return drawn
    .flat()
    .map((i) => `${20 + (i % 50)}.${i}.${Math.floor(random() * 250)}.1`)
    .join(' ');
}

describe('pools that rotate cry no wolf', () => {
  /** Networks from and to for each side, addresses an answer. */
  it.each<[string, readonly [number, number], readonly [number, number], number]>([
    ['two addresses in two networks', [0, 2], [0, 2], 1],
    ['a load balancer over three networks', [0, 3], [0, 3], 1],
    ['a round robin of 8 over 40', [0, 40], [0, 40], 8],
    ['storage endpoints, 1 over 25', [0, 25], [0, 25], 1],
    ['storage endpoints, 2 over 40', [0, 40], [0, 40], 2],
    ['storage endpoints, 1 over 60', [0, 60], [0, 60], 1],
    ['a pool that is larger than the memory', [0, 200], [0, 200], 1],
    ['GeoDNS whose regions have networks in common', [0, 10], [6, 16], 2],
    ['GeoDNS whose regions have little in common', [0, 10], [9, 19], 1],
    ['GeoDNS whose regions have nothing in common', [0, 10], [10, 20], 3],
  ])('%s', (_, ours, theirs, count) => {
    let told = 0;
    for (let seed = 1; seed <= (IS_THOROUGH ? 12 : 2); seed++) {
      const random = randomOf(seed);
      let state: Disagreement | undefined;
      for (let round = 0; round < 1_000; round++) {
        const cluster = hop(draw(random, ours, count));
        const references = new Map([[R, hop(draw(random, theirs, count))]]);
        state = next(state, cluster, references);
        if (state.disagrees) told++;
      }
    }
    expect(told).toBe(0);
  });

  it('and a hijack of one that is known is told in the second round', () => {
    for (let seed = 1; seed <= (IS_THOROUGH ? 20 : 3); seed++) {
      const random = randomOf(seed);
      let state: Disagreement | undefined;
      const step = (cluster: string): boolean => {
        const references = new Map([[R, hop(draw(random, [0, 12], 3))]]);
        state = next(state, hop(cluster), references);
        return state.disagrees;
      };
      for (let round = 0; round < 150; round++) expect(step(draw(random, [0, 12], 3))).toBe(false);
      expect([step(EVIL), step(EVIL)]).toEqual([false, true]);
    }
  });
});
