import { describe, expect, it } from 'vitest';
import { comparisonOf } from '../../../src/diagnosis/comparison.ts';
import type { Disagreement } from '../../../src/diagnosis/disagreement.ts';
import {
  EAST,
  EAST_TOO,
  EVIL,
  hop,
  next,
  only,
  R,
  resultOf,
  SILENCE,
  type Step,
  sign,
  TARGET,
  told,
  WEST,
} from './_sides.ts';

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

describe('one look', () => {
  it.each([
    [`d1.cdn.net > ${EAST} | d2.cdn.net > ${WEST}`, 'agrees'],
    [`${EAST} | ${WEST}`, 'elsewhere'],
    [`eu.shop.com > ${EAST} | ${WEST}`, 'elsewhere'],
    [`d1.cdn.net > ${EAST} | ${WEST}`, 'foreign'],
    [`d1.cdn.net > ${EAST} | d1.edge.org > ${WEST}`, 'foreign'],
    [`w.cdn.net > d1.cdn.net > ${EAST} | w.cdn.net > d1.edge.org > ${WEST}`, 'related'],
    [`10.1.2.3 | ${WEST}`, 'differs'],
  ])('at %s', (answers, relation) => {
    const [cluster = '', reference = ''] = answers.split(' | ');
    expect(comparisonOf(TARGET, hop(cluster), hop(reference))).toMatchObject({ relation });
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
    // Wherever the reference goes meanwhile.
    expect(told(agreed, [`${EVIL} | ${WEST}`, 3])).toBe('======!!');
    // A habit of both families is no harder to have.
    const both = `${EAST} 2600:1f00::1`;
    expect(told([`${both} | ${both}`, 5], [`${EVIL} 2a0d:666::1 | ${both}`, 2])).toBe('======!');
    // It is not lost while there is nothing to compare, nor won.
    expect(told(agreed, [`${EAST} | nxdomain`, 3], [`${EVIL} | ${EAST}`, 2])).toBe('======sss!');
    const gone: Step = ['nxdomain | nxdomain', 10];
    expect(told([`${EAST} | ${EAST}`, 1], gone, [`${EVIL} | ${EAST}`, 2])).toBe(
      `${'='.repeat(12)}s`,
    );
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

  it('is not told of those who agreed once and parted: that is GeoDNS', () => {
    expect(told([`${EAST} | ${EAST}`, 1], [`${EAST} | ${WEST}`, 30])).toBe(`==${'s'.repeat(29)}`);
  });

  it('is told late of a cluster that keeps the old CNAME, whatever they did before', () => {
    const agreed: Step = [`d1.cdn.net > ${EAST} | d1.cdn.net > ${EAST}`, 1];
    const left: Step = [`d1.cdn.net > ${EAST} | www.other.org > ${WEST}`, 13];
    expect(told(agreed, left)).toBe(`==${'s'.repeat(10)}!!`);
  });

  it('by an old address is neither told nor forgotten while the reference has none', () => {
    const agreed: Step = [`${EAST} | ${EAST}`, 5];
    const left = (times: number): Step => [`${EAST} | ${WEST}`, times];
    const gone: Step = [`${EAST} | nxdomain`, 3];
    expect(told(agreed, left(11), gone, left(1))).toBe(`======${'s'.repeat(13)}!`);
    expect(told(agreed, left(12), gone, left(1)).slice(-5)).toBe('!sss!');
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
    const none = only('A', hop('nodata'));
    const ipv6 = new Map([[R, hop('2600:1f00::1')]]);
    expect(sign(next(next(undefined, none, ipv6), none, ipv6))).toBe('=');
    expect(next(undefined, {}, reference)).toMatchObject({ disagrees: false });
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
