import { describe, expect, it } from 'vitest';
import { NO_TRACE, type Trace, traceAfter } from '../../../src/diagnosis/trace.ts';
import type { Round } from '../../../src/model/round.ts';
import { answered, exchange, hop, result } from '../../fixtures/rounds.ts';
import { specOf } from '../../fixtures/spec.ts';

const DB = specOf('db');

function traceOf(...rounds: readonly Round[]): Trace {
  return rounds.reduce((trace, round) => traceAfter(trace, DB, round), NO_TRACE);
}

const gone = answered('nxdomain', 'nxdomain');
const there = answered(['192.0.2.1']);
const silent = answered('timeout', 'timeout');

describe('rounds in which the target does not exist', () => {
  it.each<[string, number, readonly Round[]]>([
    ['one', 1, [gone]],
    ['two', 2, [gone, gone]],
    ['no more are counted', 2, [gone, gone, gone]],
    ['an address ends it', 0, [gone, there]],
    ['NODATA is a name, too', 0, [gone, answered('nodata')]],
    ['an address of the other family disproves NXDOMAIN', 0, [answered(['192.0.2.1'], 'nxdomain')]],
    ['an error says nothing', 1, [gone, answered('servfail', 'servfail')]],
    ['nor does silence', 2, [gone, silent, gone]],
    ['nor a round without the hop', 1, [gone, {}]],
    ['nor an unfinished chain', 1, [gone, answered('bare_cname', 'bare_cname')]],
  ])('%s', (_what, count, rounds) => {
    expect(traceOf(...rounds).nxdomain).toBe(count);
  });
});

describe('rounds in which the target has a TTL of 0', () => {
  const ttl = (A: number, AAAA = 30): Round => ({
    target: { A: result(['192.0.2.1'], { ttl: A }), AAAA: result(['2001:db8::1'], { ttl: AAAA }) },
  });
  it.each<[string, number, readonly Round[]]>([
    ['three', 3, [ttl(0), ttl(0), ttl(0)]],
    ['no more are counted', 3, [ttl(0), ttl(0), ttl(0), ttl(0)]],
    ['either family', 1, [ttl(30, 0)]],
    ['another TTL ends it', 0, [ttl(0), ttl(0), ttl(1)]],
    ['silence does not', 2, [ttl(0), silent, ttl(0)]],
    [
      'that of a negative answer beside an address is none',
      0,
      [{ target: { A: result(['192.0.2.1']), AAAA: result('nodata', { ttl: 0 }) } }],
    ],
    [
      'that of a negative answer is none',
      1,
      [ttl(0), { target: { A: result('nodata', { ttl: 0 }) } }],
    ],
    ['the app hop has that of the alias', 0, [{ app: { A: result(['192.0.2.1'], { ttl: 0 }) } }]],
  ])('%s', (_what, count, rounds) => {
    expect(traceOf(...rounds).zeroTtl).toBe(count);
  });
});

describe('TCP', () => {
  const overTcp = {
    app: {
      A: result(['192.0.2.1'], {
        exchanges: [exchange('udp', 'truncated'), exchange('tcp', 'ok')],
      }),
      AAAA: result('nodata'),
    },
  };
  const failing = {
    app: {
      A: result('truncated', {
        exchanges: [exchange('udp', 'truncated'), exchange('tcp', 'timeout')],
      }),
      AAAA: result('nodata'),
    },
  };
  it.each<[string, Trace['tcp'], readonly Round[]]>([
    ['is not needed for what fits', 'none', [there]],
    ['is needed and works', 'works', [overTcp]],
    ['is needed and fails', 'fails', [failing]],
    ['works again', 'works', [failing, overTcp]],
    ['is needed no more', 'none', [overTcp, there]],
    ['is as it was where nobody answers', 'fails', [failing, silent]],
    [
      'is as it was where one type is not answered',
      'works',
      [overTcp, answered('timeout', 'nodata')],
    ],
    [
      'for the target hop does not count: it has EDNS',
      'none',
      [{ app: hop(['192.0.2.1']), target: overTcp.app }],
    ],
  ])('%s', (_what, tcp, rounds) => {
    expect(traceOf(...rounds).tcp).toBe(tcp);
  });
});

describe('rounds in which cluster DNS', () => {
  const waiting: Round = { ...there, app: hop('timeout', 'timeout') };
  const unreachable: Round = { ...there, alias: result('unreachable') };
  const unanswered: Round = { ...silent, alias: result('timeout') };

  it.each<[string, keyof Trace, number, readonly Round[]]>([
    ['lets pods wait in vain', 'inVain', 2, [waiting, waiting]],
    ['lets pods wait in vain, counted no further', 'inVain', 3, Array(9).fill(waiting)],
    ['is silent for the target, too: that is no wait for others', 'inVain', 0, [silent]],
    ['answers pods, which ends the wait', 'inVain', 0, [waiting, there]],
    ['does not answer for the alias', 'unanswered', 2, [unanswered, unreachable]],
    [
      'does not answer for the alias, counted no further',
      'unanswered',
      3,
      Array(9).fill(unanswered),
    ],
    ['answers for the alias again', 'unanswered', 0, [unanswered, gone]],
    ['gives pods no address', 'sinceGood', 2, [gone, silent]],
    ['gives pods another target', 'sinceGood', 1, [{ ...there, alias: result('mismatch') }]],
    ['gives pods what the spec says', 'sinceGood', 0, [gone, there]],
    ['does so no more, counted no further', 'sinceGood', 9, Array(20).fill(gone)],
  ])('%s', (_what, field, count, rounds) => {
    expect(traceOf(...rounds)[field]).toBe(count);
  });
});

describe('types that are answered only without EDNS', () => {
  const dropped: Round = { ...there, withoutEdns: ['A'] };

  it('are those of the last target hop', () => {
    expect(traceOf(dropped).withoutEdns).toEqual(['A']);
    expect(traceOf(dropped, { app: hop(['192.0.2.1']) }).withoutEdns).toEqual(['A']);
    expect(traceOf(dropped, there).withoutEdns).toEqual([]);
  });
});

it('makes nothing new where nothing changes', () => {
  expect(traceOf(there, there)).toBe(NO_TRACE);
  const dropped: Round = { ...there, withoutEdns: ['A'] };
  for (const round of [gone, silent, dropped]) {
    const settled = traceOf(...Array<Round>(20).fill(round));
    expect(traceAfter(settled, DB, { ...round })).toBe(settled);
  }
});
