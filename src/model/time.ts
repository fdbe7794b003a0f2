/**
 * Milliseconds since the epoch on a clock that is never set: intervals, deadlines and the order of events stay
 * right when somebody sets the machine's clock. For what is shown, see `shown`.
 */
export function steadyNow(): number {
  return performance.timeOrigin + performance.now();
}

/** The clocks are read one after the other and in different units: a smaller step is no step. */
const SMALLEST_STEP_MS = 1_000;
/** How far the wall clock is ahead of the steady one. */
let aheadMs = 0;

/**
 * The wall-clock time, in whole milliseconds since the epoch, of a moment on the steady clock: always the same one
 * until the machine's clock is set.
 */
export function shown(steady: number): number {
  const nowAheadMs = Date.now() - steadyNow();
  if (Math.abs(nowAheadMs - aheadMs) >= SMALLEST_STEP_MS) aheadMs = nowAheadMs;
  return Math.round(steady + aheadMs);
}

export function dateOf(steady: number): Date {
  return new Date(shown(steady));
}

/** Seconds since the epoch. */
export function timestampOf(steady: number): number {
  return shown(steady) / 1000;
}
