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

/** What a scrape loop saw of a monitor. */
export interface Seen {
  readonly services: ReadonlyMap<string, Timeline>;
  /** When scrapes ended, and by how much later than planned: milliseconds. */
  readonly lateness: readonly { readonly at: number; readonly ms: number }[];
}

/** By how much the scrapes of a time were late altogether: what the machine, and not the monitor, added. */
export function latenessIn({ lateness }: Seen, from: number, to: number): number {
  return lateness.filter(({ at }) => at >= from && at < to).reduce((sum, { ms }) => sum + ms, 0);
}
