/** What the answers of the resolvers behind cluster DNS prove. */
import { describe, expect, it } from 'vitest';
import { proofOf } from '../../../src/diagnosis/resolver-evidence.ts';
import { diagnose } from '../../../src/diagnosis/verdict.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import type { ResolverAnswer, ResolverHealth } from '../../../src/model/resolver.ts';
import type { AddressType, QueryResult, Round } from '../../../src/model/round.ts';
import { context } from '../../fixtures/context.ts';
import { hop, result } from '../../fixtures/rounds.ts';

const TARGET = 'db.example.net';
const NOW = 1_000_000;
const BOTH: readonly AddressType[] = ['A', 'AAAA'];

interface Change {
  readonly outcome?: Outcome;
  readonly code?: number;
  readonly health?: ResolverHealth;
  readonly zone?: string;
  readonly since?: number;
  readonly endedAt?: number;
  readonly isFresh?: boolean;
  readonly AAAA?: Outcome;
}

function answerOf(server: string, change: Change = {}): ResolverAnswer {
  const { outcome = 'ok', code, health = 'works', zone = '.', endedAt = NOW - 1_000 } = change;
  const extended = code === undefined ? {} : { extendedErrors: [{ code, text: '' }] };
  const said = (one: Outcome): QueryResult =>
    result(one === 'ok' ? ['192.0.2.1'] : one, { server, ...extended });
  const isOk = outcome === 'ok' || outcome === 'nxdomain';
  return {
    server,
    zone,
    hop: { A: said(outcome), AAAA: said(change.AAAA ?? outcome) },
    endedAt,
    ...(isOk ? { since: change.since ?? endedAt } : {}),
    isFresh: change.isFresh ?? false,
    health,
  };
}

function proof(answers: readonly ResolverAnswer[], upstreamFailing = false, types = BOTH) {
  return proofOf({ target: TARGET, answers, roundAt: NOW, goodAt: 0 }, types, upstreamFailing);
}

const A = '10.0.0.2:53';
const B = '10.0.0.3:53';
const C = '10.0.0.4:53';

