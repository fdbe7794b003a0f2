import { describe, expect, it } from 'vitest';
import { isBad, isServed } from '../../../src/diagnosis/outcomes.ts';
import { NO_TRACE, type Trace } from '../../../src/diagnosis/trace.ts';
import { diagnose } from '../../../src/diagnosis/verdict.ts';
import { OUTCOMES, type Outcome } from '../../../src/model/outcome.ts';
import type { AddressHop, QueryResult, Round } from '../../../src/model/round.ts';
import { adviceFor, BLAMES, type Diagnosis, VERDICTS } from '../../../src/model/verdict.ts';
import { type Change, context } from '../../fixtures/context.ts';
import { exchange, result } from '../../fixtures/rounds.ts';

const ALL = Object.keys(OUTCOMES) as Outcome[];

/** An outcome, and perhaps the errno of its exchange. */
function said(text: string): QueryResult {
  const [outcome, errno] = text.split(' ') as [Outcome, string?];
  return result(outcome, errno ? { exchanges: [{ ...exchange('udp', outcome), errno }] } : {});
}

function hop(A: string, AAAA = 'nodata'): AddressHop {
  return { A: said(A), AAAA: said(AAAA) };
}

/** Outcomes as `A` or `A/AAAA`. */
function round(app: string, alias: string, target: string): Round {
  const read = (text: string): AddressHop => hop(...(text.split('/') as [string, string?]));
  return { app: read(app), alias: said(alias), target: read(target) };
}

/** The target is a CNAME to a name that has an address of its own, which the answer lacks. */
const OPEN: Round = {
  app: hop('bare_cname'),
  alias: result('ok'),
  target: { A: { ...result('bare_cname'), leftOpen: true } },
};

/** Nothing is known but what `change` says. */
function words(change: Change): string {
  const { up, verdict, blame } = diagnose(context({ round: undefined, ...change }));
  return `${up ?? '-'} ${verdict} ${blame}`;
}

/** What earlier rounds have left behind. */
const past = (trace: Partial<Trace>): Pick<Change, 'trace'> => ({
  trace: { ...NO_TRACE, ...trace },
});

const FORBIDDEN = { policy: { address: '192.0.2.1' } } as const;
const NONE = round('timeout/timeout', 'timeout', 'timeout/timeout');

