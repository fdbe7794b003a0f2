/** The interval of the matrix, as its issue specifies, and values derived from it. */
export const INTERVAL_MS = 2_000;
export const TIMEOUT_MS = 500;
/** The default of pods (resolv.conf). */
export const ATTEMPTS = 2;
/** CoreDNS's `cache`: it delays both the start and the end of a fault behind it by up to this. */
export const CACHE_MS = 5_000;
export const DEADLINE_MS = 10_000;

/** Extra time that a row's fault takes in addition to two rounds, each with its reason. */
export const ADDITIONS = {
  cache: {
    ms: CACHE_MS,
    why: 'cluster DNS answers from its cache until the entry lapses: pods do not see the fault, or the repair, before',
  },
  timeouts: {
    // Two attempts, each with the app and the target hop, one after the other.
    ms: 2 * 2 * ATTEMPTS * TIMEOUT_MS,
    why: 'no answer: two rounds (the second confirms) wait for two hops, each for all attempts',
  },
  deadline: {
    ms: DEADLINE_MS,
    why: 'cluster DNS may take up to the convergence deadline to serve an edit',
  },
  queue: {
    // 50 address hops at once; a fault of all Services needs twice as many.
    ms: 8_000,
    why: 'more targets hang at once than may be outstanding (`--max-outstanding`): the others wait for their turn',
  },
  stale: {
    ms: 20_000,
    why: 'specs count as stale 10 s after the API server is lost, or 20 s after a list was requested in vain',
  },
  backoff: {
    // 0.8 s, doubled each time, and up to twice that by jitter: after about 8 s, the next wait is
    // 6.4 to 12.8 s.
    ms: 13_000,
    why: 'cluster DNS waits before it tries the API server again (client-go’s backoff)',
  },
  looks: {
    ms: 2 * INTERVAL_MS,
    why: 'the servers are looked at by turns, one a round',
  },
  literal: {
    ms: 2_000,
    why: 'the CNAME of an IP literal is waited for 2 s',
  },
  memory: {
    ms: 8 * INTERVAL_MS,
    why: 'rounds that alternated are remembered for eight rounds',
  },
} as const;

export type Addition = keyof typeof ADDITIONS;

/**
 * The rounds of any row: one until the Service's turn, and a second one for the confirmation (1 s)
 * and the scrape.
 */
export const BASE_ROUNDS = 2;

/** Maximum number of rounds to detect a row's fault, or its end. */
export function reachOf(additions: readonly Addition[]): number {
  return BASE_ROUNDS + additions.reduce((sum, name) => sum + ADDITIONS[name].ms, 0) / INTERVAL_MS;
}

export function roundsOf(ms: number): number {
  return ms / INTERVAL_MS;
}
