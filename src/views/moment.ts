/** Moments on the steady clock as people and Prometheus read them. */
import { shown } from '../model/time.ts';

export function dateOf(steady: number): Date {
  return new Date(shown(steady));
}

/** Seconds since the epoch. */
export function timestampOf(steady: number): number {
  return shown(steady) / 1000;
}
