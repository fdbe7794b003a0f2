/** What the outcomes of a hop mean for pods, family by family. */
import type { Outcome } from '../model/outcome.ts';
import {
  type AddressHop,
  type AddressType,
  type Family,
  type QueryResult,
  type Round,
  TYPE_OF,
} from '../model/round.ts';

/** Answers, but not with what was asked for: for an address type that is normal where the other family has one. */
const EMPTY: ReadonlySet<Outcome> = new Set(['nodata', 'bare_cname']);

/** The name is known not to exist, or not to have the record: no error, and no time-out. */
const NEGATIVE: ReadonlySet<Outcome> = new Set(['nxdomain', 'nodata', 'bare_cname']);

/** Whether a hop got an address of one of these families. */
export function hasAddress(hop: AddressHop | undefined, families: readonly Family[]): boolean {
  return families.some((family) => hop?.[TYPE_OF[family]]?.outcome === 'ok');
}

/** Types of these families for which a hop got an error or nothing; NXDOMAIN beside an address is one, too. */
export function failingTypes(
  hop: AddressHop | undefined,
  families: readonly Family[],
): AddressType[] {
  return families.map((family) => TYPE_OF[family]).filter((type) => isError(hop?.[type]));
}

/** Whether the alias hop says that cluster DNS serves another spec than ours, or none. */
export function isUnmet(alias: Outcome | undefined): boolean {
  return alias === 'nxdomain' || alias === 'nodata' || alias === 'mismatch';
}

export function isError(result: QueryResult | undefined): boolean {
  return result !== undefined && result.outcome !== 'ok' && !EMPTY.has(result.outcome);
}

/**
 * The address hop that tells of the way to the target. That is the target hop, unless nobody answered what
 * pods ask, and cluster DNS did answer for the alias: then it waited for others in vain, and that the
 * same name was answered a moment later, perhaps from its cache by then, does not mend it.
 */
export function wayToTarget(
  { app, alias, target }: Round,
  families: readonly Family[],
): AddressHop | undefined {
  const isInVain = alias?.outcome === 'ok' && isUnanswered(app) && hasAddress(target, families);
  return isInVain ? app : target;
}

function isUnanswered(hop: AddressHop | undefined): boolean {
  const results = Object.values(hop ?? {});
  return results.length > 0 && results.every(({ outcome }) => outcome === 'timeout');
}

/** Whether every query of a hop was answered that there is no such name or record. */
export function isNegative(hop: AddressHop | undefined): boolean {
  const results = Object.values(hop ?? {});
  return results.length > 0 && results.every(({ outcome }) => NEGATIVE.has(outcome));
}

/**
 * Whether a round is bad enough to be asked again before it is believed: no address of a usable
 * family, an error for one of them, or an alias that is not served as the spec has it. Only the app hop must
 * have been asked.
 */
export function isBad({ app, alias, target }: Round, families: readonly Family[]): boolean {
  const isBadHop = (hop: AddressHop | undefined): boolean =>
    !hasAddress(hop, families) || failingTypes(hop, families).length > 0;
  return (alias && alias.outcome !== 'ok') || isBadHop(app) || (target ? isBadHop(target) : false);
}

/** Whether cluster DNS serves the alias as the spec has it: by the alias hop, else by the CNAME that pods get. */
export function isServed({ app, alias }: Round, target: string): boolean {
  if (alias) return alias.outcome === 'ok';
  return Object.values(app ?? {}).some(({ chain }) => chain[0]?.name === target);
}

/**
 * Whether a server of several, asked on its own, does worse than pods were served just before: it does not
 * serve the alias, or gets no address where they did. Undefined where that cannot be told, since
 * nobody gets an address.
 */
export function isWorse(
  own: Round,
  served: Round | undefined,
  families: readonly Family[],
): boolean | undefined {
  if (own.alias?.outcome !== 'ok') return true;
  if (!own.app || hasAddress(own.app, families)) return false;
  return hasAddress(served?.app, families) ? true : undefined;
}

/** The name at the end of a target's chain as far as it is known: the one that failed, if it failed. */
export function lastName(target: string, hop: AddressHop | undefined): string {
  const chains = Object.values(hop ?? {}).map(({ chain }) => chain);
  return chains.find(({ length }) => length > 0)?.at(-1)?.name ?? target;
}
