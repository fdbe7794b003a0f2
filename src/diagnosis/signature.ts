/** What is known of the DNSSEC signatures of a target, and whether one ends soon. */
import { isFailure } from '../model/outcome.ts';
import type { QueryResult } from '../model/round.ts';

/** The signature that ends first. Times are wall-clock, in milliseconds since the epoch: a signature has no other. */
export interface Signed {
  /** The zone that has made it. */
  readonly zone: string;
  readonly endsAt: number;
  readonly askedAt: number;
  /** How long before its end that zone replaced the last one, in milliseconds, at most; absent until it has. */
  readonly renewedBefore?: number;
}

/** What an answer adds; without a signature, or without the name, nothing is known any more. */
export function signedAfter(
  before: Signed | undefined,
  answer: {
    readonly results: readonly QueryResult[];
    readonly signature?: Pick<Signed, 'zone' | 'endsAt'>;
  },
  askedAt: number,
): Signed | undefined {
  const { results, signature } = answer;
  // Resolvers that validate answer SERVFAIL once the signature has ended: it is then the reason.
  if (results.some(({ outcome }) => isFailure(outcome))) return before;
  if (!signature) return undefined;
  const ofZone = before?.zone === signature.zone ? before : undefined;
  const isRenewed = ofZone && signature.endsAt > ofZone.endsAt;
  const renewedBefore = isRenewed ? ofZone.endsAt - ofZone.askedAt : ofZone?.renewedBefore;
  return { ...signature, askedAt, ...(renewedBefore === undefined ? {} : { renewedBefore }) };
}

/**
 * Whether a signature ends within the horizon. Some zones always renew theirs later than that: Cloudflare signs each
 * answer for a day or two, and Knot DNS renews with a tenth of the lifetime left. A signature of a zone that has been seen to do
 * so ends soon once half of that time is left.
 */
export function endsSoon(
  { endsAt, renewedBefore = Number.POSITIVE_INFINITY }: Signed,
  { now, horizonMs }: { readonly now: number; readonly horizonMs: number },
): boolean {
  return endsAt - now < Math.min(horizonMs, renewedBefore / 2);
}