describe('the table, row by row', () => {
  it.each([
    ['- pending none', {}],
    ['- pending none', { round: round('nxdomain', 'nxdomain', 'ok'), converging: true }],
    ['- unknown monitor', { round: round('nxdomain', 'nxdomain', 'ok'), zone: 'unproven' }],
    ['1 unknown monitor', { round: round('ok', 'ok', 'ok'), zone: 'unproven' }],
    [
      '0 cluster_dns_failing cluster_dns',
      { round: round('nxdomain', 'nxdomain', 'ok'), zone: 'lost' },
    ],
    ['1 healthy none', { round: round('ok', 'ok', 'ok'), zone: 'lost' }],
    ['0 target_failing upstream_dns', { round: OPEN }],
    [
      '0 app_view_broken cluster_dns',
      { round: OPEN, externalName: 'other.shop.svc.cluster.local' },
    ],
    ['1 unknown monitor', { round: round('ok', 'mismatch', 'ok'), stale: true }],
    ['- unknown monitor', { round: round('nxdomain', 'nxdomain', 'ok'), stale: true }],
    ['- unknown monitor', { round: round('unreachable', 'unreachable EMFILE', 'ok') }],
    ['- unknown monitor', { round: round('truncated ENOMEM', 'ok', 'ok') }],
    ['1 unknown monitor', { round: round('ok', 'ok', 'unreachable ENOBUFS') }],
    ['1 healthy none', { round: round('ok EMFILE', 'ok', 'ok') }],
    ['1 untrusted_answer policy', { round: round('ok', 'ok', 'ok'), ...FORBIDDEN }],
    ['1 untrusted_answer policy', { round: round('ok', 'mismatch', 'ok'), ...FORBIDDEN }],
    [
      '0 target_nxdomain target',
      { round: round('bare_cname/bare_cname', 'ok', 'nxdomain/nxdomain'), ...FORBIDDEN },
    ],
    ['1 alias_mismatch cluster_dns', { round: round('ok', 'mismatch', 'ok') }],
    ['1 degraded cluster_dns', { round: round('ok', 'timeout', 'ok') }],
    ['1 degraded target', { round: round('ok', 'ok', 'servfail/servfail') }],
    ['1 degraded target', { round: round('ok/bare_cname', 'ok', 'ok/servfail') }],
    [
      '1 degraded upstream_dns',
      { round: round('ok', 'ok', 'timeout/timeout'), upstreamFailing: true },
    ],
    ['1 degraded target', { round: round('ok', 'ok', 'nxdomain/nxdomain') }],
    ['1 family_failing target', { round: round('ok/servfail', 'ok', 'ok/servfail') }],
    ['1 family_failing cluster_dns', { round: round('ok/nxdomain', 'ok', 'ok/nodata') }],
    [
      '1 degraded cluster_dns',
      {
        externalName: 'a.b.svc.cluster.local',
        round: round('ok/bare_cname', 'ok', 'ok/nxdomain'),
      },
    ],
    ['1 degraded target', { round: round('ok/bare_cname', 'ok', 'ok/nxdomain') }],
    ['1 healthy none', { round: round('ok/ok', 'ok', 'ok/ok') }],
    ['1 healthy none', { round: round('ok/bare_cname', 'ok', 'ok/nodata') }],
    ['0 invalid_target config', { externalName: `${'a'.repeat(64)}.example.com` }],
    [
      '0 invalid_target config',
      {
        externalName: '192.0.2.1',
        round: round('nxdomain/nxdomain', 'nxdomain', 'nxdomain/nxdomain'),
      },
    ],
    [
      '0 cluster_dns_failing cluster_dns',
      { externalName: '192.0.2.1', round: round('timeout/timeout', 'timeout', 'timeout/timeout') },
    ],
    ['1 healthy none', { externalName: '192.0.2.1', round: round('ok', 'nodata', 'nxdomain') }],
    [
      '0 cluster_dns_failing cluster_dns',
      { round: round('timeout/timeout', 'timeout', 'timeout/timeout') },
    ],
    ['0 alias_missing cluster_dns', { round: round('nxdomain/nxdomain', 'nxdomain', 'ok') }],
    ['0 alias_missing cluster_dns', { round: round('nodata', 'nodata', 'ok') }],
    ['0 alias_mismatch cluster_dns', { round: round('bare_cname/bare_cname', 'mismatch', 'ok') }],
    [
      '0 target_nxdomain target',
      { round: round('bare_cname/bare_cname', 'ok', 'nxdomain/nxdomain') },
    ],
    [
      '0 target_nxdomain target',
      { externalName: 'a.b.svc.cluster.local', round: round('nodata', 'ok', 'nxdomain/nxdomain') },
    ],
    [
      '0 target_no_address target',
      { round: round('bare_cname/bare_cname', 'ok', 'nodata/nodata') },
    ],
    [
      '0 target_no_address config',
      { round: round('bare_cname/ok', 'ok', 'nodata/ok'), families: ['ipv4'] },
    ],
    [
      '0 target_no_address target',
      { round: round('bare_cname/ok', 'ok', 'bare_cname/ok'), families: ['ipv4'] },
    ],
    [
      '0 target_failing target',
      { round: round('bare_cname/bare_cname', 'ok', 'servfail/servfail') },
    ],
    [
      '0 target_failing upstream_dns',
      { round: round('bare_cname/bare_cname', 'ok', 'servfail/servfail'), upstreamFailing: true },
    ],
    [
      '0 target_failing cluster_dns',
      {
        round: round('bare_cname/bare_cname', 'ok', 'refused/refused'),
        refusingMany: true,
        upstreamFailing: true,
      },
    ],
    [
      '0 target_failing cluster_dns',
      { externalName: 'a.b.svc.cluster.local', round: round('nodata', 'ok', 'servfail/servfail') },
    ],
    ['0 app_view_broken cluster_dns', { round: round('bare_cname/bare_cname', 'ok', 'ok') }],
    ['0 app_view_broken cluster_dns', { round: round('servfail/servfail', 'ok', 'ok') }],
    // Nobody answers pods, and cluster DNS has answered for the alias: it waits for others.
    ['0 target_failing target', { round: round('timeout/timeout', 'ok', 'ok') }],
    [
      '0 target_failing upstream_dns',
      { round: round('timeout/timeout', 'ok', 'ok'), upstreamFailing: true },
    ],
    [
      '0 target_failing cluster_dns',
      { externalName: 'a.b.svc.cluster.local', round: round('timeout/timeout', 'ok', 'ok') },
    ],
    ['0 app_view_broken cluster_dns', { round: round('timeout/servfail', 'ok', 'ok') }],
    ['1 family_failing target', { round: round('ok/timeout', 'ok', 'ok/ok') }],
    // Much of what is sent to the server is lost: that it does not answer says nothing of targets.
    ...[
      ['0 target_failing cluster_dns', 'timeout/timeout', 'timeout/timeout'],
      ['1 degraded cluster_dns', 'ok/ok', 'ok/timeout'],
      ['1 family_failing cluster_dns', 'ok/timeout', 'ok/ok'],
      ['0 target_failing target', 'bare_cname/bare_cname', 'servfail/servfail'],
    ].map(([expected = '', app = '', target = '']) => [
      expected,
      { round: round(app, 'ok', target), lossy: new Set(['10.96.0.10:53']) },
    ]),
    // No chance loses every question of nine rounds in a row.
    ...[
      [8, '0 target_failing cluster_dns'],
      [9, '0 target_failing target'],
    ].map(([sinceGood, expected]) => [
      expected,
      {
        round: round('timeout/timeout', 'ok', 'timeout/timeout'),
        lossy: new Set(['10.96.0.10:53']),
        trace: { ...NO_TRACE, sinceGood },
      },
    ]),
    // The alias is denied as a whole, though it has an address: no target can make cluster DNS say so.
    ['1 family_failing cluster_dns', { round: round('ok/nxdomain', 'ok', 'ok/nxdomain') }],
  ] as [string, Change][])('%s', (expected, change) => {
    expect(words(change)).toBe(expected);
  });
});

