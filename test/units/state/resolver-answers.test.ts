/** What is kept of the answers of the resolvers behind cluster DNS, and when an answer can come from no cache. */
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/model/outcome.ts';
import { ResolverAnswers } from '../../../src/state/resolver-answers.ts';
import { result } from '../../fixtures/rounds.ts';

const TARGET = 'db.example.com';
const A = '10.0.0.2:53';
const B = '10.0.0.3:53';

function reported(answers: ResolverAnswers) {
  return (server: string, at: number, outcome: Outcome, ttl = 30): void => {
    const hop = { A: result(outcome, { server, ttl }) };
    answers.answered({
      type: 'resolver',
      target: TARGET,
      keys: [],
      server,
      zone: '.',
      hop,
      endedAt: at,
    });
  };
}

const freshOf = (answers: ResolverAnswers, now: number, server = A) =>
  answers.of(TARGET, now)?.find((one) => one.server === server)?.isFresh;

describe('an answer beside an error', () => {
  it('is fresh once its first TTL has passed, or was renewed', () => {
    const answers = new ResolverAnswers();
    const report = reported(answers);
    report(B, 0, 'servfail');
    report(A, 0, 'ok');
    expect(freshOf(answers, 0)).toBe(false);
    // The same answer, counted down.
    report(A, 10_000, 'ok', 20);
    expect(freshOf(answers, 10_000)).toBe(false);
    report(A, 31_000, 'ok', 30);
    expect(freshOf(answers, 31_000)).toBe(true);
    const renewed = new ResolverAnswers();
    const again = reported(renewed);
    again(A, 0, 'ok', 5);
    again(A, 4_000, 'ok', 30);
    expect(freshOf(renewed, 4_000)).toBe(true);
  });

  it('is not fresh by what it was before the other one failed', () => {
    const answers = new ResolverAnswers();
    const report = reported(answers);
    report(A, 0, 'ok');
    report(B, 0, 'ok');
    report(A, 60_000, 'ok');
    expect(freshOf(answers, 60_000)).toBe(true);
    report(B, 61_000, 'servfail');
    report(A, 62_000, 'ok', 28);
    expect(freshOf(answers, 62_000)).toBe(false);
    report(B, 91_000, 'servfail');
    report(A, 91_000, 'ok', 30);
    expect(freshOf(answers, 91_000)).toBe(true);
  });

  it('begins again after an error of its own', () => {
    const answers = new ResolverAnswers();
    const report = reported(answers);
    report(A, 0, 'ok');
    report(A, 60_000, 'timeout');
    expect(answers.of(TARGET, 60_000)?.[0]?.since).toBeUndefined();
    report(A, 70_000, 'ok');
    expect(answers.of(TARGET, 70_000)).toMatchObject([{ since: 70_000, isFresh: false }]);
  });
});

describe('answers', () => {
  it('are forgotten with their target, with their resolver, and when they are old', () => {
    const answers = new ResolverAnswers();
    const report = reported(answers);
    report(A, 0, 'servfail');
    report(B, 0, 'ok');
    expect(answers.failing()).toEqual(new Map([[A, 1]]));
    answers.keep(new Set([A]));
    expect(answers.of(TARGET, 0)?.map(({ server }) => server)).toEqual([A]);
    expect(answers.of(TARGET, 3_600_000)).toBeUndefined();
    answers.resolved([TARGET]);
    expect(answers.of(TARGET, 0)).toBeUndefined();
  });

  it('say how their resolver does in general', () => {
    const answers = new ResolverAnswers();
    reported(answers)(A, 0, 'timeout');
    const silence = result('timeout', { server: A });
    answers.health({
      type: 'resolver_health',
      server: A,
      health: 'silent',
      result: silence,
      endedAt: 0,
    });
    expect(answers.of(TARGET, 0)).toMatchObject([{ health: 'silent' }]);
  });
});
