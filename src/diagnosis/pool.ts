/**
 * The pool of addresses or CNAME chains that a target rotates through, and whether the full pool is
 * known.
 */

export interface DriftLimits {
  /** Maximum number of addresses, and of chains, that are remembered per target. */
  readonly entries: number;
  /** An entry that was not seen for this long, in milliseconds, is new again. */
  readonly windowMs: number;
}

export interface Pool {
  /** When each entry was last answered before the last change, in milliseconds; oldest first. */
  readonly seen: ReadonlyMap<string, number>;
  /** Number of the answer that contained the last change. */
  readonly since: number;
  /** Stability carried over from before that change, in answers. */
  readonly trust: number;
  /** Smoothed number of answers between two changes. */
  readonly pace: number;
  /** Average number of times that each entry was answered since the last new entry. */
  readonly passes: number;
}

/** An answer that differs from the one before. */
export interface NextAnswer {
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Number of the previous answer, counted from 0. */
  readonly answers: number;
  /** Time of the previous answer, in milliseconds. */
  readonly seenAt: number;
}

export interface PoolChange {
  readonly pool: Pool;
  /**
   * All known entries, if the full pool was known and the new answer has none of them; else absent.
   */
  readonly left: readonly string[] | undefined;
}

/**
 * A target with this many equal answers in a row is no pool, unless pools are this slow here: 8
 * minutes at an interval of 30 s is longer than resolvers keep most answers.
 */
const STILL = 16;
/**
 * Pools that rotate more slowly count as this slow: 48 answers are 24 minutes, and a target that is
 * stable for that long and then changes has failed over.
 */
const SLOWEST = 3;
/**
 * A pool is known when each entry was answered this many times on average since the last new entry.
 * The probability that one of equally likely entries is still missing is e^-12, or 6 in a million
 * (coupon collector).
 */
const PASSES = 12;
/**
 * This share of the stability survives a change, up to the full requirement, because a target may
 * fail over twice.
 */
const CARRIED = 1 / 3;

/** Records a change; `pool` is absent before the first one. */
export function turn(
  pool: Pool | undefined,
  { before, after, answers, seenAt }: NextAnswer,
  limits: DriftLimits,
  now: number,
): PoolChange {
  // The previous answer is always known, regardless of its size and age.
  const seen = new Map(pool?.seen);
  forget(seen, now - limits.windowMs);
  remember(seen, before, seenAt);
  const news = after.filter((entry) => !seen.has(entry)).length;
  const still = answers - (pool?.since ?? 0);
  const left =
    news === after.length && isLearned(pool, still, limits) ? [...seen.keys()] : undefined;
  cut(seen, limits.entries);
  const trust = Math.floor((still + (pool?.trust ?? 0)) * CARRIED);
  return {
    left,
    pool: {
      seen,
      since: answers + 1,
      trust: Math.min(trust, STILL),
      // The first phase began before the first round, so its length is unknown.
      pace: pool ? (pool.pace + Math.min(still + 1, SLOWEST)) / 2 : 1,
      passes: news > 0 ? 0 : (pool?.passes ?? 0) + after.length / seen.size,
    },
  };
}

/**
 * A pool is known after far more equal answers than usual, or after many changes without a new
 * entry. An answer that only repeats the last one proves nothing about a pool: a resolver may have
 * cached it.
 */
function isLearned(pool: Pool | undefined, still: number, { entries }: DriftLimits): boolean {
  if (!pool) return still >= STILL;
  if (still + pool.trust >= STILL * pool.pace) return true;
  // A pool that fills the memory may be larger than the memory.
  return pool.passes >= PASSES && pool.seen.size < entries;
}

/** A Map keeps insertion order, and the latest entry must come last. */
function remember(seen: Map<string, number>, entries: readonly string[], at: number): void {
  for (const entry of entries) {
    seen.delete(entry);
    seen.set(entry, at);
  }
}

function forget(seen: Map<string, number>, oldest: number): void {
  for (const [entry, at] of seen) {
    if (at > oldest) return;
    seen.delete(entry);
  }
}

function cut(seen: Map<string, number>, most: number): void {
  for (const entry of seen.keys()) {
    if (seen.size <= most) return;
    seen.delete(entry);
  }
}