describe('what the population and the past add', () => {
  const down = round('nodata/nodata', 'ok', 'nodata/nodata');

  it('is an invalid target in a loop, but only while it does not resolve', () => {
    expect(words({ round: down, inLoop: true })).toBe('0 invalid_target config');
    expect(words({ round: round('ok', 'ok', 'ok'), inLoop: true })).toBe('1 healthy none');
    const dead = round('timeout/timeout', 'timeout', 'timeout/timeout');
    expect(words({ round: dead, inLoop: true })).toBe('0 cluster_dns_failing cluster_dns');
  });

  it('is an invalid target if it would resolve with the cluster domain appended', () => {
    const gone = round('bare_cname/bare_cname', 'ok', 'nxdomain/nxdomain');
    const named = (outcome: Outcome) => ({
      ...gone,
      corrections: [{ name: 'n', result: result(outcome) }],
    });
    expect(words({ round: named('ok') })).toBe('0 invalid_target config');
    expect(words({ round: named('nxdomain') })).toBe('0 target_nxdomain target');
  });

  it.each([
    // The cluster domain is cluster.local: none of these can ever be right.
    ['10.0.0.256'],
    ['10.20.30'],
    ['0x7f.1'],
    ['localhost'],
    ['db.localhost'],
    ['redis.other.svc'],
    ['redis.shop.svc.cluster'],
    ['redis.shop.svc.k8s.corp'],
    ['redis.shop.cluster.local'],
    ['redis.svc.cluster.local'],
    ['redis.shop.svc.clusterset.local'],
  ])('is an invalid target if there is no such name, and cannot be: %s', (externalName) => {
    const gone = round('bare_cname/bare_cname', 'ok', 'nxdomain/nxdomain');
    expect(words({ externalName, round: gone })).toBe('0 invalid_target config');
    // An answer beats the guess, and somebody's error says nothing.
    expect(words({ externalName, round: round('ok', 'ok', 'ok') })).toBe('1 healthy none');
    const failing = round('bare_cname/bare_cname', 'ok', 'servfail/servfail');
    expect(words({ externalName, round: failing })).toContain('0 target_failing ');
  });

  it.each([
    ['redis'],
    ['redis.other'],
    ['redis.other.svc.cluster.local'],
    ['redis.shop.svc.example.com'],
    ['db-1.example.com'],
  ])('is a missing target if the name may be meant: %s', (externalName) => {
    const gone = round('bare_cname/bare_cname', 'ok', 'nxdomain/nxdomain');
    expect(words({ externalName, round: gone })).toBe('0 target_nxdomain target');
  });

  it('takes an empty name of the cluster zone for a missing one', () => {
    const empty = round('bare_cname/bare_cname', 'ok', 'nodata/nodata');
    const of = (externalName: string) => words({ externalName, round: empty });
    expect(of('redis.svc.cluster.local')).toBe('0 invalid_target config');
    expect(of('redis.shop.svc.k8s.corp')).toBe('0 target_no_address target');
  });

  it('says cluster_dns_failing of all that was not asked since cluster DNS is silent', () => {
    expect(words({ silence: 'cluster_dns' })).toBe('0 cluster_dns_failing cluster_dns');
    expect(words({ silence: 'cluster_dns', round: round('ok', 'ok', 'ok') })).toBe(
      '0 cluster_dns_failing cluster_dns',
    );
    const tooLong: Change = {
      externalName: `${'a'.repeat(64)}.example.com`,
      silence: 'cluster_dns',
    };
    expect(words(tooLong)).toBe('0 invalid_target config');
  });

  it('is degraded while rounds alternate, by the fault of the bad ones', () => {
    const lastBad = { up: 0, verdict: 'cluster_dns_failing', blame: 'cluster_dns' } as const;
    const alternating = past({ recent: [false, true, false, true, false, true, false], lastBad });
    expect(words({ round: round('ok', 'ok', 'ok'), ...alternating })).toBe(
      '1 degraded cluster_dns',
    );
    expect(words({ round: down, ...alternating })).toBe('0 target_no_address target');
  });

  it.each([
    ['1 degraded cluster_dns', round('ok', 'ok', 'ok'), 0],
    ['1 degraded cluster_dns', round('ok', 'mismatch', 'ok'), 1],
    ['1 degraded cluster_dns', round('nxdomain/nxdomain', 'nxdomain', 'ok'), 1],
    ['1 degraded cluster_dns', round('timeout/timeout', 'timeout', 'timeout/timeout'), 8],
    ['1 degraded cluster_dns', round('bare_cname/bare_cname', 'ok', 'servfail/servfail'), 8],
    ['0 cluster_dns_failing cluster_dns', round('timeout/timeout', 'timeout', 'ok'), 9],
    ['0 target_nxdomain target', round('bare_cname/bare_cname', 'ok', 'nxdomain/nxdomain'), 1],
  ])('is %s where one of two servers fails it, after %o and %i rounds', (said, one, sinceGood) => {
    const servers = { failing: 1, serving: 1 };
    expect(words({ round: one, servers, ...past({ sinceGood }) })).toBe(said);
  });

  it('is an outage at once where every server fails', () => {
    const servers = { failing: 2, serving: 0 };
    const silent = round('timeout/timeout', 'timeout', 'timeout/timeout');
    expect(words({ round: silent, servers, ...past({ sinceGood: 1 }) })).toBe(
      '0 cluster_dns_failing cluster_dns',
    );
  });
});

