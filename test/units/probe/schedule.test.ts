import { describe, expect, it } from 'vitest';
import { firstTurn, nextTurn, phaseOf, turnAhead } from '../../../src/probe/schedule.ts';

const INTERVAL = 30_000;
const PACE = { intervalMs: INTERVAL, phase: 0.4 };

describe('phaseOf', () => {
  it('is stable, and another one with another salt', () => {
    expect(phaseOf('uid-1', 'pod-a')).toBe(phaseOf('uid-1', 'pod-a'));
    expect(phaseOf('uid-1', 'pod-a')).not.toBe(phaseOf('uid-1', 'pod-b'));
  });

  it('spreads 10,000 Services evenly over the interval', () => {
    const perSecond = new Array<number>(30).fill(0);
    for (let i = 0; i < 10_000; i++) {
      const second = Math.floor(phaseOf(`uid-${i}`, 'pod-a') * 30);
      perSecond[second] = (perSecond[second] ?? 0) + 1;
    }
    // 333 expected, standard deviation 18: five of them either way.
    expect(Math.min(...perSecond)).toBeGreaterThan(240);
    expect(Math.max(...perSecond)).toBeLessThan(430);
  });
});

describe('turns', () => {
  it('come first within one interval, jitter included', () => {
    for (const random of [0, 0.5, 0.999]) {
      const { dueAt } = firstTurn(1_000_000, PACE, random);
      expect(dueAt).toBeGreaterThanOrEqual(1_000_000);
      expect(dueAt).toBeLessThanOrEqual(1_000_000 + INTERVAL * 1.1);
    }
  });

  it('come once in each interval, at the phase, ±10 %, without drifting', () => {
    let turn = firstTurn(1_000_000, PACE, 0);
    const start = turn.slot;
    for (let i = 1; i <= 1_000; i++) {
      turn = nextTurn(turn, turn.dueAt, PACE, (i % 11) / 10);
      expect(turn.slot).toBe(start + i);
      expect(Math.abs(turn.dueAt - (turn.slot + 0.4) * INTERVAL)).toBeLessThanOrEqual(
        INTERVAL * 0.1 + 1e-6,
      );
    }
  });

  it('are not made up for after a long pause', () => {
    const turn = firstTurn(1_000_000, PACE, 0.5);
    const late = nextTurn(turn, turn.dueAt + 10 * INTERVAL + 5, PACE, 0.5);
    expect(late.slot).toBe(turn.slot + 11);
  });

  it('ahead of another one take its place only within its jitter', () => {
    const turn = firstTurn(1_000_000, PACE, 0.5);
    expect(turnAhead(turn, turn.dueAt - 0.09 * INTERVAL, PACE).slot).toBe(turn.slot);
    expect(turnAhead(turn, turn.dueAt - 0.11 * INTERVAL, PACE).slot).toBe(turn.slot - 1);
  });
});
