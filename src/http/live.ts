/** Notifies watchers of changes, at a limited rate. */

/**
 * Each watcher requests a page now and then, and the main thread renders pages as well as scrapes.
 */
export const MOST_WATCHERS = 32;
/** Minimum time between two notifications about a change that people should see. */
const NEWS_MS = 1_000;
/** The same for other changes: each round changes a latency or a time. */
const REST_MS = 10_000;

/**
 * The fields of a record that matter here: the start of its verdict. All times are milliseconds on
 * the steady clock.
 */
export interface Changed {
  readonly since: number;
}

interface Watcher {
  /** The Service to watch; undefined: all. */
  readonly key: string | undefined;
  readonly tell: () => void;
  toldAt: number;
  due: { readonly at: number; readonly timer: NodeJS.Timeout } | undefined;
}

/** Without watchers a change costs only a check of an empty set. */
export class Live {
  readonly #watchers = new Set<Watcher>();

  get watchers(): number {
    return this.#watchers.size;
  }

  /**
   * Calls `tell` after changes. Returns a function that ends this; undefined if there are too many
   * watchers.
   */
  watch(key: string | undefined, tell: () => void, now: number): (() => void) | undefined {
    if (this.#watchers.size >= MOST_WATCHERS) return undefined;
    const watcher: Watcher = { key, tell, toldAt: now, due: undefined };
    this.#watchers.add(watcher);
    return () => {
      clearTimeout(watcher.due?.timer);
      this.#watchers.delete(watcher);
    };
  }

  /** A record has changed or was deleted. */
  changed(key: string, record: Changed | undefined, now: number): void {
    for (const watcher of this.#watchers) {
      if (watcher.key !== undefined) {
        if (watcher.key === key) schedule(watcher, NEWS_MS, now);
        continue;
      }
      const isNews = record === undefined || record.since >= watcher.toldAt;
      schedule(watcher, isNews ? NEWS_MS : REST_MS, now);
    }
  }
}

/**
 * Schedules the next notification `afterMs` after the last one. An earlier one that is already
 * scheduled stays.
 */
function schedule(watcher: Watcher, afterMs: number, now: number): void {
  const at = Math.max(watcher.toldAt + afterMs, now);
  if (watcher.due && watcher.due.at <= at) return;
  clearTimeout(watcher.due?.timer);
  const timer = setTimeout(() => {
    watcher.due = undefined;
    watcher.toldAt = at;
    watcher.tell();
  }, at - now).unref();
  watcher.due = { at, timer };
}