describe('a round without a reply for the alias', () => {
  const DOWN: Diagnosis = { up: 0, verdict: 'target_nxdomain', blame: 'target' };
  const UP: Diagnosis = { up: 1, verdict: 'healthy', blame: 'none' };

  it.each<[string, Change]>([
    ['0 target_nxdomain target', { published: DOWN, ...past({ unanswered: 2 }) }],
    ['1 degraded cluster_dns', { published: UP, ...past({ unanswered: 2 }) }],
    ['0 cluster_dns_failing cluster_dns', { published: UP, ...past({ unanswered: 3 }) }],
    ['0 cluster_dns_failing cluster_dns', { ...past({ unanswered: 1 }) }],
    // It is silent as a whole: that is no chance.
    ['0 cluster_dns_failing cluster_dns', { published: DOWN, silence: 'cluster_dns' }],
  ])('is %s, case %#', (expected, change) => {
    for (const alias of ['timeout', 'unreachable'] as const) {
      expect(words({ round: { ...NONE, alias: result(alias) }, ...change })).toBe(expected);
    }
  });

  it('is an answer where pods get an address all the same', () => {
    const served = round('ok', 'timeout', 'timeout/timeout');
    expect(words({ round: served, published: DOWN })).toBe('1 degraded cluster_dns');
  });

  it('is none where cluster DNS answers with an error', () => {
    const failing = round('servfail/servfail', 'servfail', 'servfail/servfail');
    expect(words({ round: failing, published: UP })).toBe('0 cluster_dns_failing cluster_dns');
  });
});

