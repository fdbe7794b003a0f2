/**
 * Milliseconds since the epoch on a clock that is never set. Intervals, deadlines and the order of
 * events stay correct when the machine's clock is set. For display, see `shown`.
 */
export function steadyNow(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * The two clocks are read one after the other and in different units, so a smaller step is ignored.
 */
const SMALLEST_STEP_MS = 1_000;
/** Lead of the wall clock over the steady clock, in milliseconds. */
let aheadMs = 0;

/**
 * The wall-clock time of a moment on the steady clock, in whole milliseconds since the epoch. The
 * result for a moment stays the same until the machine's clock is set.
 */
export function shown(steady: number): number {
  // `Date.now()` is rounded down to whole milliseconds.
  const nowAheadMs = Date.now() + 0.5 - steadyNow();
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
