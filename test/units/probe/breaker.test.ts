import { describe, expect, it } from 'vitest';
import { ClusterBreaker, UpstreamBreaker } from '../../../src/probe/breaker.ts';
import { result } from '../../fixtures/rounds.ts';

const silence = result('timeout', { server: 'a' });
const refusal = result('refused', { server: 'a' });

const TIMEOUT_MS = 500;
const NOW = 1_000_000;

function silent(servers: readonly string[], rounds = 3): ClusterBreaker {
  const breaker = new ClusterBreaker(2, TIMEOUT_MS);
  for (const server of servers) breaker.control(server, silence, NOW);
  for (let i = 0; i < rounds; i++) breaker.alias(silence, NOW);
  return breaker;
}

describe('ClusterBreaker', () => {
  it('opens when the control query of every server and three queries in a row got no reply', () => {
    expect(silent(['a', 'b']).isOpen).toBe(true);
    expect(silent(['a', 'b'], 0).isOpen).toBe(false);
    expect(silent(['a', 'b'], 1).isOpen).toBe(true);
    expect(silent(['a']).isOpen).toBe(false);
    expect(silent([]).isOpen).toBe(false);
  });

  it('closes with the first reply to anything, an error included', () => {
    const byControl = silent(['a', 'b']);
    byControl.control('b', refusal, NOW);
    expect(byControl.isOpen).toBe(false);
    const byRound = silent(['a', 'b']);
    byRound.alias(refusal, NOW);
    expect(byRound.isOpen).toBe(false);
  });

  it('does not open for single names that meet silence among others that do not', () => {
    const breaker = silent(['a', 'b'], 0);
    for (let i = 0; i < 20; i++) breaker.alias(i % 3 === 0 ? refusal : silence, NOW + i);
    expect(breaker.isOpen).toBe(false);
  });

  it('does not open for silence that was met before the last reply, as of one pod of several', () => {
    const breaker = silent([], 0);
    breaker.alias(refusal, NOW);
    breaker.control('a', silence, NOW + 499);
    breaker.control('b', silence, NOW + 499);
    for (let i = 0; i < 20; i++) breaker.alias(silence, NOW + 499);
    expect(breaker.isOpen).toBe(false);
    breaker.control('a', silence, NOW + 500);
    breaker.control('b', silence, NOW + 500);
    for (let i = 0; i < 3; i++) breaker.alias(silence, NOW + 500);
    expect(breaker.isOpen).toBe(true);
  });
});

describe('UpstreamBreaker', () => {
  const failing = (domains: readonly string[], servers = ['a', 'b']): UpstreamBreaker => {
    const breaker = new UpstreamBreaker(2);
    for (const server of ['a', 'b']) breaker.sensor(server, true);
    for (const server of servers) breaker.sensor(server, false);
    for (const domain of domains) breaker.domain(domain, false);
    return breaker;
  };

  it('opens when the sensor fails at every server and several domains fail', () => {
    expect(failing(['x', 'y', 'z']).isOpen).toBe(true);
    expect(failing(['x', 'y', 'z'], ['a']).isOpen).toBe(false);
    expect(failing(['x', 'y']).isOpen).toBe(false);
    expect(failing(['x', 'x', 'x', 'y']).isOpen).toBe(false);
  });

  it('closes with the first answer to either', () => {
    const bySensor = failing(['x', 'y', 'z']);
    bySensor.sensor('b', true);
    expect(bySensor.isOpen).toBe(false);
    // Domains that failed before the answer say nothing of after it.
    bySensor.sensor('b', false);
    expect(bySensor.isOpen).toBe(false);
    const byDomain = failing(['x', 'y', 'z', 'w', 'v']);
    byDomain.domain('u', true);
    expect(byDomain.isOpen).toBe(false);
  });

  it('opens for a sensor that has never worked only while no domain has been answered, after many rounds', () => {
    const breaker = new UpstreamBreaker(1);
    breaker.sensor('a', false);
    const fail = (): void => {
      for (const domain of ['x', 'y', 'z', 'x', 'y']) breaker.domain(domain, false);
    };
    for (let i = 0; i < 3; i++) fail();
    expect(breaker.isOpen).toBe(false);
    fail();
    expect(breaker.isOpen).toBe(true);
    breaker.domain('w', true);
    for (let i = 0; i < 9; i++) fail();
    expect(breaker.isOpen).toBe(false);
  });
});
