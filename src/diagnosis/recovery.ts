import { isNegative } from '../model/outcome.ts';
import { type AddressHop, type Family, TYPE_OF } from '../model/round.ts';

/** When pods see a target again that has no address, once its zone has been corrected. */
export interface Recovery {
  /** The zone that says that there is no such name or record. */
  readonly zone: string;
  /** At the latest after so many seconds. */
  readonly seconds: number;
  /** For so many of them cluster DNS keeps the negative answer itself, as far as rounds have seen. */
  readonly clusterDnsSeconds: number;
}

/** No zone makes resolvers keep a negative answer for longer: BIND's default (`max-ncache-ttl`); Unbound's is an hour. */
const MOST_NEGATIVE_SECONDS = 10_800;

/**
 * From the SOA of the negative answers (RFC 2308 §5). Its MINIMUM bounds what resolvers behind cluster DNS keep, since a
 * cache does not change it; its TTL is counted down and capped by cluster DNS, and so says what that keeps. Undefined where
 * the target is not negative, or the answer has no SOA. `negativeTtl`: as in `Trace`.
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
