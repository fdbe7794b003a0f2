import { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node';
import { Agent, type Dispatcher, request } from 'undici';
import { ApiError, refused, unreachable, whyOf } from './errors.ts';
import { textOf } from './list.ts';

export interface ApiRequest {
  /** Verb and resource for messages, such as `list services`. */
  readonly what: string;
  /** The path from the root, such as `/api/v1/services`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Makes the request a write; without it the request is a GET. A PATCH is a JSON merge patch. */
  readonly write?: { readonly method: 'POST' | 'PATCH'; readonly body: object };
  readonly signal: AbortSignal;
  /** Time limit for the start of the answer, in milliseconds. */
  readonly answerMs: number;
  /** Time limit for silence within the answer, in milliseconds; it ends half-open connections. */
  readonly silenceMs: number;
}

/**
 * Sends a GET or a write, and returns the body once the headers have arrived.
 *
 * @throws ApiError for any status except 200 and 201, and for network errors, also while the body
 * is read
 */
export type Get = (request: ApiRequest) => Promise<AsyncIterable<Uint8Array>>;

/** Limit for the error body that is read; a Status object is far shorter. */
const MAX_ERROR_BODY = 64 * 1024;
/** Limit for exec plug-ins, which may hang. */
const CREDENTIALS_MS = 30_000;

/**
 * Access to the API server. client-node's KubeConfig provides addresses, TLS and credentials (with
 * token files and exec plug-ins); undici is the transport.
 */
export class KubernetesApi {
  #config: KubeConfig;

  constructor(config: KubeConfig) {
    this.#config = config;
  }

  /** The address of the API server, for messages. */
  get server(): string {
    return this.#config.getCurrentCluster()?.server ?? '';
  }

  /**
   * Runs requests one after the other on one connection, with the current credentials. The
   * connection is closed when `use` is done, even if requests are still running.
   *
   * @throws ApiError for missing credentials, and any error of `use`
   */
  async session<T>(signal: AbortSignal, use: (get: Get) => Promise<T>): Promise<T> {
    const context = new RequestContext(this.server, HttpMethod.GET);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CREDENTIALS_MS)]);
    await unlessAborted(this.#config.applySecurityAuthentication(context), limit).catch((cause) => {
      const why = `Cannot get credentials for the API server: ${whyOf(cause)}`;
      throw new ApiError('credentials', why, { cause });
    });
    // A separate dispatcher if TLS does not provide one, so that closing it never closes the global
    // one.
    const dispatcher = (context.getDispatcher() as Dispatcher | undefined) ?? new Agent();
    const headers = { accept: 'application/json', 'user-agent': 'externalname-monitor' };
    for (const [name, value] of Object.entries(context.getHeaders())) {
      // Token files written by hand end in a newline.
      Object.assign(headers, { [name]: value.trim() });
    }
    try {
      return await use((each) => this.#get(each, dispatcher, headers));
    } finally {
      await dispatcher.destroy();
    }
  }

  async #get(
    { what, path, query, write, signal, answerMs, silenceMs }: ApiRequest,
    dispatcher: Dispatcher,
    headers: Record<string, string>,
  ): Promise<AsyncIterable<Uint8Array>> {
    const url = new URL(this.server.replace(/\/$/, '') + path);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const limits = { headersTimeout: answerMs, bodyTimeout: silenceMs };
    // undici obeys the signal only once connected, and the connection may take 10 s.
    const asked = request(url, { dispatcher, signal, ...limits, ...withBody(headers, write) });
    const answer = await unlessAborted(asked, signal).catch((cause) => {
      throw unreachable(what, cause);
    });
    const { statusCode, body } = answer;
    // A reader that stops half-way ignores the end of the body.
    body.on('error', () => {});
    const chunks = chunksOf(body, what);
    if (statusCode === 200 || statusCode === 201) return chunks;
    if (statusCode === 401) this.#forgetCredentials();
    const status = (await textOf(chunks, MAX_ERROR_BODY)) ?? '';
    throw refused(what, statusCode, status, answer.headers['retry-after']);
  }

  /**
   * client-node keeps a token for a minute, and an exec plug-in's token for as long as the plug-in
   * allows.
   */
  #forgetCredentials(): void {
    const { clusters, users, contexts, currentContext } = this.#config;
    this.#config = new KubeConfig();
    this.#config.loadFromOptions({ clusters, users, contexts, currentContext });
  }
}

function withBody(headers: Record<string, string>, write: ApiRequest['write']) {
  if (!write) return { headers };
  const { method, body } = write;
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  return { method, body: JSON.stringify(body), headers: { ...headers, 'content-type': type } };
}

async function* chunksOf(
  body: AsyncIterable<Uint8Array>,
  what: string,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw unreachable(what, cause);
  }
}

/** The result of the promise; rejects as soon as `signal` aborts. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  return Promise.race([promise, aborted]).finally(() =>
    signal.removeEventListener('abort', onAbort),
  );
}
