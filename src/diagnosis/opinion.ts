/** What one reference resolver makes of a target's answers at cluster DNS, over its rounds. */
import { type Comparison, isDomain, type Unanswered } from './comparison.ts';

/** A difference must last so many rounds in a row. */
const ROUNDS = 2;
/**
 * So many where the reference went elsewhere and cluster DNS stayed: an anycast resolver that answers from
 * another site for an hour is GeoDNS at work, a cluster that keeps an old address for longer is stale.
 */
const ROUNDS_LEFT_BEHIND = 12;
/**
 * An answer out of the reference's cache says what it did before, and knows nothing of a change since. But
 * so many rounds of it count as a new one: a TTL of a day must not hide a hijack for a day.
 */
const ROUNDS_KEPT = 12;
/** TTLs are whole seconds, and the reply takes its time. */
const TTL_SLACK_MS = 2_000;
/** A place that was not given for longer is forgotten: a day, at the default interval. */
const ROUNDS_KNOWN = 288;
/** Places known at most; a pool of more never settles. */
const MOST_KNOWN = 64;
/**
 * A pool of k networks is known when 4k rounds in a row brought nothing new: with one more in it, each
 * side would have missed that one with a chance of (k / (k + 1)) ^ 4k, at most 1 in 16.
 */
const QUIET_PER_NETWORK = 4;

/** A network, or the domain of a last CNAME. */
interface Known {
  readonly place: string;
  /** Rounds. */
  readonly first: number;
  readonly last: number;
}

/** Rounds are those in which both sides said something. */
export interface Opinion {
  readonly round: number;
  /** Where the reference pointed, and cluster DNS while they agreed. */
  readonly known: readonly Known[];
  /** The answer that the reference last looked up, judged by its TTL: when it expires (ms since the epoch), and in which round it came. */
  readonly lookup: { readonly expiresAt: number; readonly round: number };
  /** Lookups in a row that agreed, and brought nothing new. */
  readonly quiet: number;
  /** Lookups in a row during which cluster DNS pointed where it should not. */
  readonly contradicts: number;
  /** Rounds in a row that did not agree, for whatever reason. */
  readonly differs: number;
  /** The round in which the reference went where it never was, and cluster DNS did not; 0 if they are not apart. */
  readonly partedAt: number;
  /** Rounds since then in which that speaks against cluster DNS. */
  readonly leftBehind: number;
  /** Questions in a row that the reference did not answer. */
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

/** What the reference says by now; undefined if it never said anything. */
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
  // An error or silence says nothing: what was believed goes on being believed.
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
  // Different networks alone are GeoDNS as well as a hijack: they say something only of those who used to agree.
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

/** The last lookup as long as the answer expires when that does, else the one that this answer is from. */
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

/** The latest places, oldest first. */
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
