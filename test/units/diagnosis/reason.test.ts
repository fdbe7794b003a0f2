import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../../src/diagnosis/reason.ts';
import { diagnose } from '../../../src/diagnosis/verdict.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import type { QueryResult, Round } from '../../../src/model/round.ts';
import { type Change, context } from '../../fixtures/context.ts';
import { hop, result } from '../../fixtures/rounds.ts';

function failed(code: number, text = '', outcome: Outcome = 'servfail'): QueryResult {
  return result(outcome, { extendedErrors: [{ code, text }] });
}

function round(A: QueryResult, AAAA: QueryResult = A): Round {
  return { app: hop('bare_cname', 'bare_cname'), alias: result('ok'), target: { A, AAAA } };
}

const BOGUS = 'bogus.example.net';

describe('the reason of the server', () => {
  it('is about the name at the end of the chain', () => {
    const error = { code: 9, text: '' };
    const servfail = result('servfail', { chain: ['mid.test', BOGUS], extendedErrors: [error] });
    const server = '10.96.0.10:53';
    expect(reasonOf('db.test', { A: servfail })).toEqual({ error, name: BOGUS, server });
    expect(reasonOf(BOGUS, { AAAA: failed(9) })).toEqual({ error, name: BOGUS, server });
  });

  it('is that of an error before that of a negative answer', () => {
    const of = (A: QueryResult, AAAA: QueryResult) => reasonOf(BOGUS, { A, AAAA })?.error.code;
    expect(of(failed(17, '', 'nxdomain'), failed(22))).toBe(22);
    expect(of(failed(22), failed(17, '', 'nxdomain'))).toBe(22);
    expect(of(result('timeout'), failed(17, '', 'nxdomain'))).toBe(17);
  });

  it('is none without one, beside an address, or where the server only made the answer itself', () => {
    expect(reasonOf(BOGUS, undefined)).toBeUndefined();
    expect(reasonOf(BOGUS, { A: result('servfail') })).toBeUndefined();
    const stale = result(['192.0.2.1'], { extendedErrors: [{ code: 3, text: '' }] });
    expect(reasonOf(BOGUS, { A: stale, AAAA: result('nodata') })).toBeUndefined();
    expect(reasonOf(BOGUS, { A: failed(29, '', 'nxdomain') })).toBeUndefined();
  });
});

describe('what a blame rests on', () => {
  const said = (change: Change) => {
    const { verdict, blame, evidence } = diagnose(context({ externalName: BOGUS, ...change }));
    return [verdict, blame, evidence];
  };
  const reported =
    'The DNS server 10.96.0.10:53 gives the reason: DNSSEC: no DNSKEY for bogus.example.net';

  it('is the reason of the server, where it is about the target', () => {
    expect(said({ round: round(failed(9)) })).toEqual(['target_failing', 'target', `${reported}.`]);
    expect(said({ round: round(failed(9, 'no key')), upstreamFailing: true })).toEqual([
      'target_failing',
      'upstream_dns',
      `${reported} ("no key").`,
    ]);
  });

  it('stands before what else the blame rests on', () => {
    const share = { server: '10.96.0.10:53', failing: 0, resolved: 3 };
    const [, , evidence = ''] = said({ round: round(failed(9)), share });
    expect(evidence).toContain(`${reported}. Of 3 other domains `);
  });

  it('is at most 600 characters, also of hostile names', () => {
    const chain = ['\\001'.repeat(250)];
    const servfail = result('servfail', { chain, extendedErrors: [{ code: 9, text: 'x' }] });
    expect(said({ round: round(servfail) })[2]).toMatch(/^.{597}\.\.\.$/);
  });

  it('is not that reason where the round is old, or something else is at fault', () => {
    expect(said({ round: round(failed(9)), isOwnRound: false })[2]).toBeUndefined();
    expect(said({ round: round(failed(9)), silence: 'upstream_dns' })[2]).toBeUndefined();
    const noAlias = { ...round(failed(9)), alias: result('timeout') };
    expect(said({ round: noAlias })).toEqual(['cluster_dns_failing', 'cluster_dns', undefined]);
  });
});
