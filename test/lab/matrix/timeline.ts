import type { Said } from './words.ts';

/** New words for a Service from one scrape on. Times are `performance.now()`. */
export interface Change {
  readonly at: number;
  readonly words: Said;
}

/** All words for one Service, oldest first: one entry per change. */
export type Timeline = readonly Change[];

/** The changes from `from` to `to`, preceded by the state at `from`. */
export function between(timeline: Timeline, from: number, to: number): Change[] {
  const before = timeline.findLast(({ at }) => at < from);
  const within = timeline.filter(({ at }) => at >= from && at < to);
  return before === undefined ? within : [{ at: from, words: before.words }, ...within];
}

/**
 * A line of the monitor's log about a change of a verdict, however short. Its time is the
 * monitor's, as `performance.now()`.
 */
export interface Logged {
  readonly at: number;
  /** `namespace/name`. */
  readonly key: string;
  /** Verdict and blame: {@link Said} without `up`. */
  readonly words: string;
}

/** The data that a scrape loop has collected from a monitor. */
export interface Seen {
  readonly logged: readonly Logged[];
  readonly services: ReadonlyMap<string, Timeline>;
  /** End times of scrapes, and how much later than planned they were, in milliseconds. */
  readonly lateness: readonly { readonly at: number; readonly ms: number }[];
}

/**
 * Total lateness of the scrapes in a time range: the delay that the machine, not the monitor,
 * added.
 */
export function latenessIn({ lateness }: Seen, from: number, to: number): number {
  return lateness.filter(({ at }) => at >= from && at < to).reduce((sum, { ms }) => sum + ms, 0);
}

/** The log lines of a Service from `from` to `to`. */
export function loggedIn({ logged }: Seen, key: string, from: number, to: number): Logged[] {
  return logged.filter((line) => line.key === key && line.at >= from && line.at < to);
}

/** Whether a log line has one of these words. */
export function isAmong({ words }: Logged, said: readonly Said[]): boolean {
  return said.some((one) => one.slice(one.indexOf(' ') + 1) === words);
}
