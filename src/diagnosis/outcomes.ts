/** The meaning of a hop's outcomes for pods, per address family. */
import { isFailure, isNegative, kindOf, type Outcome } from '../model/outcome.ts';
import {
  type AddressHop,
  type AddressType,
  type Exchange,
  type Family,
  type QueryResult,
  type Round,
  TYPE_OF,
} from '../model/round.ts';

/** Whether a hop got an address of one of these families. */
export function hasAddress(hop: AddressHop | undefined, families: readonly Family[]): boolean {
  return families.some((family) => hop?.[TYPE_OF[family]]?.outcome === 'ok');
}

/**
 * Types for which a hop got an error or no reply; NXDOMAIN next to an address counts as an error.
 * Pods query both types, even if they can use only one family, so both count.
 */
export function failingTypes(hop: AddressHop | undefined): AddressType[] {
  return (['A', 'AAAA'] as const).filter((type) => isError(hop?.[type]));
}

/** Whether the alias hop shows that cluster DNS serves another spec, or none. */
export function isUnmet(alias: Outcome | undefined): boolean {
  return alias === 'nxdomain' || alias === 'nodata' || alias === 'mismatch';
}

export function isError(result: QueryResult | undefined): boolean {
  return (
    result !== undefined && (isFailure(result.outcome) || kindOf(result.outcome) === 'missing')
  );
}

/** Whether a query was sent and got no reply. */
export function isUnanswered(result: QueryResult | undefined): boolean {
  return result !== undefined && kindOf(result.outcome) === 'silence';
}

/**
 * Error codes of a process that has run out of its own resources. They prove nothing about a server
 * or the network.
 */
const OWN_ERRNOS: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS']);

/** Whether a query failed because of our own process. */
export function isOwnFailure({ outcome, exchanges }: QueryResult): boolean {
  const isOwn = ({ errno = '' }: Exchange): boolean => OWN_ERRNOS.has(errno);
  return isFailure(outcome) && exchanges.some(isOwn);
}

/** The same for any query of a round. */
export function hasOwnFailure({ app, alias, target }: Round): boolean {
  const results = [alias, ...Object.values(app ?? {}), ...Object.values(target ?? {})];
  return results.some((result) => result && isOwnFailure(result));
}

/** Whether no query of a hop got a reply. */
export function isUnansweredHop(hop: AddressHop | undefined): boolean {
  const results = Object.values(hop ?? {});
  return results.length > 0 && results.every(isUnanswered);
}

/**
 * Whether the pods' query waits for other servers without a result, while cluster DNS answers for
 * the alias and for the target.
 */
export function isInVain({ app, alias, target }: Round, families: readonly Family[]): boolean {
  return alias?.outcome === 'ok' && isUnansweredHop(app) && hasAddress(target, families);
}

/** Whether every query of a hop got a negative answer: no such name or no such record. */
export function isNegativeHop(hop: AddressHop | undefined): boolean {
  const results = Object.values(hop ?? {});
  return results.length > 0 && results.every(({ outcome }) => isNegative(outcome));
}

/**
 * Whether a round shows any fault: no address of a usable family, an error for a type, or an alias
 * that differs from the spec. Only the app hop must have been queried.
 */
export function isBad({ app, alias, target }: Round, families: readonly Family[]): boolean {
  const isBadHop = (hop: AddressHop | undefined): boolean =>
    !hasAddress(hop, families) || failingTypes(hop).length > 0;
  return (alias && alias.outcome !== 'ok') || isBadHop(app) || (target ? isBadHop(target) : false);
}

/**
 * Whether cluster DNS serves the alias as in the spec, judged by the alias hop, else by the CNAME
 * that pods get.
 */
export function isServed({ app, alias }: Round, target: string): boolean {
  if (alias) return alias.outcome === 'ok';
  return Object.values(app ?? {}).some(({ chain }) => chain[0]?.name === target);
}

/**
 * The name at the end of the known part of a target's chain; this is the name that failed, if one
 * failed.
 */
export function lastName(target: string, hop: AddressHop | undefined): string {
  const chains = Object.values(hop ?? {}).map(({ chain }) => chain);
  return chains.find(({ length }) => length > 0)?.at(-1)?.name ?? target;
}
