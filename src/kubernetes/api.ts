import {
  type Agent,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as overPlain,
} from 'node:http';
import { request as overTls, type RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
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

/** As client-go has it: sooner than load balancers drop a connection on which nothing is sent. */
const KEEP_ALIVE_MS = 30_000;

/**
 * Access to the API server: addresses, TLS, proxies and credentials (with token files and exec
 * plug-ins) by client-node's KubeConfig, the transport by Node.
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
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CREDENTIALS_MS)]);
    const options = await unlessAborted(optionsOf(this.#config), limit).catch((cause) => {
      const why = `Cannot get credentials for the API server: ${whyOf(cause)}`;
      throw new ApiError('credentials', why, { cause });
    });
    try {
      return await use((each) => this.#get(each, options));
    } finally {
      options.agent.destroy();
    }
  }

  async #get(asked: ApiRequest, options: SessionOptions): Promise<AsyncIterable<Uint8Array>> {
    const { what, path, query } = asked;
    const url = new URL(this.server.replace(/\/$/, '') + path);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const answer = await answerTo(url, options, asked).catch((cause) => {
      throw unreachable(what, cause);
    });
    const { statusCode = 0, headers } = answer;
    const chunks = chunksOf(answer, what);
    if (statusCode === 200 || statusCode === 201) return chunks;
    if (statusCode === 401) this.#forgetCredentials();
    const status = (await textOf(chunks, MAX_ERROR_BODY)) ?? '';
    throw refused(what, statusCode, status, headers['retry-after']);
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

type SessionOptions = RequestOptions & { readonly agent: Agent };

/** With an agent of its own: client-node keeps one for all, with the certificates that the first had. */
async function optionsOf(config: KubeConfig): Promise<SessionOptions> {
  const own: KubeConfig = Object.create(KubeConfig.prototype);
  Object.assign(own, config, { agentCache: new Map() });
  const options: RequestOptions = {};
  await own.applyToHTTPSOptions(options);
  const headers = { accept: 'application/json', 'user-agent': 'externalname-monitor' };
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    // Token files written by hand end in a newline.
    Object.assign(headers, { [name]: String(value).trim() });
  }
  const agent = Object.assign(options.agent as Agent, { keepAlive: true, maxSockets: 1 });
  return { ...options, headers, agent };
}

/** The answer, once its headers have come. */
function answerTo(
  url: URL,
  options: SessionOptions,
  { write, signal, answerMs, silenceMs }: ApiRequest,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const send = url.protocol === 'https:' ? overTls : overPlain;
  const sent = send(url, { ...options, ...withBody(options.headers, write) });
  const late = setTimeout(() => sent.destroy(timeout(`no answer within ${answerMs} ms`)), answerMs);
  let answer: IncomingMessage | undefined;
  // Not Node's own `signal`: that ends an answer half-way as if it were whole.
  const onAbort = (): void => {
    (answer ?? sent).destroy(signal.reason);
  };
  signal.addEventListener('abort', onAbort);
  sent.once('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
  sent.once('response', (response) => {
    answer = response;
    sent.setTimeout(silenceMs, () => response.destroy(timeout(`silent for ${silenceMs} ms`)));
    // A reader that stops half-way ignores the end of the body.
    response.on('error', () => {});
    resolve(response);
  });
  sent.on('error', reject);
  sent.once('close', () => {
    signal.removeEventListener('abort', onAbort);
    reject(new Error('the connection was closed'));
  });
  if (signal.aborted) onAbort();
  sent.end(write && JSON.stringify(write.body));
  return promise.finally(() => clearTimeout(late));
}

function timeout(message: string): Error {
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' });
}

function withBody(headers: RequestOptions['headers'], write: ApiRequest['write']): RequestOptions {
  if (!write) return { method: 'GET' };
  const { method } = write;
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  return { method, headers: { ...(headers as OutgoingHttpHeaders), 'content-type': type } };
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
