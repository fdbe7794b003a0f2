import { afterEach, describe, expect, it } from 'vitest';
import { shown } from '../../../src/model/time.ts';
import { restoreWallClock, setWallClock } from '../../fixtures/wall-clock.ts';

const HOUR_MS = 3_600_000;
/** `shown` reads one clock after the other; on a busy machine the process may wait between the two. */
const BETWEEN_MS = 500;

afterEach(restoreWallClock);

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
    expect(Math.abs(shown(1_000) - 1_000 - aheadMs)).toBeLessThan(BETWEEN_MS);
    setWallClock(0);
    expect(Math.abs(shown(1_000) - 1_000)).toBeLessThan(BETWEEN_MS);
  });
});