describe('the resolvers behind cluster DNS', () => {
  it.each<readonly [string, readonly ResolverAnswer[], string | undefined, string]>([
    [
      'one that does not reply to anything, beside one that answers',
      [answerOf(A), answerOf(B, { outcome: 'timeout', health: 'silent' })],
      'upstream_dns',
      `${A} answers for ${TARGET}; ${B} does not reply, to other questions as well.`,
    ],
    [
      'one that has never replied, beside one that answers',
      [answerOf(A), answerOf(B, { outcome: 'timeout', health: 'unproven' })],
      'upstream_dns',
      `${A} answers for ${TARGET}; ${B} has never replied.`,
    ],
    [
      'one that refuses',
      [answerOf(A), answerOf(B, { outcome: 'refused' })],
      'upstream_dns',
      `${A} answers for ${TARGET}; ${B} answers REFUSED.`,
    ],
    [
      'an error beside an answer that may come from a cache',
      [answerOf(A), answerOf(B, { outcome: 'servfail' })],
      undefined,
      `${A} answers for ${TARGET}; ${B} answers SERVFAIL.`,
    ],
    [
      'an error beside an answer that no cache could have',
      [answerOf(A, { isFresh: true }), answerOf(B, { outcome: 'servfail' })],
      'upstream_dns',
      `${A} answers for ${TARGET}; ${B} answers SERVFAIL.`,
    ],
    [
      'one that says that the name does not exist',
      [answerOf(A), answerOf(B, { outcome: 'nxdomain' })],
      'upstream_dns',
      `${A} answers for ${TARGET}; ${B} says that it does not exist.`,
    ],
    [
      'one that validates, beside one that does not',
      [answerOf(A), answerOf(B, { outcome: 'servfail', code: 9 })],
      'target',
      `${B} validates DNSSEC and rejects the answer (DNSSEC: no DNSKEY for ${TARGET}); ${A} answers without validating.`,
    ],
    [
      'two that validate',
      [
        answerOf(A, { outcome: 'servfail', code: 6 }),
        answerOf(B, { outcome: 'servfail', code: 6 }),
      ],
      'target',
      `${A} and ${B} validate DNSSEC and reject the answer (DNSSEC: validation failed for ${TARGET}).`,
    ],
    [
      'answers of all, just now',
      [answerOf(A), answerOf(B)],
      undefined,
      `Asked directly, ${A} and ${B} all answer for ${TARGET}; cluster DNS does not.`,
    ],
    [
      'answers of all, for longer than cluster DNS repeats an error',
      [answerOf(A, { since: NOW - 11_000 }), answerOf(B, { since: NOW - 60_000 })],
      'cluster_dns',
      `Asked directly, ${A} and ${B} all answer for ${TARGET}; cluster DNS does not.`,
    ],
    [
      'errors of all',
      [answerOf(A, { outcome: 'servfail', code: 22 }), answerOf(B, { outcome: 'timeout' })],
      'target',
      `Asked directly, ${A} answers SERVFAIL (no authoritative server could be reached for ${TARGET}); ${B} does not reply.`,
    ],
    [
      'silence of all',
      [
        answerOf(A, { outcome: 'timeout', health: 'silent' }),
        answerOf(B, { outcome: 'timeout', health: 'silent' }),
      ],
      'upstream_dns',
      `${A} and ${B} do not reply, to other questions as well.`,
    ],
    [
      'errors for everything',
      [answerOf(A, { outcome: 'servfail', health: 'fails' })],
      'upstream_dns',
      `${A} answers SERVFAIL; other questions fail there as well.`,
    ],
    [
      'one that is down, and one that works but for this name',
      [answerOf(A, { outcome: 'servfail' }), answerOf(B, { outcome: 'timeout', health: 'silent' })],
      'target',
      `Asked directly, ${A} answers SERVFAIL; ${B} does not reply, to other questions as well.`,
    ],
    [
      'an expired answer is none',
      [answerOf(A, { code: 3 }), answerOf(B, { outcome: 'servfail', code: 22 })],
      'target',
      `Asked directly, ${A} answers an error (an expired answer from the cache for ${TARGET}); ${B} answers SERVFAIL (no authoritative server could be reached for ${TARGET}).`,
    ],
    [
      'a private zone whose resolver fails',
      [answerOf(A, { outcome: 'servfail', zone: 'corp.example' })],
      'target',
      `Cluster DNS forwards corp.example to resolvers of its own. Asked directly, ${A} answers SERVFAIL.`,
    ],
    [
      'a private zone whose resolver is silent',
      [answerOf(A, { outcome: 'timeout', zone: 'corp.example', health: 'silent' })],
      'upstream_dns',
      `Cluster DNS forwards corp.example to resolvers of its own. ${A} does not reply, to other questions as well.`,
    ],
  ])('%s', (_, answers, blame, evidence) => {
    expect(proof(answers)).toEqual({ ...(blame ? { blame } : {}), evidence });
  });

  it('prove nothing where none has ever replied, or none was asked', () => {
    const unproven = { outcome: 'timeout', health: 'unproven' } as const;
    expect(proof([answerOf(A, unproven), answerOf(B, unproven)])).toBeUndefined();
    expect(proof([])).toBeUndefined();
  });

  it('that fail for other domains as well do not blame the target', () => {
    const failing = [answerOf(A, { outcome: 'servfail' }), answerOf(B, { outcome: 'servfail' })];
    expect(proof(failing, true)?.blame).toBeUndefined();
    // A reason of DNSSEC is about the name alone.
    expect(proof([answerOf(A, { outcome: 'servfail', code: 9 })], true)?.blame).toBe('target');
  });

  it('are compared by the types that failed at cluster DNS', () => {
    const answers = [answerOf(A, { AAAA: 'servfail', since: 0 }), answerOf(B, { since: 0 })];
    expect(proof(answers, false, ['A'])?.blame).toBe('cluster_dns');
    expect(proof(answers, false, ['AAAA'])?.evidence).toBe(
      `${B} answers for ${TARGET}; ${A} answers SERVFAIL.`,
    );
  });

  it('answered before the Service failed again: that says nothing about this failure', () => {
    const answers = [answerOf(A, { since: 0, endedAt: NOW - 60_000 })];
    const evidence = { target: TARGET, answers, roundAt: NOW, goodAt: NOW - 30_000 };
    expect(proofOf(evidence, BOTH, false)?.blame).toBeUndefined();
  });

  it('are named as far as a sentence has room', () => {
    const many = Array.from({ length: 12 }, (_, i) =>
      answerOf(`10.0.1.${i}:53`, { outcome: 'servfail', code: 22 }),
    );
    const { evidence = '' } = proof(many) ?? {};
    expect(evidence).toContain('; 8 more fail');
    expect(evidence.length).toBeLessThanOrEqual(600);
    expect(proof([...many.map(({ server }) => answerOf(server)), answerOf(C)])?.evidence).toContain(
      ' and 9 more all answer',
    );
  });
});

