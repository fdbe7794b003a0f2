/** Time limits of a reflector, in milliseconds. */
export interface Limits {
  /** For the start of an answer, and for silence within a list. */
  readonly answerMs: number;
  /** For a whole list: well below the 5 minutes after which etcd compacts the listed version. */
  readonly listMs: number;
  /**
   * For silence in a watch. The API server sends a bookmark once a minute, but not if it would only
   * repeat the version at which the watch began: on a quiet cluster the first one came after two
   * minutes.
   */
  readonly silenceMs: number;
  /**
   * A watch is renewed after one to two times this, the same as in client-go, so that connections
   * spread over the API servers.
   */
  readonly watchMs: number;
  /** A watch that ends sooner counts as failed, even if it ended cleanly. */
  readonly settledMs: number;
  /**
   * After one to two times this, all objects are listed again and compared, so that a missed event,
   * regardless of its cause, is corrected in the end (coredns#3879).
   */
  readonly relistMs: number;
  /** Minimum time between the starts of two requested lists. */
  readonly doubtMs: number;
  /** The ceiling of the first wait after a failure. */
  readonly backoffMs: number;
  /** The maximum ceiling. */
  readonly longestBackoffMs: number;
  /** For jitter; from 0 to below 1. */
  readonly random: () => number;
}

export const DEFAULT_LIMITS: Limits = {
  answerMs: 30_000,
  listMs: 120_000,
  silenceMs: 150_000,
  watchMs: 300_000,
  settledMs: 5_000,
  relistMs: 600_000,
  doubtMs: 3_000,
  backoffMs: 500,
  longestBackoffMs: 30_000,
  random: Math.random,
};
