/** How patient a reflector is, in milliseconds. */
export interface Limits {
  /** For an answer to begin, and for silence within a list. */
  readonly answerMs: number;
  /** For a whole list: well under the 5 minutes after which etcd forgets the moment that it shows. */
  readonly listMs: number;
  /**
   * For silence in a watch. The API server sends bookmarks once a minute, but none that would only
   * repeat the version that the watch began with: on a quiet cluster the first came after two.
   */
  readonly silenceMs: number;
  /** Watches are renewed after this to twice this, as by client-go: connections spread over API servers. */
  readonly watchMs: number;
  /** A watch that ends sooner has failed, however cleanly it has ended. */
  readonly settledMs: number;
  /**
   * After this to twice this everything is listed again and compared, so that an event that was
   * missed, for whatever cause, cannot be wrong for good (coredns#3879).
   */
  readonly relistMs: number;
  /** Least time between the beginnings of two lists, for those on request. */
  readonly doubtMs: number;
  /** The ceiling of the first wait after a failure. */
  readonly backoffMs: number;
  /** The highest ceiling. */
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
