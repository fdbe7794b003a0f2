import type { RestartReason } from '../model/informer.ts';

/**
 * A request to the API server without a usable answer: the reason, and the consequence for the next
 * attempt.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly reason: RestartReason;
  /** HTTP status, or the `code` of a Status object within a watch. */
  readonly status: number | undefined;
  /** The wait that the server asks for, in milliseconds. */
  readonly retryAfterMs: number;

  constructor(
    reason: RestartReason,
    message: string,
    details: { status?: number; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, 'cause' in details ? { cause: details.cause } : {});
    this.reason = reason;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs ?? 0;
  }
}

const REASONS: Readonly<Record<number, RestartReason>> = {
  401: 'unauthorized',
  403: 'forbidden',
  410: 'gone',
  429: 'throttled',
};

/**
 * The error for a refusal by the API server.
 *
 * @param what for example `list services`
 * @param body a Status object as JSON, or any other text
 */
export function refused(
  what: string,
  status: number,
  body: string,
  retryAfter?: string | readonly string[],
): ApiError {
  const { message, retryAfterSeconds } = readStatus(body);
  const [verb, ...resource] = what.split(' ');
  const verbs = verb === 'list' || verb === 'watch' ? 'list and watch' : verb;
  const why = {
    401: 'the credentials are not accepted',
    403: `RBAC does not allow it; grant ${verbs} on ${resource.join(' ')}`,
    410: 'our resourceVersion is too old',
    429: 'the API server asks us to wait',
  }[status];
  const text = `Cannot ${what}: ${why ?? 'the API server refused'}, got status ${status}: ${message}`;
  const retryAfterMs = waitOf(String(retryAfter ?? retryAfterSeconds ?? ''), Date.now());
  return new ApiError(REASONS[status] ?? 'server_error', text, { status, retryAfterMs });
}

/** The error for an exception of the network, TLS or a deadline. */
export function unreachable(what: string, cause: unknown): ApiError {
  const { name, code } = cause as { name?: unknown; code?: unknown };
  const reason = /time_?(d)?out/i.test(`${name} ${code}`) ? 'timeout' : 'connection';
  return new ApiError(reason, `Cannot ${what}: ${whyOf(cause)}`, { cause });
}

/** The message of an error. An AggregateError has no message of its own. */
export function whyOf(error: unknown): string {
  if (error instanceof AggregateError && !error.message)
    return error.errors.map((each) => whyOf(each)).join('; ');
  return (error instanceof Error && (error.message || error.name)) || String(error);
}

/**
 * Parses Retry-After, in seconds or as an HTTP date, into milliseconds from `now`; 0 for any other
 * text.
 */
export function waitOf(retryAfter: string, now: number): number {
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1000;
  return Math.max(Date.parse(retryAfter) - now, 0) || 0;
}

/** The main content of a Kubernetes Status, or the shortened text of any other body. */
function readStatus(body: string): { message: string; retryAfterSeconds?: unknown } {
  try {
    const status = JSON.parse(body) as {
      message?: unknown;
      details?: { retryAfterSeconds?: unknown };
    } | null;
    if (typeof status?.message === 'string') {
      const retryAfterSeconds = status.details?.retryAfterSeconds;
      return { message: status.message.slice(0, 1000), retryAfterSeconds };
    }
  } catch {
    // Not JSON: the answer came from a proxy in front of the API server.
  }
  return { message: body.slice(0, 200) || 'no message' };
}
