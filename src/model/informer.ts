/** How fresh our view of the API server is. Times in milliseconds since the epoch. */
export interface InformerStatus {
  /** The first list is complete; stays true. */
  readonly synced: boolean;
  /** A watch is established: the API server has answered it. */
  readonly connected: boolean;
  readonly lastListAt?: number;
  /** Last word of the API server: a list, a watch accepted, an event, a bookmark, or a watch ended by it. */
  readonly lastContactAt?: number;
}

/** Why a list or watch was started anew. A watch that ends by its time limit has none. */
export const RESTART_REASONS = {
  gone: '410: our resourceVersion is too old',
  unauthorized: '401: the credentials are not accepted',
  forbidden: '403: RBAC does not grant list and watch',
  throttled: '429: the API server asks us to wait',
  server_error: 'any other error status',
  malformed: 'the answer was no list, or held something that is no watch event',
  timeout: 'no answer, or a list that did not end',
  silence: 'a watch without events or bookmarks: a dead connection, or nothing to tell',
  closed: 'the API server ended a watch as soon as it had begun',
  credentials:
    'no credentials: the token file or certificate is missing, or the exec plug-in failed',
  connection: 'the network or TLS',
  internal: 'a fault of our own',
} as const;

export type RestartReason = keyof typeof RESTART_REASONS;
