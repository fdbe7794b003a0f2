import { describe, expect, it } from 'vitest';
import { compare, type Disagreement } from '../../src/diagnosis/disagreement.ts';
import { OUTCOMES, type Outcome } from '../../src/model/outcome.ts';
import type { AddressHop, AddressType, QueryResult } from '../../src/model/round.ts';

const TARGET = 'db.shop.com';
const R = '198.18.0.1:53';

/** An outcome for both types, or CNAMEs and then addresses: `www.cdn.net > 34.1.0.1 2a00:1450::1`. */
function hop(text: string): AddressHop {
  if (text in OUTCOMES) {
    const result = resultOf(text as Outcome);
    return { A: result, AAAA: result };
  }
  const parts = text.split(' > ');
  const addresses = (parts.pop() ?? '').split(' ');
  const chain = parts.map((name) => ({ name, ttl: 60 }));
  const of = (wanted: string[]): QueryResult =>
    wanted.length > 0
      ? { ...resultOf('ok'), addresses: wanted, chain }
      : { ...resultOf(chain.length > 0 ? 'bare_cname' : 'nodata'), chain };
  return {
    A: of(addresses.filter((address) => !address.includes(':'))),
    AAAA: of(addresses.filter((address) => address.includes(':'))),
  };
}

function resultOf(outcome: Outcome): QueryResult {
  return { outcome, server: R, exchanges: [], addresses: [], chain: [] };
}

function only(type: AddressType, { [type]: result }: AddressHop): AddressHop {
  return result ? { [type]: result } : {};
}

/** What is told after a round: `=` nothing, `s` split horizon, `!` disagreement. */
function sign({ disagrees, splitHorizon }: Disagreement): string {
  expect(disagrees && splitHorizon).toBe(false);
  return disagrees ? '!' : splitHorizon ? 's' : '=';
}

/** `cluster | reference`, so many times. */
type Step = readonly [answers: string, times: number];

/** Each round of a reference comes five minutes after the one before. */
function next(
  state: Disagreement | undefined,
  cluster: AddressHop,
  references: ReadonlyMap<string, AddressHop>,
): Disagreement {
  now += 300_000;
  return compare(state, TARGET, cluster, references, now);
}

let now = Date.UTC(2026, 0, 1);

/** What is told in each round of a sequence; several references are separated by comma. */
function told(...steps: readonly Step[]): string {
  let state: Disagreement | undefined;
  let signs = '';
  for (const [answers, times] of steps) {
    const [cluster = '', references = ''] = answers.split(' | ');
    const hops = references.split(', ').map((text, i) => [`${R}${i}`, hop(text)] as const);
    for (let i = 0; i < times; i++) {
      state = next(state, hop(cluster), new Map(hops));
      signs += sign(state);
    }
  }
  return signs;
}

const EAST = '52.10.1.1';
const EAST_TOO = '52.10.200.9';
const WEST = '34.20.1.1';
const EVIL = '185.66.6.6';
const SILENCE = 'timeout';

describe('answers that agree', () => {
  it.each<[string, readonly Step[]]>([
    ['the same address', [[`${EAST} | ${EAST}`, 20]]],
    ['addresses of one network', [[`${EAST} | ${EAST_TOO}`, 20]]],
    ['one family alone', [[`${EAST} 2a00:1450:4001::1 | ${WEST} 2a00:1450:4009::7`, 20]]],
    ['GeoDNS of a CDN', [[`d1.cdn.net > ${EAST} | d1.cdn.net > ${WEST}`, 20]]],
    ['GeoDNS of a CDN, by other names', [[`fra.cdn.net > ${EAST} | sin.cdn.net > ${WEST}`, 20]]],
    ['no such name at both sides', [['nxdomain | nxdomain', 20]]],
    ['no address at both sides', [['nodata | nxdomain', 20]]],
    ['the same private network', [['10.1.2.3 | 10.1.2.9', 20]]],
    ['nothing but errors', [['servfail | refused', 20]]],
  ])('%s', (_, steps) => {
    expect(told(...steps)).toBe('='.repeat(20));
  });

  it('a failover that one side sees a round earlier than the other', () => {
    const steps: Step[] = [
      [`${EAST} | ${EAST}`, 9],
      [`${WEST} | ${EAST}`, 1],
      [`${WEST} | ${WEST}`, 9],
    ];
    expect(told(...steps)).toBe('='.repeat(19));
    const other: Step[] = [
      [`${EAST} | ${EAST}`, 9],
      [`${EAST} | ${WEST}`, 1],
      [`${WEST} | ${WEST}`, 9],
    ];
    expect(told(...other)).toBe('='.repeat(19));
  });
});

