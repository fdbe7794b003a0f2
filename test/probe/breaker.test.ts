import { describe, expect, it } from 'vitest';
import type { QueryResult } from '../../src/model/round.ts';
import { Breaker } from '../../src/probe/breaker.ts';

const exchange = { server: 'a', transport: 'udp' } as const;
const base = { server: 'a', addresses: [], chain: [] } as const;
const silence: QueryResult = {
  ...base,
  outcome: 'timeout',
  exchanges: [{ ...exchange, outcome: 'timeout' }],
};
const refusal: QueryResult = {
  ...base,
  outcome: 'refused',
  exchanges: [{ ...exchange, outcome: 'refused', seconds: 0.001 }],
};

function silent(servers: readonly string[], rounds = 3): Breaker {
  const breaker = new Breaker(2);
  for (const server of servers) breaker.control(server, silence);
  for (let i = 0; i < rounds; i++) breaker.round(silence);
  return breaker;
}

describe('Breaker', () => {
  it('opens when the control query of every server and three rounds got no reply', () => {
    expect(silent(['a', 'b']).isOpen).toBe(true);
    expect(silent(['a', 'b'], 2).isOpen).toBe(false);
    expect(silent(['a']).isOpen).toBe(false);
    expect(silent([]).isOpen).toBe(false);
  });

  it('closes with the first reply to anything, an error included', () => {
    const byControl = silent(['a', 'b']);
    byControl.control('b', refusal);
    expect(byControl.isOpen).toBe(false);
    const byRound = silent(['a', 'b']);
    byRound.round(refusal);
    expect(byRound.isOpen).toBe(false);
  });

  it('does not open for single names that meet silence among others that do not', () => {
    const breaker = silent(['a', 'b'], 0);
    for (let i = 0; i < 20; i++) breaker.round(i % 3 === 0 ? refusal : silence);
    expect(breaker.isOpen).toBe(false);
  });
});
