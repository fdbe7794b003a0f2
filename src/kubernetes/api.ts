import { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node';
import { Agent, type Dispatcher, request } from 'undici';

/** The API server answered with an error. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP status, or the `code` of a Status object that came within a watch. */
  readonly status: number;
  /** What the server asks us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(what: string, status: number, why: string, retryAfterMs?: number) {
    super(`Cannot ${what}: ${why}, got status ${status}`);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface ApiRequest {
  /** From the root, as `/api/v1/services`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Limit for the reply to begin, in milliseconds. */
  readonly headersTimeoutMs: number;
  /** Limit for silence within the body, in milliseconds: half-open connections end here. */
  readonly bodyTimeoutMs: number;
}

/** Longest error body that is read; a Status object is far shorter. */
const MAX_ERROR_BODY = 16_384;

/**
 * Read-only access to the API server: addresses, TLS and credentials (with token files and exec
 * plug-ins, re-read for each request) by client-node's KubeConfig, the transport by undici.
 */
export class KubernetesApi {
  readonly #config: KubeConfig;

  constructor(config: KubeConfig) {
    this.#config = config;
  }

  /** Where the API server is, for messages. */
  get server(): string {
    return this.#config.getCurrentCluster()?.server ?? '';
  }

  /**
   * GETs and hands the body to `read`; the connection is closed when `read` is done.
   * @throws ApiError for any status but 200; what the network or the credentials throw
   */
  async get<T>(
    { path, query, signal, headersTimeoutMs, bodyTimeoutMs }: ApiRequest,
    read: (body: Dispatcher.ResponseData['body']) => Promise<T>,
  ): Promise<T> {
    const url = new URL(this.server + path);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const context = new RequestContext(url.href, HttpMethod.GET);
    await this.#config.applySecurityAuthentication(context);
    // One of our own where none is needed for TLS, so that closing it never closes somebody else's.
    const dispatcher = (context.getDispatcher() as Dispatcher | undefined) ?? new Agent();
    try {
      const { statusCode, headers, body } = await request(url, {
        dispatcher,
        headers: { ...context.getHeaders(), accept: 'application/json' },
        signal,
        headersTimeout: headersTimeoutMs,
        bodyTimeout: bodyTimeoutMs,
      });
      // Who stops reading half-way has no use for how the rest ends.
      body.on('error', () => {});
      if (statusCode === 200) return await read(body);
      const why = messageOf(await textOf(body));
      const retryAfterMs = Number(headers['retry-after']) * 1000 || undefined;
      throw new ApiError(`GET ${path}`, statusCode, why, retryAfterMs);
    } finally {
      await dispatcher.destroy();
    }
  }
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of body) {
    text += chunk.toString();
    if (text.length > MAX_ERROR_BODY) break;
  }
  return text;
}

/** The message of a Kubernetes Status, or what came instead, shortened. */
export function messageOf(text: string): string {
  try {
    const status: unknown = JSON.parse(text);
    if (status && typeof status === 'object' && 'message' in status) return String(status.message);
  } catch {
    // Not JSON: a proxy between us and the API server has answered.
  }
  return text.slice(0, 200) || 'no message';
}

/**
 * Credentials: the file, else `$KUBECONFIG`, `~/.kube/config`, or the pod's ServiceAccount.
 * @throws Error that names the file or says that there is none
 */
export function loadKubeConfig(file: string | undefined): KubeConfig {
  const config = new KubeConfig();
  try {
    if (file) config.loadFromFile(file);
    else config.loadFromDefault();
  } catch (cause) {
    // The YAML parser draws a picture under its first line.
    const [why] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw new Error(
      `Cannot read the kubeconfig: ${why}, got ${JSON.stringify(file ?? 'the default')}`,
      { cause },
    );
  }
  const server = config.getCurrentCluster()?.server;
  if (!server || !URL.canParse(server)) {
    throw new Error(
      `Cannot use the kubeconfig: its current context names no cluster with a server address, got ${JSON.stringify(config.getCurrentContext())}`,
    );
  }
  return config;
}
