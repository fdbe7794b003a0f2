import type { AddressHop, AddressType, Family, QueryResult, Round } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import type { Diagnosis } from '../model/verdict.ts';
import { hasAddress, isInVain, isServed, isUnanswered } from './outcomes.ts';

/** Whether pods need TCP for the answer of the app hop, which asks as they do, and whether they get it. */
export type TcpNeed = 'none' | 'works' | 'fails';

/** What rounds for the present target have left behind; an edit of the target drops all of it. */
export interface Trace {
  /** Rounds in a row in which the target did not exist, counted no further than `NXDOMAIN_ROUNDS`. */
  readonly nxdomain: number;
  /** The longest that the server may keep a negative answer of the target, of the rounds since it last had an address; in seconds. */
  readonly negativeTtl: number;
  /** Rounds in a row in which the target's answer had a TTL of 0, counted likewise. */
  readonly zeroTtl: number;
  readonly tcp: TcpNeed;
  /** Types whose last answer came only without EDNS. */
  readonly withoutEdns: readonly AddressType[];
  /** Rounds in a row in which what pods ask waited in vain, while the target itself was answered; counted likewise. */
  readonly inVain: number;
  /** Rounds in a row in which cluster DNS did not answer for the alias, although it is not silent as a whole; counted likewise. */
  readonly unanswered: number;
  /** Rounds since the last one in which pods got what the spec says; counted likewise. */
  readonly sinceGood: number;
  /** Whether the latest rounds were bad before they were confirmed, oldest first. */
  readonly recent: readonly boolean[];
  /** What the last of them that was bad said. */
  readonly lastBad?: Diagnosis;
  /** One of several servers failed the Service, and another did not, when the last round was made. */
  readonly wasSplit: boolean;
}

/** A negative answer may be a moment of an edit at the provider. */
export const NXDOMAIN_ROUNDS = 2;
/** A cache that counts down may well show 0 once, or even twice. */
export const ZERO_TTL_ROUNDS = 3;

/** Before the first round, and again once the target is edited. */
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

/** A silence of others ends at once where the target is in a cache; so many rounds in a row are no such silence. */
const IN_VAIN_ROUNDS = 3;
/** So many rounds without an answer for the alias are no chance, whichever pod of cluster DNS they met. */
export const UNANSWERED_ROUNDS = 3;
/** So many bad rounds in a row may be chance: with one bad server of two, each is one in four, as it is confirmed. */
export const CHANCE_ROUNDS = 8;
/** So many of the latest rounds are remembered. */
const RECENT = 8;
/**
 * So many bad rounds, good ones, and changes between the two mean that rounds alternate. An outage that has ended is one
 * change; lost packets alone do not make so many.
 */
const ALTERNATING = 3;

/**
 * What is known after one more round, with all its exchanges. Errors and silence leave the counts of answers
 * as they were, so that an outage does not start a count again.
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

/** The same array while the same types need it. */
function withoutEdns(trace: Trace, round: Round): Trace['withoutEdns'] {
  if (!round.target) return trace.withoutEdns;
  const types = round.withoutEdns ?? NO_TRACE.withoutEdns;
  return types.join() === trace.withoutEdns.join() ? trace.withoutEdns : types;
}

/**
 * The hop that says how the target is resolved. While pods wait in vain it is the app hop: that the same name is answered
 * a moment later, perhaps from a cache by then, does not change that, unless it happens `inVain` times in a row.
 */
export function targetHop(
  round: Round,
  families: readonly Family[],
  { inVain }: Pick<Trace, 'inVain'>,
): AddressHop | undefined {
  const waits = isInVain(round, families) && inVain < IN_VAIN_ROUNDS;
  return waits ? round.app : round.target;
}

/** Remembers how a round looked before it was confirmed; `bad` is what it said, if it was bad. */
export function withFirst(trace: Trace, bad: Diagnosis | undefined): Trace {
  const recent = [...trace.recent, bad !== undefined].slice(-RECENT);
  const isSame =
    recent.length === trace.recent.length && recent.every((one, i) => one === trace.recent[i]);
  if (isSame && bad === undefined) return trace;
  return { ...trace, recent: isSame ? trace.recent : recent, ...(bad ? { lastBad: bad } : {}) };
}

/** What the bad ones of rounds that alternate say; undefined where rounds do not alternate. */
export function alternating({ recent, lastBad }: Trace): Diagnosis | undefined {
  const bad = recent.filter(Boolean).length;
  const changes = recent.filter((isBad, i) => i > 0 && isBad !== recent[i - 1]).length;
  return Math.min(bad, recent.length - bad, changes) >= ALTERNATING ? lastBad : undefined;
}

/**
 * Whether the name at the end of a hop's chain is known not to exist; undefined where no answer says so or otherwise.
 * NXDOMAIN is about the name, whatever the type (RFC 8020); an address of any family disproves it.
 */
export function isMissing(hop: AddressHop | undefined): boolean | undefined {
  if (either(hop, ({ outcome }) => outcome === 'ok')) return false;
  if (either(hop, ({ outcome }) => outcome === 'nxdomain')) return true;
  return either(hop, ({ outcome }) => outcome === 'nodata') ? false : undefined;
}

/** A cache counts down, so that the longest is the nearest to what it keeps. */
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
  // A query without a reply might have been the one that needs it.
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
