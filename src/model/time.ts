import { performance } from 'node:perf_hooks';

/**
 * Milliseconds since the epoch on a clock that is never set: intervals, deadlines and the order of events stay
 * right when somebody sets the machine's clock. For what is shown, see `shown`.
 */
export function steadyNow(): number {
  return performance.timeOrigin + performance.now();
}

/** Less than this is how the two clocks are read, and not a clock that was set. */
const RESOLUTION_MS = 10;

/** The wall-clock time, in milliseconds since the epoch, of a moment on the steady clock. */
export function shown(steady: number): number {
  const setBy = Date.now() - steadyNow();
  return steady + Math.round(setBy / RESOLUTION_MS) * RESOLUTION_MS;
}
