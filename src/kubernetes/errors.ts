import type { RestartReason } from '../model/informer.ts';

/** No answer of the API server that can be used: why, and what that means for the next try. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly reason: RestartReason;
  /** HTTP status, or the `code` of a Status object that came within a watch. */
  readonly status: number | undefined;
  /** What the server asks us to wait, in milliseconds. */
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
 * The API server has refused.
 * @param what as `list services`
 * @param body a Status object as JSON, or what came in its place
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

/** What the network, TLS or a deadline threw. */
export function unreachable(what: string, cause: unknown): ApiError {
  const { name, code } = cause as { name?: unknown; code?: unknown };
  const reason = /time_?(d)?out/i.test(`${name} ${code}`) ? 'timeout' : 'connection';
  return new ApiError(reason, `Cannot ${what}: ${whyOf(cause)}`, { cause });
}

/** The message of an error; that of several at once has none of its own. */
export function whyOf(error: unknown): string {
  if (error instanceof AggregateError && !error.message)
    return error.errors.map((each) => whyOf(each)).join('; ');
  return (error instanceof Error && (error.message || error.name)) || String(error);
}

/** Retry-After, in seconds or as an HTTP date, as milliseconds from `now`; 0 for anything else. */
export function waitOf(retryAfter: string, now: number): number {
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1000;
  return Math.max(Date.parse(retryAfter) - now, 0) || 0;
}

/** The gist of a Kubernetes Status, or what came instead, shortened. */
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
    // Not JSON: a proxy between us and the API server has answered.
  }
  return { message: body.slice(0, 200) || 'no message' };
}