describe('another view of the target is told as split horizon, in the second round', () => {
  it.each([
    ['private in the cluster', `10.1.2.3 | ${EAST}`],
    ['private outside', `${EAST} | 10.1.2.3`],
    [
      'private behind the same CNAME',
      `x.privatelink.shop.com > 10.1.2.3 | x.privatelink.shop.com > ${EAST}`,
    ],
    ['other private networks', '10.1.2.3 | 10.9.2.3'],
    ['blocked by the reference', `${EAST} | 0.0.0.0`],
    ['no such name outside', `${EAST} | nxdomain`],
    ['no such name in the cluster', `nxdomain | ${EAST}`],
    ['no address outside', `${EAST} | nodata`],
    ['a chain without an end in the cluster', `bare_cname | ${EAST}`],
    ['GeoDNS without a CNAME', `${EAST} | ${WEST}`],
    ['GeoDNS without a CNAME, dual stack', `${EAST} 2600:1f00::1 | ${WEST} 2a05:d000::1`],
    ['GeoDNS by a CNAME within the own domain', `eu.shop.com > ${EAST} | ${WEST}`],
    [
      'two CDNs behind one broker',
      `www.broker.net > a.cdn.net > ${EAST} | www.broker.net > b.edge.org > ${WEST}`,
    ],
    [
      'load balancers of one cloud',
      `lb1.us-east-1.elb.amazonaws.com > ${EAST} | lb2.eu-west-1.elb.amazonaws.com > ${WEST}`,
    ],
  ])('%s', (_, answers) => {
    expect(told([answers, 30])).toBe(`=${'s'.repeat(29)}`);
    expect(told([answers, 3], [`${EAST} | ${EAST}`, 2])).toBe('=ss==');
    expect(told([answers, 1], [`${EAST} | ${EAST}`, 1], [answers, 1])).toBe('===');
  });
});

describe('disagreement', () => {
  it.each([
    ['a CNAME to another domain', `www.evil.org > ${EVIL} | d1.cdn.net > ${WEST}`],
    ['a CNAME to another domain in the cluster alone', `www.evil.org > ${EVIL} | ${WEST}`],
    ['an address instead of the CNAME', `${EVIL} | d1.cdn.net > ${WEST}`],
    [
      'the name of another customer at another provider',
      `x.github.io > ${EVIL} | d1.cloudfront.net > ${WEST}`,
    ],
  ])('by %s is told in the second round, and no longer once it is mended', (_, answers) => {
    const right = `d1.cdn.net > ${WEST}`;
    expect(told([answers, 3], [`${right} | ${right}`, 2])).toBe('=!!==');
    expect(told([`${right} | ${right}`, 3], [answers, 3])).toBe('====!!');
    expect(told([answers, 1], [`${right} | ${right}`, 1], [answers, 1])).toBe('===');
  });

  it('by an address is told of those who used to agree', () => {
    const agreed: Step = [`${EAST} | ${EAST}`, 5];
    expect(told(agreed, [`${EVIL} | ${EAST}`, 50], agreed)).toBe(`======${'!'.repeat(49)}=====`);
    expect(told(agreed, [`${EVIL} 2a0d:666::1 | ${EAST}`, 3])).toBe('======!!');
    // Once is no habit yet.
    expect(told([`${EAST} | ${EAST}`, 1], [`${EVIL} | ${EAST}`, 3])).toBe('==ss');
  });

  it('by an address is told again only when they have agreed for longer, as a hijack that comes and goes may be a pool', () => {
    const agreed: Step = [`${EAST} | ${EAST}`, 5];
    const hijacked: Step = [`${EVIL} | ${EAST}`, 2];
    expect(told(agreed, hijacked, agreed, hijacked)).toBe('======!======!');
    expect(told(agreed, hijacked, [`${EAST} | ${EAST}`, 2], hijacked)).toBe('======!===s');
  });

  it('is told of a cluster that keeps the old address, but late: the reference alone may have changed its site', () => {
    const agreed: Step = [`${EAST} | ${EAST}`, 5];
    expect(told(agreed, [`${EAST} | ${WEST}`, 14])).toBe(`======${'s'.repeat(10)}!!!`);
    // Back in time; and from now on the other site is known.
    const visit: Step = [`${EAST} | ${WEST}`, 11];
    expect(told(agreed, visit, [`${EAST} | ${EAST}`, 20], visit)).toBe(
      `======${'s'.repeat(10)}${'='.repeat(31)}`,
    );
  });

  it('turns into split horizon when the reference has no address any more', () => {
    const hijacked: Step = [`www.evil.org > ${EVIL} | ${EAST}`, 2];
    expect(told(hijacked, [`www.evil.org > ${EVIL} | nxdomain`, 2])).toBe('=!ss');
  });
});

