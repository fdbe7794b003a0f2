import type { Said } from './words.ts';

/** What was said of a Service from a scrape on. Times are `performance.now()`. */
export interface Change {
  readonly at: number;
  readonly words: Said;
}

/** All that was said of one Service, oldest first: one entry for each change. */
export type Timeline = readonly Change[];

/** The changes from `from` to `to`, begun by what held at `from`. */
export function between(timeline: Timeline, from: number, to: number): Change[] {
  const before = timeline.findLast(({ at }) => at < from);
  const within = timeline.filter(({ at }) => at >= from && at < to);
  return before === undefined ? within : [{ at: from, words: before.words }, ...within];
}

/** A line of the monitor's log, for a change of a verdict, however short it lasts. Its time is `performance.now()`, as the monitor had it. */
export interface Logged {
  readonly at: number;
  /** `namespace/name`. */
  readonly key: string;
  /** Verdict and blame: {@link Said} without `up`. */
  readonly words: string;
}

/** What a scrape loop saw of a monitor. */
export interface Seen {
  readonly logged: readonly Logged[];
  readonly services: ReadonlyMap<string, Timeline>;
  /** When scrapes ended, and by how much later than planned: milliseconds. */
  readonly lateness: readonly { readonly at: number; readonly ms: number }[];
}

/** By how much the scrapes of a time were late altogether: what the machine, and not the monitor, added. */
export function latenessIn({ lateness }: Seen, from: number, to: number): number {
  return lateness.filter(({ at }) => at >= from && at < to).reduce((sum, { ms }) => sum + ms, 0);
}

/** What was logged of a Service from `from` to `to`. */
export function loggedIn({ logged }: Seen, key: string, from: number, to: number): Logged[] {
  return logged.filter((line) => line.key === key && line.at >= from && line.at < to);
}

/** Whether a line of the log says one of these. */
export function isAmong({ words }: Logged, said: readonly Said[]): boolean {
  return said.some((one) => one.slice(one.indexOf(' ') + 1) === words);
}