describe('silence that is not asked into', () => {
  it('of upstream is the fault of upstream, and of cluster DNS that of cluster DNS', () => {
    expect(words({ silence: 'upstream_dns' })).toBe('0 target_failing upstream_dns');
    const dead = { up: 0, verdict: 'target_failing', blame: 'target' } as const;
    const gone = { ...dead, verdict: 'target_nxdomain' } as const;
    const of = (published: Diagnosis, upstreamDown: boolean): string =>
      words({ silence: 'upstream_dns', published, upstreamDown });
    expect(of(dead, false)).toBe('0 target_failing target');
    expect(of(dead, true)).toBe('0 target_failing upstream_dns');
    expect(of(gone, true)).toBe('0 target_nxdomain target');
    expect(words({ silence: 'upstream_dns', round: round('ok', 'ok', 'ok') })).toBe(
      '0 target_failing upstream_dns',
    );
  });
});

describe('pods that wait while alias and target are answered (A21)', () => {
  const waiting = round('timeout/timeout', 'ok', 'ok');

  it.each([
    ['0 target_failing target', 1],
    ['0 target_failing target', 2],
    ['0 app_view_broken cluster_dns', 3],
  ])('are %s in round %i', (expected, inVain) => {
    expect(words({ round: waiting, ...past({ inVain }) })).toBe(expected);
  });
});

describe('what has not come as far as the target (A16)', () => {
  it.each(['truncated', 'unreachable'] as const)('is not its fault: %s', (outcome) => {
    const both = `${outcome}/${outcome}`;
    expect(words({ round: round('bare_cname/bare_cname', 'ok', both) })).toBe(
      '0 target_failing cluster_dns',
    );
    expect(words({ round: round(both, 'ok', both), upstreamFailing: true })).toBe(
      '0 target_failing cluster_dns',
    );
    expect(words({ round: round('ok', 'ok', `ok/${outcome}`) })).toBe('1 degraded cluster_dns');
  });
});

describe('an answer that some resolvers in pods cannot use (A17)', () => {
  const unread: AddressHop = {
    A: { ...result('ok'), unreadBy: ['glibc'] },
    AAAA: result('nodata'),
  };

  it('is degraded by cluster DNS, or by upstream where that answers the target so, too', () => {
    expect(words({ round: { ...round('ok', 'ok', 'ok'), app: unread } })).toBe(
      '1 degraded cluster_dns',
    );
    const both = { ...round('ok', 'ok', 'ok'), app: unread, target: unread };
    expect(words({ round: both })).toBe('1 degraded upstream_dns');
  });
});

describe('errors for a type that pods cannot use (A18)', () => {
  it('count as they do where pods can use it, as resolvers ask for both', () => {
    for (const app of ALL) {
      for (const target of ALL) {
        const one = round(`ok/${app}`, 'ok', `ok/${target}`);
        const both = words({ round: one, families: ['ipv4', 'ipv6'] });
        expect([app, target, words({ round: one, families: ['ipv4'] })]).toEqual([
          app,
          target,
          both,
        ]);
      }
    }
    const denied = round('ok/nxdomain', 'ok', 'ok/nodata');
    expect(words({ round: denied, families: ['ipv4'] })).toBe('1 family_failing cluster_dns');
  });
});

describe('up', () => {
  it('is what the app hop says for every combination of outcomes, and each has a verdict and blame of the contract', () => {
    const seen = new Set<string>();
    const wrong: string[] = [];
    for (const A of ALL) {
      for (const AAAA of ALL) {
        for (const alias of ALL) {
          for (const target of ALL) {
            const { up, verdict, blame } = diagnose(
              context({ round: round(`${A}/${AAAA}`, alias, `${target}/${target}`) }),
            );
            // One assertion for all: each would take longer than the diagnosis.
            const isRight =
              up === (A === 'ok' || AAAA === 'ok' ? 1 : 0) &&
              verdict in VERDICTS &&
              blame in BLAMES &&
              (verdict === 'healthy') === (blame === 'none');
            if (!isRight) wrong.push(`${A}/${AAAA} ${alias} ${target}: ${up} ${verdict} ${blame}`);
            seen.add(verdict);
          }
        }
      }
    }
    expect(wrong).toEqual([]);
    expect([...seen].sort()).toEqual([
      'alias_mismatch',
      'alias_missing',
      'app_view_broken',
      'cluster_dns_failing',
      'degraded',
      'family_failing',
      'healthy',
      'target_failing',
      'target_no_address',
      'target_nxdomain',
    ]);
  });

  it('counts only families that pods can use', () => {
    const ipv6Only = round('bare_cname/ok', 'ok', 'nodata/ok');
    expect(words({ round: ipv6Only, families: ['ipv6'] })).toBe('1 healthy none');
    expect(words({ round: ipv6Only, families: ['ipv4'] })).toBe('0 target_no_address config');
  });

  it('never is healthy when the unusable family alone works and the usable one fails', () => {
    const input: Change = {
      round: round('servfail/ok', 'ok', 'servfail/ok'),
      families: ['ipv4'],
    };
    expect(words(input)).toBe('0 target_failing target');
  });
});