describe('errors and silence say nothing', () => {
  const hijacked: Step = [`www.evil.org > ${EVIL} | ${EAST}`, 2];

  it.each([
    ['an outage of the reference', `www.evil.org > ${EVIL} | ${SILENCE}`],
    ['an error of the reference', `www.evil.org > ${EVIL} | servfail`],
    ['an outage of cluster DNS', `${SILENCE} | ${EAST}`],
    ['an outage of both', `${SILENCE} | ${SILENCE}`],
  ])('%s keeps what was told', (_, answers) => {
    expect(told(hijacked, [answers, 30])).toBe(`=${'!'.repeat(31)}`);
    expect(told([answers, 30])).toBe('='.repeat(30));
    // And neither counts as a round nor breaks a row of them.
    const [once] = hijacked;
    expect(told([once, 1], [answers, 3], [once, 1])).toBe('====!');
  });

  it('a type that fails at one side could have been the same at the other', () => {
    let state: Disagreement | undefined;
    const evil = `www.evil.org > ${EVIL}`;
    const half = { ...hop(evil), AAAA: resultOf('servfail') };
    for (let i = 0; i < 3; i++) {
      state = next(state, half, new Map([[R, hop(`${EAST} 2600:1f00::1`)]]));
      expect(sign(state)).toBe('=');
    }
    // Nothing there to be the same, or nobody who knows: the other type decides.
    const bothFail = { ...hop(EAST), AAAA: resultOf('timeout') };
    for (const reference of [hop(EAST), bothFail]) {
      state = undefined;
      for (let i = 0; i < 2; i++) state = next(state, half, new Map([[R, reference]]));
      expect(state && sign(state)).toBe('!');
    }
  });

  it('a type that was not asked for at cluster DNS does not count', () => {
    let state: Disagreement | undefined;
    const reference = new Map([[R, hop(`${WEST} 2600:1f00::1`)]]);
    const cluster = only('A', hop(`www.evil.org > ${EVIL}`));
    for (let i = 0; i < 2; i++) state = next(state, cluster, reference);
    expect(state && sign(state)).toBe('!');
    expect(next(undefined, {}, reference)).toMatchObject({ disagrees: false });
  });
});

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

describe('several references', () => {
  const evil = `www.evil.org > ${EVIL}`;

  it.each([
    ['one odd resolver of three is overruled', `${EAST} | ${evil}, ${EAST}, ${EAST_TOO}`, '=='],
    ['one odd resolver of two is not believed', `${EAST} | ${evil}, ${EAST}`, '=='],
    ['two of three decide', `${evil} | ${evil}, ${EAST}, ${WEST}`, '=!'],
    ['two of two decide', `${evil} | ${EAST}, ${WEST}`, '=!'],
    ['one that knows no such name is overruled', `${EAST} | nxdomain, ${EAST}, ${EAST}`, '=='],
    ['a contradiction and another view are another view', `${evil} | ${EAST}, nxdomain`, '=s'],
    ['those that never answered have no voice', `${evil} | ${EAST}, timeout, servfail`, '=!'],
  ])('%s', (_, answers, signs) => {
    expect(told([answers, 2])).toBe(signs);
  });

  it('one that falls silent loses its voice, but not at once', () => {
    const agreed: Step = [`${evil} | ${EAST}, ${evil}, ${evil}`, 2];
    const silent: Step = [`${evil} | ${EAST}, timeout, timeout`, 12];
    expect(told(agreed, silent)).toBe(`${'='.repeat(13)}!`);
  });

  it('count their rounds each by itself, when their answers come one by one', () => {
    let state: Disagreement | undefined;
    const signs: string[] = [];
    for (let i = 0; i < 4; i++) {
      state = next(state, hop(evil), new Map([[`${R}${i % 2}`, hop(EAST)]]));
      signs.push(sign(state));
    }
    expect(signs.join('')).toBe('===!');
  });
});

describe('the state', () => {
  it('is one of its target', () => {
    const references = new Map([[R, hop(EAST)]]);
    const cluster = hop(`www.evil.org > ${EVIL}`);
    const state = next(undefined, cluster, references);
    expect(next(state, cluster, references).disagrees).toBe(true);
    expect(compare(state, 'other.shop.com', cluster, references, now).disagrees).toBe(false);
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

/** Mulberry32: the same numbers from 0 to 1 for each seed. */
function randomOf(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

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
    for (let seed = 1; seed <= 12; seed++) {
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
    for (let seed = 1; seed <= 20; seed++) {
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
