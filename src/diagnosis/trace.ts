import type { AddressHop, QueryResult, Round } from '../model/round.ts';

/** Whether pods need TCP for the answer of the app hop, which asks as they do, and whether they get it. */
export type TcpNeed = 'none' | 'works' | 'fails';

/** What findings need of rounds past, and of the exchanges that a record does not keep. */
export interface Trace {
  /** Rounds in a row in which the target did not exist, counted no further than anybody asks. */
  readonly nxdomain: number;
  /** Rounds in a row in which the target's answer had a TTL of 0, counted likewise. */
  readonly zeroTtl: number;
  readonly tcp: TcpNeed;
}

/** A negative answer may be a moment of an edit at the provider. */
export const NXDOMAIN_ROUNDS = 2;
/** A cache that counts down may well show 0 once, or even twice. */
export const ZERO_TTL_ROUNDS = 3;

/** Before the first round, and again once the target is edited. */
export const NO_TRACE: Trace = { nxdomain: 0, zeroTtl: 0, tcp: 'none' };

/**
 * What is known after one more round, with all its exchanges. Errors and silence say nothing and leave
 * everything as it was, so that an outage does not start a count anew; the same object if nothing changes.
 */
export function traceAfter(trace: Trace, round: Round): Trace {
  const nxdomain = streak(trace.nxdomain, isMissing(round.target), NXDOMAIN_ROUNDS);
  const zeroTtl = streak(trace.zeroTtl, hasZeroTtl(round.target), ZERO_TTL_ROUNDS);
  const tcp = tcpNeed(round.app) ?? trace.tcp;
  const isSame = nxdomain === trace.nxdomain && zeroTtl === trace.zeroTtl && tcp === trace.tcp;
  return isSame ? trace : { nxdomain, zeroTtl, tcp };
}

/**
 * Whether the name at the end of a hop's chain is known not to exist; undefined where nobody said.
 * NXDOMAIN is about the name, whatever the type (RFC 8020); an address of any family disproves it.
 */
export function isMissing(hop: AddressHop | undefined): boolean | undefined {
  if (either(hop, ({ outcome }) => outcome === 'ok')) return false;
  if (either(hop, ({ outcome }) => outcome === 'nxdomain')) return true;
  return either(hop, ({ outcome }) => outcome === 'nodata') ? false : undefined;
}

function hasZeroTtl(hop: AddressHop | undefined): boolean | undefined {
  if (!either(hop, ({ outcome }) => outcome === 'ok')) return undefined;
  return either(hop, ({ outcome, ttl }) => outcome === 'ok' && ttl === 0);
}

function tcpNeed(hop: AddressHop | undefined): TcpNeed | undefined {
  if (either(hop, ({ outcome }) => outcome === 'truncated')) return 'fails';
  if (either(hop, wasTruncated)) return 'works';
  // A query without a reply might have been the one that needs it.
  return hop && !either(hop, ({ seconds }) => seconds === undefined) ? 'none' : undefined;
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
