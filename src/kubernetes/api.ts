import { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node';
import { Agent, type Dispatcher, request } from 'undici';
import { ApiError, refused, unreachable, whyOf } from './errors.ts';
import { textOf } from './list.ts';

export interface ApiRequest {
  /** For messages: verb and resource, as `list services`. */
  readonly what: string;
  /** From the root, as `/api/v1/services`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** To change something; it is a GET without. A PATCH is a JSON merge patch. */
  readonly write?: { readonly method: 'POST' | 'PATCH'; readonly body: object };
  readonly signal: AbortSignal;
  /** Limit for the answer to begin, in milliseconds. */
  readonly answerMs: number;
  /** Limit for silence within it, in milliseconds: half-open connections end here. */
  readonly silenceMs: number;
}

/**
 * GETs, or writes; gives the body once the headers have come.
 * @throws ApiError for any status but 200 and 201, and, as the body does too, for what the network throws
 */
export type Get = (request: ApiRequest) => Promise<AsyncIterable<Uint8Array>>;

/** Longest error body that is read; a Status object is far shorter. */
const MAX_ERROR_BODY = 64 * 1024;
/** For exec plug-ins, which may hang. */
const CREDENTIALS_MS = 30_000;

/**
 * Access to the API server: addresses, TLS and credentials (with token files and exec
 * plug-ins) by client-node's KubeConfig, the transport by undici.
 */
export class KubernetesApi {
  #config: KubeConfig;

  constructor(config: KubeConfig) {
    this.#config = config;
  }

  /** Where the API server is, for messages. */
  get server(): string {
    return this.#config.getCurrentCluster()?.server ?? '';
  }

  /**
   * Requests one after the other on one connection, with the credentials of this moment; the
   * connection is closed when `use` is done, whatever is still under way.
   * @throws ApiError for credentials that are not there; what `use` throws
   */
  async session<T>(signal: AbortSignal, use: (get: Get) => Promise<T>): Promise<T> {
    const context = new RequestContext(this.server, HttpMethod.GET);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CREDENTIALS_MS)]);
    await unlessAborted(this.#config.applySecurityAuthentication(context), limit).catch((cause) => {
      const why = `Cannot get credentials for the API server: ${whyOf(cause)}`;
      throw new ApiError('credentials', why, { cause });
    });
    // One of our own where none is needed for TLS, so that closing it never closes the global one.
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
    // undici follows the signal only once connected, for which it gives 10 s.
    const asked = request(url, { dispatcher, signal, ...limits, ...withBody(headers, write) });
    const answer = await unlessAborted(asked, signal).catch((cause) => {
      throw unreachable(what, cause);
    });
    const { statusCode, body } = answer;
    // Who stops reading half-way has no use for how the rest ends.
    body.on('error', () => {});
    const chunks = chunksOf(body, what);
    if (statusCode === 200 || statusCode === 201) return chunks;
    if (statusCode === 401) this.#forgetCredentials();
    const status = (await textOf(chunks, MAX_ERROR_BODY)) ?? '';
    throw refused(what, statusCode, status, answer.headers['retry-after']);
  }

  /** client-node keeps a token for a minute, and an exec plug-in's for as long as that has said. */
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

/** What the promise gives; rejects as soon as `signal` is aborted. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  return Promise.race([promise, aborted]).finally(() =>
    signal.removeEventListener('abort', onAbort),
  );
}
