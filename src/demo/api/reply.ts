/** The reply to a request that is not a watch. */
import type { Status } from './status.ts';

export interface Reply {
  code: number;
  /** JSON, or plain text if a string. */
  body: object | string;
  headers?: Record<string, string>;
}

/** A Status with its own code, and with Retry-After if it has a wait. */
export function refusal(status: Status): Reply {
  const seconds = status.details?.retryAfterSeconds;
  return {
    code: status.code,
    body: status,
    ...(seconds === undefined ? {} : { headers: { 'retry-after': String(seconds) } }),
  };
}
