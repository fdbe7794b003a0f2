/** Cluster DNS may not know this spec yet. */
export interface Settling {
  /** When we stop waiting for it, in milliseconds since the epoch. */
  readonly until: number;
  /** Not probed before: it gets its turns only once it has settled. */
  readonly isNew: boolean;
  /** When the informer saw the new `externalName`; absent if that may have been there for long. */
  readonly seenAt?: number;
  pauseMs: number;
}

/** Before the first look at the CNAME of a new or edited Service. */
export const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8_000;

/** Pauses between looks at the CNAME grow, so that a cluster DNS that lags is not asked all the time. */
export function nextPause(pauseMs: number): number {
  return Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
}
