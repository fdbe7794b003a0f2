/** client-go's `EventSourceObjectSpamFilter`: 25 Events about an object at once, and then one in five minutes. */
const BURST = 25;
const REFILL_MS = 300_000;
/** The objects that are remembered (`maxLruCacheEntries`); one that was forgotten has a full bucket again. */
const MOST_OBJECTS = 4_096;

interface Bucket {
  readonly tokens: number;
  /** On the steady clock. */
  readonly at: number;
}

/** A token bucket for each object. */
export class SpamFilter {
  /** By UID, the one that was used last at the end. */
  readonly #buckets = new Map<string, Bucket>();

  /** Whether one more Event about the object may be written at `now`, in milliseconds; it then counts as written. */
  allows(uid: string, now: number): boolean {
    const { tokens, at } = this.#buckets.get(uid) ?? { tokens: BURST, at: now };
    const filled = Math.min(BURST, tokens + Math.max(0, now - at) / REFILL_MS);
    const isAllowed = filled >= 1;
    this.#buckets.delete(uid);
    this.#buckets.set(uid, { tokens: isAllowed ? filled - 1 : filled, at: now });
    if (this.#buckets.size > MOST_OBJECTS) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    }
    return isAllowed;
  }
}
