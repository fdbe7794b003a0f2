/**
 * The limits of client-go's `EventSourceObjectSpamFilter`: 25 Events about an object at once, and
 * then one in five minutes.
 */
const BURST = 25;
const REFILL_MS = 300_000;
/**
 * Limit for the remembered objects (`maxLruCacheEntries`); a forgotten object has a full bucket
 * again.
 */
const MOST_OBJECTS = 4_096;

interface Bucket {
  readonly tokens: number;
  /** On the steady clock. */
  readonly at: number;
}

/** A token bucket for each object. */
export class SpamFilter {
  /** By UID, most recently used last. */
  readonly #buckets = new Map<string, Bucket>();

  /**
   * Whether another Event about the object may be written at `now`, in milliseconds. If so, it
   * counts as written.
   */
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
