import { afterEach, describe, expect, it, vi } from 'vitest';
import { shown, steadyNow } from '../../../src/model/time.ts';

const HOUR_MS = 3_600_000;

afterEach(() => {
  vi.restoreAllMocks();
});

function setWallClock(aheadMs: number): void {
  vi.spyOn(Date, 'now').mockImplementation(() => Math.floor(steadyNow() + aheadMs));
}

describe('shown', () => {
  it('gives a moment the same time whenever it is shown', () => {
    setWallClock(0);
    const first = shown(1_000.4);
    for (const aheadMs of [0.7, -0.7, 40, -40]) {
      setWallClock(aheadMs);
      expect(shown(1_000.4)).toBe(first);
    }
  });

  it.each([HOUR_MS, -HOUR_MS])('follows a clock that is set by %d ms', (aheadMs) => {
    setWallClock(aheadMs);
    expect(Math.abs(shown(1_000) - 1_000 - aheadMs)).toBeLessThanOrEqual(2);
    setWallClock(0);
    expect(Math.abs(shown(1_000) - 1_000)).toBeLessThanOrEqual(2);
  });
});
