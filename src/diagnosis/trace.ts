import type { AddressHop, AddressType, Family, QueryResult, Round } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import type { Diagnosis } from '../model/verdict.ts';
import { hasAddress, isInVain, isServed, isUnanswered } from './outcomes.ts';

/**
 * Whether pods need TCP for the answer of the app hop, and whether TCP works for them. The app hop
 * queries as pods do.
 */
export type TcpNeed = 'none' | 'works' | 'fails';

/** State kept from earlier rounds for the present target; an edit of the target clears it. */
export interface Trace {
  /** Rounds in a row in which the target did not exist, counted up to `NXDOMAIN_ROUNDS`. */
  readonly nxdomain: number;
  /**
   * The longest time that the server may keep a negative answer of the target, in seconds, over the
   * rounds since the target last had an address.
   */
  readonly negativeTtl: number;
  /** Rounds in a row in which the target's answer had a TTL of 0, counted up to a limit. */
  readonly zeroTtl: number;
  readonly tcp: TcpNeed;
  /** Types with a last answer that came only without EDNS. */
  readonly withoutEdns: readonly AddressType[];
  /**
   * Rounds in a row in which the pods' query got no reply while the target itself was answered,
   * counted up to a limit.
   */
  readonly inVain: number;
  /**
   * Rounds in a row in which cluster DNS did not answer for the alias while it answered other
   * queries, counted up to a limit.
   */
  readonly unanswered: number;
  /**
   * Rounds since the last one in which pods got the answer that the spec asks for, counted up to a
   * limit.
   */
  readonly sinceGood: number;
  /** Whether each of the latest rounds was bad at its first attempt, oldest first. */
  readonly recent: readonly boolean[];
  /** The diagnosis of the last bad round among them. */
  readonly lastBad?: Diagnosis;
  /** At the last round, one of several servers failed the Service and another did not. */
  readonly wasSplit: boolean;
}

/** A single negative answer may be a short moment during an edit at the provider. */
export const NXDOMAIN_ROUNDS = 2;
/** A cache that counts down may show 0 once, or even twice. */
export const ZERO_TTL_ROUNDS = 3;

/** The state before the first round, and after an edit of the target. */
export const NO_TRACE: Trace = {
  nxdomain: 0,
  negativeTtl: 0,
  zeroTtl: 0,
  tcp: 'none',
  withoutEdns: [],
  inVain: 0,
  unanswered: 0,
  sinceGood: 0,
  recent: [],
  wasSplit: false,
};

/**
 * If other servers are silent for a short time, the wait ends once the target is in a cache. This
 * many rounds in a row have another cause.
 */
const IN_VAIN_ROUNDS = 3;
/**
 * This many rounds in a row without an answer for the alias are not chance, even if the rounds
 * reached different pods of cluster DNS.
 */
export const UNANSWERED_ROUNDS = 3;
/**
 * This many bad rounds in a row may be chance: with one bad server of two, each round is bad with a
 * probability of one in four, because a failure is confirmed.
 */
export const CHANCE_ROUNDS = 8;
/** Number of latest rounds that are kept. */
const RECENT = 8;
/**
 * Rounds alternate if there are at least this many bad rounds, good rounds, and changes between the
 * two. An outage that has ended is one change. Packet loss alone does not cause this many.
 */
const ALTERNATING = 3;

/**
 * The state after one more round, with all its exchanges. Errors and missing replies leave the
 * counts of answers unchanged, so that an outage does not restart a count.
 */
export function traceAfter(
  trace: Trace,
  spec: Pick<ServiceSpec, 'target' | 'settings'>,
  round: Round,
): Trace {
  const { families } = spec.settings;
  const isMet = hasAddress(round.app, families) && isServed(round, spec.target);
  const next: Trace = {
    ...trace,
    nxdomain: streak(trace.nxdomain, isMissing(round.target), NXDOMAIN_ROUNDS),
    negativeTtl: negativeTtl(trace, round.target),
    zeroTtl: streak(trace.zeroTtl, hasZeroTtl(round.target), ZERO_TTL_ROUNDS),
    tcp: tcpNeed(round.app) ?? trace.tcp,
    withoutEdns: withoutEdns(trace, round),
    inVain: streak(trace.inVain, isInVain(round, families), IN_VAIN_ROUNDS),
    unanswered: streak(trace.unanswered, isUnanswered(round.alias), UNANSWERED_ROUNDS),
    sinceGood: streak(trace.sinceGood, !isMet, CHANCE_ROUNDS + 1),
  };
  const isSame = FIELDS.every((field) => next[field] === trace[field]);
  return isSame ? trace : next;
}

