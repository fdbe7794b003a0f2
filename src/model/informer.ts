/** How fresh our view of the API server is. Times in milliseconds since the epoch. */
export interface InformerStatus {
  /** The first list is complete; stays true. */
  readonly synced: boolean;
  /** A watch is established. */
  readonly connected: boolean;
  readonly lastListAt?: number;
  /** Last byte of meaning from the API server: a list, an event or a bookmark. */
  readonly lastContactAt?: number;
}

/** Why a list or watch was started anew. A clean end by the server's time limit is none. */
export const RESTART_REASONS = {
  gone: '410: our resourceVersion is too old',
  unauthorized: '401: the credentials are not accepted',
  forbidden: '403: RBAC does not grant list and watch on services',
  throttled: '429: the API server asks us to wait',
  server_error: 'any other error status',
  malformed: 'the stream held something that is no watch event',
  timeout: 'no reply, or silence where bookmarks should have come',
  connection: 'the network, TLS or the credentials file',
} as const;

export type RestartReason = keyof typeof RESTART_REASONS;
