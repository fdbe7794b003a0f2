import { steadyNow } from '../model/time.ts';

/** Time and chance as the prober knows them; a simulation has its own. */
export interface Clock {
  /** Milliseconds since the epoch on a clock that is never set, see `steadyNow`. */
  now(): number;
  /** Runs `run` once after so many milliseconds; returns what calls it off. */
  after(ms: number, run: () => void): () => void;
  /** From 0 to below 1. */
  random(): number;
}

export const REAL_CLOCK: Clock = {
  now: steadyNow,
  after: (ms, run) => {
    const timer = setTimeout(run, Math.max(0, ms));
    return () => clearTimeout(timer);
  },
  random: Math.random,
};

/** Resolves after so many milliseconds. */
export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}
