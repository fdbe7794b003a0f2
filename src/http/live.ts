/** Who is to be told that something has changed, and how often at most. */

/** Each costs a page now and then, which the main thread renders beside scrapes. */
export const MOST_WATCHERS = 32;
/** What a person should see: at most this often. */
const NEWS_MS = 1_000;
/** Every round changes something: a latency, a time. */
const REST_MS = 10_000;

/** What is of interest in a record: when its verdict became what it is. All times are in milliseconds on the steady clock. */
export interface Changed {
  readonly since: number;
}

interface Watcher {
  /** The one Service that it is about; undefined: all of them. */
  readonly key: string | undefined;
  readonly tell: () => void;
  toldAt: number;
  due: { readonly at: number; readonly timer: NodeJS.Timeout } | undefined;
}

/** While nobody watches, a change costs the look at an empty set. */
export class Live {
  readonly #watchers = new Set<Watcher>();

  get watchers(): number {
    return this.#watchers.size;
  }

  /** `tell` is called after changes, until what is returned is; undefined if too many watch already. */
  watch(key: string | undefined, tell: () => void, now: number): (() => void) | undefined {
    if (this.#watchers.size >= MOST_WATCHERS) return undefined;
    const watcher: Watcher = { key, tell, toldAt: now, due: undefined };
    this.#watchers.add(watcher);
    return () => {
      clearTimeout(watcher.due?.timer);
      this.#watchers.delete(watcher);
    };
  }

  /** A record has changed, or is gone. */
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

/** So long after it was told last; what is due earlier stays so. */
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
