/** Cluster DNS may not know this spec yet. */
export interface Converging {
  /** When we stop waiting for it, on the steady clock. */
  readonly until: number;
  /** Not probed before: it gets its turns only once cluster DNS serves it. */
  readonly isNew: boolean;
  /** When the informer saw the new `externalName`; absent if that may have been there for long. */
  readonly seenAt?: number;
  pauseMs: number;
}

/** Before the first query for the CNAME of a new or edited Service. */
export const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8_000;

/** Pauses between queries for the CNAME grow, so that a cluster DNS that lags is not asked all the time. */
export function nextPause(pauseMs: number): number {
  return Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
}