const FIELDS = Object.keys(NO_TRACE) as (keyof Trace)[];

/** Returns the same array while the same types need it. */
function withoutEdns(trace: Trace, round: Round): Trace['withoutEdns'] {
  if (!round.target) return trace.withoutEdns;
  const types = round.withoutEdns ?? NO_TRACE.withoutEdns;
  return types.join() === trace.withoutEdns.join() ? trace.withoutEdns : types;
}

/**
 * The hop that shows how the target resolves. While pods get no reply it is the app hop. An answer
 * for the same name a moment later, perhaps from a cache, does not change that unless this happens
 * `inVain` times in a row.
 */
export function targetHop(
  round: Round,
  families: readonly Family[],
  { inVain }: Pick<Trace, 'inVain'>,
): AddressHop | undefined {
  const waits = isInVain(round, families) && inVain < IN_VAIN_ROUNDS;
  return waits ? round.app : round.target;
}

/** Records how a round looked before its confirmation; `bad` is its diagnosis if it was bad. */
export function withFirst(trace: Trace, bad: Diagnosis | undefined): Trace {
  const recent = [...trace.recent, bad !== undefined].slice(-RECENT);
  const isSame =
    recent.length === trace.recent.length && recent.every((one, i) => one === trace.recent[i]);
  if (isSame && bad === undefined) return trace;
  return { ...trace, recent: isSame ? trace.recent : recent, ...(bad ? { lastBad: bad } : {}) };
}

/** The diagnosis of the bad rounds, if bad and good rounds alternate; else undefined. */
export function alternating({ recent, lastBad }: Trace): Diagnosis | undefined {
  const bad = recent.filter(Boolean).length;
  const changes = recent.filter((isBad, i) => i > 0 && isBad !== recent[i - 1]).length;
  return Math.min(bad, recent.length - bad, changes) >= ALTERNATING ? lastBad : undefined;
}

/**
 * Whether the name at the end of a hop's chain is known not to exist; undefined if no answer
 * decides it. NXDOMAIN is about the name, for all types (RFC 8020); an address of any family
 * disproves it.
 */
export function isMissing(hop: AddressHop | undefined): boolean | undefined {
  if (either(hop, ({ outcome }) => outcome === 'ok')) return false;
  if (either(hop, ({ outcome }) => outcome === 'nxdomain')) return true;
  return either(hop, ({ outcome }) => outcome === 'nodata') ? false : undefined;
}

/** A cache counts the TTL down, so the longest value is the closest to its limit. */
function negativeTtl(trace: Trace, hop: AddressHop = {}): number {
  if (either(hop, ({ outcome }) => outcome === 'ok')) return 0;
  return Math.max(trace.negativeTtl, hop.A?.negative?.ttl ?? 0, hop.AAAA?.negative?.ttl ?? 0);
}

function hasZeroTtl(hop: AddressHop | undefined): boolean | undefined {
  if (!either(hop, ({ outcome }) => outcome === 'ok')) return undefined;
  return either(hop, ({ outcome, ttl }) => outcome === 'ok' && ttl === 0);
}

function tcpNeed(hop: AddressHop | undefined): TcpNeed | undefined {
  if (either(hop, ({ outcome }) => outcome === 'truncated')) return 'fails';
  if (either(hop, wasTruncated)) return 'works';
  // A query without a reply might be the one that needs TCP.
  return hop && !either(hop, isUnanswered) ? 'none' : undefined;
}

function wasTruncated({ exchanges }: QueryResult): boolean {
  return exchanges.some(({ transport, outcome }) => transport === 'udp' && outcome === 'truncated');
}

function either(hop: AddressHop | undefined, test: (result: QueryResult) => boolean): boolean {
  return (hop?.A !== undefined && test(hop.A)) || (hop?.AAAA !== undefined && test(hop.AAAA));
}

function streak(before: number, holds: boolean | undefined, most: number): number {
  if (holds === undefined) return before;
  return holds ? Math.min(before + 1, most) : 0;
}
