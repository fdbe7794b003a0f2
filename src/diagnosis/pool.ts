/** What a target rotates through, be it addresses or CNAME chains, and whether all of it is known by now. */

export interface DriftLimits {
  /** How many addresses, and how many chains, are remembered of one target. */
  readonly entries: number;
  /** What was not seen for so long, in milliseconds, is new again. */
  readonly windowMs: number;
}

export interface Pool {
  /** When each entry was last answered before the last change, in milliseconds; the longest ago comes first. */
  readonly seen: ReadonlyMap<string, number>;
  /** Number of the answer that brought the last change. */
  readonly since: number;
  /** Stillness carried over from before that change, in answers. */
  readonly trust: number;
  /** Answers from one change to the next, smoothed. */
  readonly pace: number;
  /** How often each entry has come up since the last news, on average. */
  readonly passes: number;
}

/** An answer that differs from the one before. */
export interface NextAnswer {
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Number of the answer before, counted from 0. */
  readonly answers: number;
  /** When that one came, in milliseconds. */
  readonly seenAt: number;
}

export interface PoolChange {
  readonly pool: Pool;
  /** All that was known, where that was learned and nothing of the new answer was among it; else absent. */
  readonly left: readonly string[] | undefined;
}

/**
 * A target that gave the same answer so often is no pool, unless pools behave like this here: 8 minutes at an
 * interval of 30 s is more than resolvers keep most answers.
 */
const STILL = 16;
/** Pools that are kept for longer count as kept so long: 48 answers are 24 minutes, and who stands still for those does fail over. */
const SLOWEST = 3;
/**
 * A pool is learned when each entry has come up so often since the last news, on average. That one of equally
 * likely entries is still missing then has a chance of e^-12, or 6 in a million (coupon collector).
 */
const PASSES = 12;
/** This part of its stillness survives a change, up to all that it takes: who fails over may do so twice. */
const CARRIED = 1 / 3;

/** Takes in a change; `pool` is absent before the first. */
export function turn(
  pool: Pool | undefined,
  { before, after, answers, seenAt }: NextAnswer,
  limits: DriftLimits,
  now: number,
): PoolChange {
  // The answer before is known, whatever its size and age.
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
      // The first phase began before the first round, so that its length says nothing.
      pace: pool ? (pool.pace + Math.min(still + 1, SLOWEST)) / 2 : 1,
      passes: news > 0 ? 0 : (pool?.passes ?? 0) + after.length / seen.size,
    },
  };
}

/**
 * Learned by standing still for far longer than usual, or by many changes without news. An answer that only
 * repeats the last one says nothing of a pool: some resolver may have kept it.
 */
function isLearned(pool: Pool | undefined, still: number, { entries }: DriftLimits): boolean {
  if (!pool) return still >= STILL;
  if (still + pool.trust >= STILL * pool.pace) return true;
  // What fills the memory may be larger than it.
  return pool.passes >= PASSES && pool.seen.size < entries;
}

/** A Map keeps its order, and the latest is to come last. */
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
