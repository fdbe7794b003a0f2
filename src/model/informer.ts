/** How fresh our view of the API server is. Times on the steady clock, see `steadyNow`. */
export interface InformerStatus {
  /** The first list is complete; stays true. */
  readonly synced: boolean;
  /** A watch is established: the API server has answered it. */
  readonly connected: boolean;
  /** When the last complete list began: what is held is at least as new. */
  readonly lastListAt?: number;
  /** Last word of the API server: a list, a watch accepted, an event, a bookmark, or a watch ended by it. */
  readonly lastContactAt?: number;
  /** Why the last list or watch failed; absent once the API server has answered one. */
  readonly failure?: RestartReason | undefined;
}

/** Why a list or watch was retried. A watch that ends by its time limit has none. */
export const RESTART_REASONS = {
  gone: '410: our resourceVersion is too old',
  unauthorized: '401: the credentials are not accepted',
  forbidden: '403: RBAC does not grant list and watch',
  throttled: '429: the API server asks us to wait',
  server_error: 'any other error status',
  malformed: 'the answer was no list, or held something that is no watch event',
  timeout: 'no answer, or a list that did not end',
  silence: 'a watch without events or bookmarks: a dead connection, or nothing to report',
  missed: 'a list showed a change that the watch had not delivered: a dead connection',
  closed: 'the API server ended a watch as soon as it had begun',
  credentials:
    'no credentials: the token file or certificate is missing, or the exec plug-in failed',
  connection: 'the network or TLS',
  internal: 'a fault of our own',
} as const;

export type RestartReason = keyof typeof RESTART_REASONS;

/** Why everything was listed again. The first list has none. */
export const RELIST_REASONS = {
  doubt: 'cluster DNS serves something else than the spec that is held; the watch goes on',
  periodic: 'every 10 to 20 minutes, in case an event was missed; the watch goes on',
  failed_watch: 'the watch failed, and its resourceVersion may be the cause',
  restored:
    'the API server is at an older resourceVersion than the watch, as after a restore of etcd',
} as const;

export type RelistReason = keyof typeof RELIST_REASONS;
