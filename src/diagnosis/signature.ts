/** The known DNSSEC signatures of a target, and whether one expires soon. */
import { isFailure } from '../model/outcome.ts';
import type { QueryResult } from '../model/round.ts';

/**
 * The signature that expires first. Times are milliseconds since the epoch on the wall clock,
 * because signatures use wall-clock time.
 */
export interface Signed {
  /** The zone that made the signature. */
  readonly zone: string;
  readonly endsAt: number;
  readonly askedAt: number;
  /**
   * How long before its expiry that zone replaced the last signature, at most, in milliseconds;
   * absent until a replacement was seen.
   */
  readonly renewedBefore?: number;
}

/**
 * The state after an answer. Without a signature, or if the name does not exist, the state is
 * unknown again.
 */
export function signedAfter(
  before: Signed | undefined,
  answer: {
    readonly results: readonly QueryResult[];
    readonly signature?: Pick<Signed, 'zone' | 'endsAt'>;
  },
  askedAt: number,
): Signed | undefined {
  const { results, signature } = answer;
  // Validating resolvers answer SERVFAIL once the signature has expired; the signature is then the
  // reason.
  if (results.some(({ outcome }) => isFailure(outcome))) return before;
  if (!signature) return undefined;
  const ofZone = before?.zone === signature.zone ? before : undefined;
  const isRenewed = ofZone && signature.endsAt > ofZone.endsAt;
  const renewedBefore = isRenewed ? ofZone.endsAt - ofZone.askedAt : ofZone?.renewedBefore;
  return { ...signature, askedAt, ...(renewedBefore === undefined ? {} : { renewedBefore }) };
}

/**
 * Whether a signature expires within the horizon. Some zones always renew later than that:
 * Cloudflare signs each answer for a day or two, and Knot DNS renews with a tenth of the lifetime
 * left. For a zone with such a renewal in the past, a signature expires soon once half of that time
 * is left.
 */
export function endsSoon(
  { endsAt, renewedBefore = Number.POSITIVE_INFINITY }: Signed,
  { now, horizonMs }: { readonly now: number; readonly horizonMs: number },
): boolean {
  return endsAt - now < Math.min(horizonMs, renewedBefore / 2);
}
