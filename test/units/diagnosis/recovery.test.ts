import { describe, expect, it } from 'vitest';
import { type Recovery, recoveryOf } from '../../../src/diagnosis/recovery.ts';
import { NO_TRACE, type Trace, traceAfter } from '../../../src/diagnosis/trace.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import type { Family, QueryResult } from '../../../src/model/round.ts';
import { context } from '../../fixtures/context.ts';
import { result } from '../../fixtures/rounds.ts';

function denied(ttl: number, minimum: number, outcome: Outcome = 'nxdomain'): QueryResult {
  return result(outcome, { negative: { zone: 'example.com', ttl, minimum } });
}

/** After the last of these answers for A and AAAA. */
function recovery(
  rounds: readonly Partial<Record<'A' | 'AAAA', QueryResult>>[],
  families: readonly Family[] = ['ipv4', 'ipv6'],
): Recovery | undefined {
  const { spec } = context();
  const { negativeTtl } = rounds.reduce<Trace>(
    (trace, target) => traceAfter(trace, spec, { target }),
    NO_TRACE,
  );
  return recoveryOf(rounds.at(-1), families, negativeTtl);
}

const both = (A: QueryResult) => ({ A, AAAA: A });

describe('when pods see a corrected target again', () => {
  it('is the MINIMUM of its zone, of which cluster DNS keeps what its TTLs say', () => {
    expect(recovery([both(denied(30, 900))])).toEqual({
      zone: 'example.com',
      seconds: 900,
      clusterDnsSeconds: 30,
    });
  });

  it('is the longest of both types, NODATA as well as NXDOMAIN', () => {
    const target = { A: denied(30, 300, 'nodata'), AAAA: denied(12, 60, 'bare_cname') };
    expect(recovery([target])).toMatchObject({ seconds: 300, clusterDnsSeconds: 30 });
  });

  it('is no more than resolvers keep at most', () => {
    expect(recovery([both(denied(30, 604_800))])?.seconds).toBe(10_800);
  });

  it('takes for what cluster DNS keeps the most that it said since the target had an address', () => {
    const rounds = [denied(30, 900), result('servfail'), denied(7, 900)].map(both);
    expect(recovery(rounds)?.clusterDnsSeconds).toBe(30);
    const healed = { A: result(['192.0.2.1']), AAAA: denied(9, 900, 'nodata') };
    const again = [...rounds, healed, both(denied(7, 900))];
    expect(recovery(again)?.clusterDnsSeconds).toBe(7);
  });

  it('is never shorter than what cluster DNS keeps', () => {
    expect(recovery([both(denied(60, 60)), both(denied(5, 5))])?.seconds).toBe(60);
  });

  it('counts a family that pods cannot use for nothing', () => {
    const target = { A: denied(30, 900, 'nodata'), AAAA: result(['2001:db8::1']) };
    expect(recovery([target])).toBeUndefined();
    expect(recovery([target], ['ipv4'])?.seconds).toBe(900);
  });

  it.each([
    ['there is an address', { A: result(['192.0.2.1']), AAAA: denied(30, 900, 'nodata') }],
    ['the target fails', both(result('servfail'))],
    ['a type of it fails', { A: denied(30, 900), AAAA: result('timeout') }],
    ['the answers have no SOA', both(result('nxdomain'))],
    ['the target was not asked', {}],
  ])('is unknown where %s', (_, target) => {
    expect(recovery([target])).toBeUndefined();
  });
});
