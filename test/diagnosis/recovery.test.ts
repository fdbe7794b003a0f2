import { describe, expect, it } from 'vitest';
import { type Recovery, recoveryOf } from '../../src/diagnosis/recovery.ts';
import { NO_TRACE, type Trace, traceAfter } from '../../src/diagnosis/trace.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import type { QueryResult, Round } from '../../src/model/round.ts';
import { type Change, context, hop, result } from './_context.ts';

function denied(ttl: number, minimum: number, outcome: Outcome = 'nxdomain'): QueryResult {
  return result(outcome, { negative: { zone: 'example.com', ttl, minimum } });
}

function round(A: QueryResult, AAAA: QueryResult = A): Round {
  return { app: hop('bare_cname', 'bare_cname'), alias: result('ok'), target: { A, AAAA } };
}

function recovery(change: Change): Recovery | undefined {
  return recoveryOf(context(change));
}

describe('when pods see a corrected target again', () => {
  it('is the MINIMUM of its zone, of which cluster DNS keeps what its TTLs say', () => {
    expect(recovery({ round: round(denied(30, 900)) })).toEqual({
      zone: 'example.com',
      seconds: 900,
      clusterDnsSeconds: 30,
    });
  });

  it('is the longest of both types, NODATA as well as NXDOMAIN', () => {
    const one = round(denied(30, 300, 'nodata'), denied(12, 60, 'bare_cname'));
    expect(recovery({ round: one })).toMatchObject({ seconds: 300, clusterDnsSeconds: 30 });
  });

  it('is no more than resolvers keep at most', () => {
    expect(recovery({ round: round(denied(30, 604_800)) })?.seconds).toBe(10_800);
  });

  it('takes for what cluster DNS keeps the most that it said since the target had an address', () => {
    const rounds = [denied(30, 900), result('servfail'), denied(7, 900)].map((one) => round(one));
    const { spec } = context();
    const traced = (all: readonly Round[]): Trace =>
      all.reduce((trace, one) => traceAfter(trace, spec, one), NO_TRACE);
    const last = rounds.at(-1);
    expect(recovery({ round: last, trace: traced(rounds) })?.clusterDnsSeconds).toBe(30);
    const healed = [
      ...rounds,
      round(result(['192.0.2.1']), denied(9, 900, 'nodata')),
      round(denied(7, 900)),
    ];
    expect(recovery({ round: last, trace: traced(healed) })?.clusterDnsSeconds).toBe(7);
  });

  it('is never shorter than what cluster DNS keeps', () => {
    const trace = { ...NO_TRACE, negativeTtl: 60 };
    expect(recovery({ round: round(denied(5, 5)), trace })?.seconds).toBe(60);
  });

  it('counts a family that pods cannot use for nothing', () => {
    const one = round(denied(30, 900, 'nodata'), result(['2001:db8::1']));
    expect(recovery({ round: one })).toBeUndefined();
    expect(recovery({ round: one, families: ['ipv4'] })?.seconds).toBe(900);
  });

  it.each<[string, Change]>([
    ['there is an address', { round: round(result(['192.0.2.1']), denied(30, 900, 'nodata')) }],
    ['the target fails', { round: round(result('servfail')) }],
    ['a type of it fails', { round: round(denied(30, 900), result('timeout')) }],
    ['the answers have no SOA', { round: round(result('nxdomain')) }],
    ['the target was not asked', { round: { app: hop('nxdomain') } }],
    ['there was no round', { round: undefined }],
    ['the round was for another target', { round: round(denied(30, 900)), isOwnRound: false }],
    ['cluster DNS is silent', { round: round(denied(30, 900)), silence: 'cluster_dns' }],
  ])('is unknown where %s', (_, change) => {
    expect(recovery(change)).toBeUndefined();
  });
});
