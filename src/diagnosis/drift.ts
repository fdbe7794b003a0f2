import type { ChangeKind } from '../model/drift.ts';
import { networkOf } from './address.ts';

/** What is remembered of a target's answers. Never changed in place; the same object where nothing is new. */
export interface TargetMemory {
  /** The last answer that had addresses. */
  readonly last: readonly string[];
  readonly addresses: Pool;
  readonly networks: Pool;
  /** Chains as their names, joined by blanks. */
  readonly chains: Pool;
}

/** What a target was answered: never empty, since an outage is no drift. */
export interface Answered {
  /** Of both families, sorted. */
  readonly addresses: readonly string[];
  /** The names of the CNAME chain, in their order. */
  readonly chain: readonly string[];
}

export interface DriftLimits {
  /** Addresses, and networks, that are remembered of one target; of chains a quarter of that. */
  readonly entries: number;
  /** What was not seen for so long, in milliseconds, is new again. */
  readonly windowMs: number;
}

/** Everything of one kind that a target was answered lately. */
interface Pool {
  /** By when each was last seen, in milliseconds. */
  readonly seen: ReadonlyMap<string, number>;
  /** Answers in a row that brought nothing new, counted as far as it takes for the pool to be learned. */
  readonly quiet: number;
  /** The target may have moved away from a large pool: so many answers had nothing of the old one. */
  readonly away?: { readonly from: ReadonlyMap<string, number>; readonly answers: number };
}

/** In a pool of so few, anything new is told at once; a larger one rotates, so that it must stay away. */
const SMALL = 3;
/** So many answers in a row have nothing of a large pool before it counts as left. */
const STAYS_AWAY = 3;
/**
 * So many answers a known entry must bring nothing new before a pool counts as learned. That a pool with one
 * more entry, all equally likely, hides it for so long has a chance of 2 in 100,000 at most if it is small; a
 * larger one that does so is still told from one that was left.
 */
const QUIET_SMALL = 16;
const QUIET_LARGE = 4;
/** When something was last seen is noted this exactly, as a part of the window: each note is another object. */
const PRECISION = 1 / 64;

const NONE: readonly never[] = [];

/**
 * Remembers an answer, and tells how it differs from those before. The first answer after a start is no
 * change, and until a pool is learned `addresses` alone is told.
 */
export function observe(
  memory: TargetMemory | undefined,
  { addresses, chain }: Answered,
  limits: DriftLimits,
  now: number,
): { readonly memory: TargetMemory; readonly changes: readonly ChangeKind[] } {
  const { last, addresses: known = EMPTY, networks = EMPTY, chains = EMPTY } = memory ?? {};
  const isSame = last !== undefined && equal(last, addresses);
  const byAddress = advance(known, addresses, limits.entries, limits, now);
  const seenNetworks =
    isSame && networks.seen.size === 1 ? [...networks.seen.keys()] : networksOf(addresses);
  const byNetwork = advance(networks, seenNetworks, limits.entries, limits, now);
  const byChain = advance(chains, [chain.join(' ')], Math.ceil(limits.entries / 4), limits, now);

  const changes: ChangeKind[] = [];
  if (last !== undefined && !isSame) changes.push('addresses');
  if (byAddress.moved) changes.push('replaced');
  if (byNetwork.moved) changes.push('network');
  if (byChain.moved) changes.push('chain');

  const isUnchanged =
    memory !== undefined &&
    isSame &&
    byAddress.pool === known &&
    byNetwork.pool === networks &&
    byChain.pool === chains;
  return {
    memory: isUnchanged
      ? memory
      : {
          last: isSame ? last : addresses,
          addresses: byAddress.pool,
          networks: byNetwork.pool,
          chains: byChain.pool,
        },
    changes: changes.length > 0 ? changes : NONE,
  };
}

const EMPTY: Pool = { seen: new Map(), quiet: 0 };

/** The pool after one more answer, and whether that shows that the target has left what was known. */
function advance(
  pool: Pool,
  keys: readonly string[],
  most: number,
  { windowMs }: DriftLimits,
  now: number,
): { readonly pool: Pool; readonly moved: boolean } {
  const { seen, quiet, away } = pool;
  const isKnown = (key: string): boolean => now - (seen.get(key) ?? -Infinity) < windowMs;
  const bringsNews = !keys.every(isKnown);
  const isFresh = (key: string): boolean => now - (seen.get(key) ?? 0) < windowMs * PRECISION;
  const needed = quietNeeded(seen.size);
  if (!bringsNews && quiet >= needed && !away && keys.every(isFresh)) return { pool, moved: false };

  const isElsewhere = !keys.some(away ? (key) => away.from.has(key) : isKnown);
  const isLearned = seen.size > 0 && quiet >= needed;
  const isSmall = seen.size <= SMALL;
  const answersAway = isElsewhere && (away || isLearned) ? (away?.answers ?? 0) + 1 : 0;
  const moved = answersAway >= (isSmall && !away ? 1 : STAYS_AWAY);

  const learned = remember(seen, keys, most, now - windowMs, now);
  // Who has just failed over may do so again: a small pool that has moved does not have to be learned anew.
  const quietNow =
    moved && isSmall && !away ? quietNeeded(learned.size) : bringsNews ? 0 : quiet + 1;
  return {
    pool: {
      seen: learned,
      quiet: Math.min(quietNow, quietNeeded(learned.size)),
      ...(answersAway > 0 && !moved
        ? { away: { from: away?.from ?? seen, answers: answersAway } }
        : {}),
    },
    moved,
  };
}

function quietNeeded(known: number): number {
  return known * (known <= SMALL ? QUIET_SMALL : QUIET_LARGE);
}

/** Without what is too old, and of the rest the latest. A Map keeps its order: the oldest comes first. */
function remember(
  seen: ReadonlyMap<string, number>,
  keys: readonly string[],
  most: number,
  oldest: number,
  now: number,
): ReadonlyMap<string, number> {
  const learned = new Map([...seen].filter(([, at]) => at > oldest));
  for (const key of keys) {
    learned.delete(key);
    learned.set(key, now);
  }
  for (const key of learned.keys()) {
    if (learned.size <= most) break;
    learned.delete(key);
  }
  return learned;
}

function networksOf(addresses: readonly string[]): readonly string[] {
  return [...new Set(addresses.map(networkOf))];
}

function equal(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((address, i) => address === b[i]));
}
