import { isNegative } from '../model/outcome.ts';
import { type AddressHop, type Family, TYPE_OF } from '../model/round.ts';

/** When pods can resolve a target again after the owner has corrected its zone. */
export interface Recovery {
  /** The zone that denies the name or the record. */
  readonly zone: string;
  /** Upper bound, in seconds. */
  readonly seconds: number;
  /**
   * The part of these seconds in which cluster DNS itself keeps the negative answer, as seen in the
   * rounds so far.
   */
  readonly clusterDnsSeconds: number;
}

/**
 * Resolvers keep a negative answer no longer than this, even if the zone allows more: BIND's
 * default (`max-ncache-ttl`); Unbound's is an hour.
 */
const MOST_NEGATIVE_SECONDS = 10_800;

/**
 * Derived from the SOA of the negative answers (RFC 2308 §5). Its MINIMUM bounds the caches of the
 * resolvers behind cluster DNS, because caches do not change it. Its TTL bounds the cache of
 * cluster DNS, which counts it down and caps it. Undefined if the target has no negative answer or
 * the answer has no SOA. `negativeTtl`: as in `Trace`.
 */
export function recoveryOf(
  target: AddressHop | undefined,
  families: readonly Family[],
  negativeTtl: number,
): Recovery | undefined {
  let zone: string | undefined;
  let seconds = 0;
  let clusterDnsSeconds = negativeTtl;
  for (const family of families) {
    const result = target?.[TYPE_OF[family]];
    if (!result) continue;
    if (!isNegative(result.outcome)) return undefined;
    if (!result.negative) continue;
    zone ??= result.negative.zone;
    seconds = Math.max(seconds, Math.min(result.negative.minimum, MOST_NEGATIVE_SECONDS));
    clusterDnsSeconds = Math.max(clusterDnsSeconds, result.negative.ttl);
  }
  if (zone === undefined) return undefined;
  return { zone, seconds: Math.max(seconds, clusterDnsSeconds), clusterDnsSeconds };
}