describe('an edit that cluster DNS has not caught up with', () => {
  it('leaves up to the app hop, and holds the mismatch back', () => {
    const old = round('ok', 'mismatch', 'nxdomain/nxdomain');
    expect(words({ round: old, converging: true })).toBe('1 healthy none');
    expect(words({ round: old, converging: false })).toBe('1 alias_mismatch cluster_dns');
  });
});

describe('isBad', () => {
  it.each([
    [false, 'ok/ok', 'ok', 'ok/ok'],
    [false, 'ok/bare_cname', 'ok', 'ok/nodata'],
    [true, 'ok/timeout', 'ok', 'ok/nodata'],
    [true, 'ok', 'timeout', 'ok'],
    [true, 'ok', 'mismatch', 'ok'],
    [true, 'bare_cname/bare_cname', 'ok', 'nodata/nodata'],
    [true, 'ok', 'ok', 'servfail/servfail'],
  ] as [boolean, string, Outcome, string][])(
    '%s for app %s, alias %s, target %s',
    (bad, app, alias, target) => {
      expect(isBad(round(app, alias, target), ['ipv4', 'ipv6'])).toBe(bad);
    },
  );
});

describe('a round of the app hop alone', () => {
  const good: Round = { app: hop('ok') };

  it('is as good as what pods get', () => {
    expect(isBad(good, ['ipv4', 'ipv6'])).toBe(false);
    expect(isBad({ app: hop('ok', 'timeout') }, ['ipv4', 'ipv6'])).toBe(true);
    expect(words({ round: good })).toBe('1 healthy none');
    expect(words({ round: good, ...FORBIDDEN })).toBe('1 untrusted_answer policy');
  });

  it('tells by its CNAME whether the alias is served as the spec has it', () => {
    const chain = [{ name: 'db.example.com', ttl: 30 }];
    const app = { A: { ...result('ok'), chain } };
    expect(isServed({ app }, 'db.example.com')).toBe(true);
    expect(isServed({ app }, 'other.example.com')).toBe(false);
    expect(isServed({ app, alias: result('mismatch') }, 'db.example.com')).toBe(false);
    expect(isServed({}, 'db.example.com')).toBe(false);
  });
});

describe('causes in the Corefile', () => {
  const judged = (change: Change) => diagnose(context(change));

  it('are named where a target in the zone is answered by itself and not at the end of the alias', () => {
    const broken = round('nodata/nodata', 'ok', 'ok/nodata');
    const inZone = judged({ externalName: 'legacy.shop.svc.cluster.local', round: broken });
    expect(inZone.verdict).toBe('app_view_broken');
    expect(inZone.evidence).toContain('`fallthrough` is the reason');
    expect(adviceFor(inZone)).toContain('Create the Service legacy.shop.svc.cluster.local');
    const outside = judged({ round: broken });
    expect(outside).toEqual({ up: 0, verdict: 'app_view_broken', blame: 'cluster_dns' });
    expect(adviceFor(outside)).toContain('forward plugin');
    // An error has another cause.
    const silent = round('servfail/servfail', 'ok', 'ok/nodata');
    const failing = judged({ externalName: 'legacy.shop.svc.cluster.local', round: silent });
    expect(failing.evidence).toBeUndefined();
  });

  it('are named where cluster DNS serves the target of another Service', () => {
    const chain = [{ name: 'other.example.com', ttl: 30 }];
    const alias = { ...result('mismatch'), chain };
    const rewritten = { app: hop('ok'), alias, target: hop('ok') };
    expect(judged({ round: rewritten }).evidence).toBeUndefined();
    const other = judged({ round: rewritten, servedAs: 'shop/other' });
    expect(other).toMatchObject({ up: 1, verdict: 'alias_mismatch' });
    expect(other.evidence).toMatch(/CNAME to other\.example\.com, .* of shop\/other: a `rewrite`/);
  });
});
