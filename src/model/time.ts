import { performance } from 'node:perf_hooks';

/**
 * Milliseconds since the epoch on a clock that is never set: intervals, deadlines and the order of events stay
 * right when somebody sets the machine's clock. For what is shown, see `shown`.
 */
export function steadyNow(): number {
  return performance.timeOrigin + performance.now();
}

/** The wall-clock time, in milliseconds since the epoch, of a moment on the steady clock. */
export function shown(steady: number): number {
  return steady + (Date.now() - steadyNow());
}
