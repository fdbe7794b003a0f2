/** State of the connection to the API server. Times are on the steady clock, see `steadyNow`. */
export interface InformerStatus {
  /** The first list is complete. Once true, it stays true. */
  readonly synced: boolean;
  /** A watch is established: the API server has answered the request. */
  readonly connected: boolean;
  /** When the last complete list began. The data is at least as new as this. */
  readonly lastListAt?: number;
  /**
   * The last contact with the API server: a list, an accepted watch, an event, a bookmark, or a
   * watch that the server ended.
   */
  readonly lastContactAt?: number;
  /** Why the last list or watch failed; absent once the API server has answered one. */
  readonly failure?: RestartReason | undefined;
}

/** Why a list or watch was retried. A watch that ends at its time limit has no reason. */
export const RESTART_REASONS = {
  gone: '410: our resourceVersion is too old',
  unauthorized: '401: the credentials are not accepted',
  forbidden: '403: RBAC does not grant list and watch',
  throttled: '429: the API server asks us to wait',
  server_error: 'any other error status',
  malformed: 'the answer was no valid list or watch event',
  timeout: 'no answer, or an incomplete list',
  silence: 'a watch without events or bookmarks: a dead connection, or nothing to report',
  missed: 'a list showed a change that the watch had not delivered: a dead connection',
  closed: 'the API server ended a watch as soon as it had begun',
  credentials:
    'no credentials: the token file or certificate is missing, or the exec plug-in failed',
  connection: 'the network or TLS',
  internal: 'an internal error of the monitor',
} as const;

export type RestartReason = keyof typeof RESTART_REASONS;

/** Why all objects were listed again. The first list has no reason. */
export const RELIST_REASONS = {
  doubt: 'cluster DNS serves another target than the known spec; the watch continues',
  periodic: 'every 10 to 20 minutes, in case an event was missed; the watch continues',
  failed_watch: 'the watch failed, and its resourceVersion may be the cause',
  restored:
    'the API server is at an older resourceVersion than the watch, as after a restore of etcd',
} as const;

export type RelistReason = keyof typeof RELIST_REASONS;