describe('a verdict', () => {
  const round = (target: Outcome): Round => ({
    app: hop('bare_cname', 'bare_cname'),
    alias: result('ok'),
    target: hop(target, target),
  });
  const failing = round('servfail');
  const resolvers = (answers: readonly ResolverAnswer[]) => ({
    resolvers: { target: TARGET, answers, roundAt: NOW, goodAt: 0 },
  });

  it('takes its blame and evidence from a proof', () => {
    const answers = [answerOf(A), answerOf(B, { outcome: 'timeout', health: 'silent' })];
    expect(diagnose(context({ round: failing, ...resolvers(answers) }))).toEqual({
      up: 0,
      verdict: 'target_failing',
      blame: 'upstream_dns',
      evidence: `${A} answers for ${TARGET}; ${B} does not reply, to other questions as well.`,
    });
  });

  it('keeps its blame where nothing is proven, and says what was seen', () => {
    const answers = [answerOf(A), answerOf(B)];
    const { blame, evidence } = diagnose(context({ round: failing, ...resolvers(answers) }));
    expect(blame).toBe('target');
    expect(evidence).toContain('all answer');
  });

  it('of a verdict that is kept has its evidence once, however often it is judged', () => {
    const gone = { outcome: 'nxdomain' } as const;
    const answers = [answerOf(A, gone), answerOf(B, gone)];
    const around = { round: round('nxdomain'), upstreamFailing: true, ...resolvers(answers) };
    const first = diagnose(context(around));
    expect(first.evidence?.match(/Asked directly/g)).toHaveLength(1);
    const kept = diagnose(context({ ...around, silence: 'upstream_dns', published: first }));
    expect(kept).toEqual(first);
  });

  it('of a Service that is well, or whose alias is not served, needs no proof', () => {
    const answers = [answerOf(A, { outcome: 'timeout', health: 'silent' })];
    expect(diagnose(context(resolvers(answers))).evidence).toBeUndefined();
  });

  it('of a name that does not exist: a cached answer of cluster DNS is no fault of it', () => {
    const missing = round('nxdomain');
    const settled = [answerOf(A, { since: 0 }), answerOf(B, { since: 0 })];
    const { verdict, blame } = diagnose(context({ round: missing, ...resolvers(settled) }));
    expect([verdict, blame]).toEqual(['target_nxdomain', 'target']);
    const split = [answerOf(A), answerOf(B, { outcome: 'nxdomain' })];
    const { blame: other } = diagnose(context({ round: missing, ...resolvers(split) }));
    expect(other).toBe('upstream_dns');
  });
});
