/**
 * How the answers of one reference resolver relate to a target's answers at cluster DNS, over
 * several rounds.
 */
import { type Comparison, isDomain, type Unanswered } from './comparison.ts';

/** A difference must last for this many rounds in a row. */
const ROUNDS = 2;
/**
 * The same if the reference moved and cluster DNS did not. An anycast resolver that answers from
 * another site for an hour is normal GeoDNS. A cluster that keeps an old address for longer is
 * stale.
 */
const ROUNDS_LEFT_BEHIND = 12;
/**
 * An answer from the reference's cache repeats an earlier answer and does not reflect a later
 * change. This many cached rounds count as a new answer: a TTL of a day must not hide a hijack for
 * a day.
 */
const ROUNDS_KEPT = 12;
/** TTLs are whole seconds, and the reply takes some time. */
const TTL_SLACK_MS = 2_000;
/**
 * A place that was not answered for this many rounds is forgotten: a day at the default interval.
 */
const ROUNDS_KNOWN = 288;
/** Maximum number of known places; a larger pool never settles. */
const MOST_KNOWN = 64;
/**
 * A pool of k networks is known after 4k rounds in a row without a new one. If the pool had one
 * more network, each side would miss it with a probability of (k / (k + 1)) ^ 4k, at most 1 in 16.
 */
const QUIET_PER_NETWORK = 4;

/** A network, or the domain of a last CNAME. */
interface Known {
  readonly place: string;
  /** Round numbers. */
  readonly first: number;
  readonly last: number;
}

/** Rounds count only if both sides answered. */
export interface Opinion {
  readonly round: number;
  /** Places that the reference answered, and that cluster DNS answered while both agreed. */
  readonly known: readonly Known[];
  /**
   * The last answer that the reference fetched, identified by its TTL: its expiry (ms since the
   * epoch) and the round in which it came.
   */
  readonly lookup: { readonly expiresAt: number; readonly round: number };
  /** Fetched answers in a row that agreed and contained no new place. */
  readonly quiet: number;
  /** Fetched answers in a row during which cluster DNS answered a wrong place. */
  readonly contradicts: number;
  /** Rounds in a row that did not agree, for any reason. */
  readonly differs: number;
  /**
   * The round in which the reference moved to a new place and cluster DNS did not; 0 if they have
   * not parted.
   */
  readonly partedAt: number;
  /** Rounds since then that count against cluster DNS. */
  readonly leftBehind: number;
  /** Queries in a row without an answer from the reference. */
  readonly silent: number;
}

export type Stance = 'agrees' | 'differs' | 'contradicts';

export const NO_OPINION: Opinion = {
  round: 0,
  known: [],
  lookup: { expiresAt: 0, round: 0 },
  quiet: 0,
  contradicts: 0,
  differs: 0,
  partedAt: 0,
  leftBehind: 0,
  silent: 0,
};

/** The current stance of the reference; undefined if it has never answered. */
export function stanceOf(opinion: Opinion): Stance | undefined {
  if (opinion.round === 0) return undefined;
  if (opinion.contradicts >= ROUNDS || opinion.leftBehind >= ROUNDS_LEFT_BEHIND) {
    return 'contradicts';
  }
  return opinion.differs >= ROUNDS ? 'differs' : 'agrees';
}

/** The opinion after one more round of the reference, which ended at `now` (ms since the epoch). */
export function revised(
  opinion: Opinion,
  comparison: Comparison | Unanswered,
  now: number,
): Opinion {
  // An error or a missing reply changes nothing.
  if (comparison === 'cluster') return opinion;
  if (comparison === 'reference') return { ...opinion, silent: opinion.silent + 1 };

  const { relation, ours, theirs } = comparison;
  const round = opinion.round + 1;
  const partingAt = opinion.partedAt || round;
  const firstOf = new Map(opinion.known.map(({ place, first }) => [place, first]));
  const isKnown = (place: string): boolean => firstOf.has(place);
  const wasKnown = (place: string): boolean => (firstOf.get(place) ?? round) < partingAt;

  const lookup = lookupOf(opinion, now + comparison.keptSeconds * 1000);
  const lookups = lookup === opinion.lookup ? 0 : 1;
  const isSettled = settled(opinion);
  const areOursKnown = ours.some(isKnown);
  const isParted = relation !== 'agrees' && areOursKnown && !theirs.some(wasKnown);
  if (relation === 'agrees' || (areOursKnown && !isParted)) {
    const places = [...ours, ...theirs];
    const isHealed = opinion.contradicts > 0 || opinion.partedAt > 0;
    const isNews = isHealed || !places.every(isKnown);
    const quiet = opinion.quiet + (places.length > 0 ? lookups : 0);
    const known = learnt(opinion, places, round);
    return { ...NO_OPINION, round, known, lookup, quiet: isNews ? 0 : quiet };
  }
  // Different networks alone may be GeoDNS or a hijack. They count only if both sides used to
  // agree.
  const counts = (before: number): boolean =>
    relation === 'foreign' || (relation === 'elsewhere' && (isSettled || before > 0));
  const contradicts = !areOursKnown && counts(opinion.contradicts);
  const isLeft = isParted && counts(opinion.leftBehind);
  return {
    round,
    known: learnt(opinion, theirs, round),
    lookup,
    quiet: isSettled ? opinion.quiet : 0,
    contradicts: contradicts ? Math.max(1, opinion.contradicts + lookups) : 0,
    differs: opinion.differs + 1,
    partedAt: isParted ? partingAt : opinion.partedAt,
    // Without a comparison the count stays, below the number of rounds that contradict.
    leftBehind: isLeft
      ? opinion.leftBehind + 1
      : Math.min(opinion.leftBehind, ROUNDS_LEFT_BEHIND - 1),
    silent: 0,
  };
}

/**
 * Returns the last lookup if the answer expires at the same time; otherwise the answer comes from a
 * new lookup.
 */
function lookupOf({ round, lookup }: Opinion, expiresAt: number): Opinion['lookup'] {
  const isSame = Math.abs(expiresAt - lookup.expiresAt) <= TTL_SLACK_MS;
  const isOld = round + 1 - lookup.round >= ROUNDS_KEPT;
  return isSame && !isOld ? lookup : { expiresAt, round: round + 1 };
}

/** Whether all places of the target are probably known. */
function settled({ known, quiet }: Opinion): boolean {
  const networks = known.filter(({ place }) => !isDomain(place));
  const ipv6 = networks.filter(({ place }) => place.includes(':')).length;
  const pool = Math.max(ipv6, networks.length - ipv6);
  return pool > 0 && quiet >= QUIET_PER_NETWORK * pool;
}

/** The known places plus the latest ones, oldest first. */
function learnt({ known }: Opinion, places: readonly string[], round: number): readonly Known[] {
  const firstOf = new Map(known.map(({ place, first }) => [place, first]));
  const seen = [...new Set(places)].map((place) => ({
    place,
    first: firstOf.get(place) ?? round,
    last: round,
  }));
  const others = known.filter(
    ({ place, last }) => !places.includes(place) && round - last < ROUNDS_KNOWN,
  );
  return [...others, ...seen].slice(-MOST_KNOWN);
}
