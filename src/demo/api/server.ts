/**
 * An embedded Kubernetes API server on a real TCP socket. It serves LIST and WATCH for Services
 * (and the other `resources`) like the real one, and fails on demand. Loopback only.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type Failure, type FailureMatch, Failures } from './failures.ts';
import { kubeconfig } from './kubeconfig.ts';
import { Lists } from './list.ts';
import { type KubeObject, type ObjectInput, resourceOfKind } from './objects.ts';
import { answerPath, isRead, read } from './reads.ts';
import { type Reply, refusal } from './reply.ts';
import { type ParsedRequest, type ResourceRequest, readRequest, type Verb } from './request.ts';
import { statuses, statusFor } from './status.ts';
import { type Backup, type Change, Store } from './store.ts';
import { Watch, type WatchRequest } from './watch.ts';
import { write } from './writes.ts';

export interface ApiServerOptions {
  /** Loopback address to listen on; `127.0.0.1` if absent. */
  host?: '127.0.0.1' | '::1';
  /** Any free port if absent or 0. */
  port?: number;
  /** PEM. Plain HTTP if absent. */
  tls?: { key: string; cert: string };
  /**
   * Minor version of Kubernetes 1; 34 if absent. Below 31, `spec.type` is not a field selector of
   * Services.
   */
  minor?: number;
  /** Number of changes that a watch can miss before it gets 410; 1000 if absent. */
  keepChanges?: number;
  /** Time between bookmarks, in ms; 60,000 if absent, the same as in kube-apiserver. */
  bookmarkEveryMs?: number;
}

/** One received request. */
export interface SeenRequest {
  /** ms since the epoch. */
  at: number;
  method: string;
  path: string;
  query: Record<string, string>;
  /** Absent for paths without a resource. */
  verb?: Verb;
  /** The sent status; absent while there is no answer. */
  code?: number;
}

const keepRequests = 10_000;

export class ApiServer {
  /** The latest requests, oldest first. */
  readonly requests: SeenRequest[] = [];
  /** The maximum number of watches of one resource that were open at the same time. */
  maxOpenWatches = 0;
  /** The required bearer token, if set; other requests get 401. */
  token: string | undefined;
  /**
   * How a watch with an expired resourceVersion fails: with an ERROR event (the usual way) or with
   * HTTP 410.
   */
  goneAs: 'event' | 'http' = 'event';
  #options: ApiServerOptions;
  #port: number;
  #store: Store;
  #lists: Lists;
  #failures = new Failures();
  #watches = new Set<Watch>();
  #server: Server | undefined;
  #sockets = new Map<number, Socket>();
  #bookmarks: NodeJS.Timeout | undefined;

  constructor(options: ApiServerOptions = {}) {
    this.#options = options;
    this.#port = options.port ?? 0;
    this.#store = new Store(options.keepChanges ?? 1000);
    this.#lists = new Lists(this.#store);
    this.#store.onChange((change) => {
      for (const watch of this.#watches) watch.change(change);
    });
  }

  /** The listening port; it survives `stop` and `start`. */
  get port(): number {
    return this.#port;
  }

  get url(): string {
    const host = this.#options.host ?? '127.0.0.1';
    const scheme = this.#options.tls === undefined ? 'http' : 'https';
    return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${this.#port}`;
  }

  /**
   * Listens; after a stop, on the same port again.
   *
   * @throws Error if the port is taken
   */
  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    const { host = '127.0.0.1', tls, bookmarkEveryMs = 60_000 } = this.#options;
    const server = tls === undefined ? createServer() : createTlsServer(tls);
    server.on('request', (request, response) => this.#onRequest(request, response));
    // Under TLS this is the raw socket, the only one that can send an RST.
    server.on('connection', (socket: Socket) => this.#onConnection(socket));
    server.listen(this.#port, host);
    await once(server, 'listening');
    this.#server = server;
    this.#port = portOf(server.address());
    this.#bookmarks = setInterval(() => this.bookmark(), bookmarkEveryMs);
    this.#bookmarks.unref();
  }

  /** Breaks every connection and closes the port. Objects and resourceVersion stay, as in etcd. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    clearInterval(this.#bookmarks);
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets.values()) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /**
   * Text of a kubeconfig file for this server. Call it after `start`, because it contains the port.
   */
  kubeconfig(): string {
    return kubeconfig(this.url, this.#options.tls?.cert, this.token);
  }

  /** Creates or replaces an object; a Service unless `kind` is set. */
  apply(object: ObjectInput): KubeObject {
    return this.#store.apply(object);
  }

  /** Returns the removed object; undefined if there was none. */
  remove(namespace: string, name: string, kind = 'Service'): KubeObject | undefined {
    return this.#store.remove(resourceOfKind(kind), namespace, name);
  }

  get(namespace: string, name: string, kind = 'Service'): KubeObject | undefined {
    return this.#store.get(resourceOfKind(kind), namespace, name);
  }

  list(kind = 'Service'): KubeObject[] {
    return this.#store.list(resourceOfKind(kind));
  }

  get resourceVersion(): number {
    return this.#store.resourceVersion;
  }

  /** Calls the listener immediately on every change. Returns a function that ends it. */
  onChange(listener: (change: Change) => void): () => void {
    return this.#store.onChange(listener);
  }

  /** Expires every resourceVersion and continue token so far. Open watches continue. */
  compact(): void {
    this.#store.compact();
    this.#lists.expire();
  }

  backup(): Backup {
    return this.#store.backup();
  }

  /**
   * Restores a backup: its objects, and a resourceVersion that is lower than clients have seen.
   * Watches are closed.
   */
  restore(backup: Backup): void {
    this.#store.restore(backup);
    this.#lists.expire();
    this.closeWatches();
  }

  /** Makes the next matching requests fail. Returns a function that ends it. */
  fail(failure: Failure, match: FailureMatch = {}): () => void {
    return this.#failures.add(failure, match);
  }

  /** Number of open watches, of one resource (plural) if given. */
  openWatches(plural?: string): number {
    const open = [...this.#watches];
    return open.filter((watch) => plural === undefined || watch.request.resource.plural === plural)
      .length;
  }

  /** Number of open connections, including idle ones. */
  get openConnections(): number {
    return this.#sockets.size;
  }

  /** Received requests with this verb. */
  requestsOf(verb: Verb): SeenRequest[] {
    return this.requests.filter((request) => request.verb === verb);
  }

  /** Sends a bookmark to the watches that requested them. */
  bookmark(): void {
    for (const watch of this.#watches) watch.bookmark(this.#store.resourceVersion);
  }

  /** Ends every watch in the same way as `timeoutSeconds`. */
  closeWatches(): void {
    for (const watch of this.#watches) watch.close();
  }

  /** Breaks every watch's connection with a TCP RST. */
  resetWatches(): void {
    for (const watch of this.#watches) watch.reset();
  }

  /** Leaves the open watches half-open: no more data and no end. New watches work. */
  freezeWatches(): void {
    for (const watch of this.#watches) watch.freeze();
  }

  /** Sends every watch an ERROR event with the Status of this code, and ends it. */
  failWatches(code: number): void {
    for (const watch of this.#watches) {
      const { plural, group } = watch.request.resource;
      watch.fail(statusFor(code, { verb: 'watch', plural, group }, 1));
    }
  }

  /** Sends a line unchanged to every watch. */
  sendToWatches(line: string): void {
    for (const watch of this.#watches) watch.line(line);
  }

  #onConnection(socket: Socket): void {
    const port = socket.remotePort ?? 0;
    this.#sockets.set(port, socket);
    socket.on('close', () => this.#sockets.delete(port));
  }

  #onRequest(message: IncomingMessage, response: ServerResponse): void {
    const url = URL.parse(message.url ?? '/', 'http://localhost') ?? new URL('http://localhost/');
    const seen: SeenRequest = {
      at: Date.now(),
      method: message.method ?? 'GET',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
    };
    this.requests.push(seen);
    if (this.requests.length > keepRequests) this.requests.splice(0, keepRequests / 2);
    const reset = () => {
      this.#sockets.get(message.socket.remotePort ?? 0)?.resetAndDestroy();
    };
    const request = readRequest(seen.method, url);
    if (request?.verb !== undefined) seen.verb = request.verb;
    void this.#answer(url.pathname, request, message).then((answer) => {
      if (answer === 'hang') return;
      if (answer === 'reset') {
        reset();
      } else if ('selects' in answer) {
        seen.code = 200;
        this.#watch(answer, response, reset);
      } else {
        seen.code = answer.code;
        send(response, answer);
      }
    });
  }

  async #answer(
    path: string,
    request: ParsedRequest | undefined,
    message: IncomingMessage,
  ): Promise<Reply | WatchRequest | 'hang' | 'reset'> {
    const { minor = 34 } = this.#options;
    if (request === undefined) return answerPath(path, minor);
    const { verb } = request;
    if (verb === undefined) return refusal(statuses.methodNotAllowed());
    const full: ResourceRequest = { ...request, verb };
    const failure = this.#failures.take(full);
    if (failure !== undefined) return failure;
    if (this.token !== undefined && message.headers.authorization !== `Bearer ${this.token}`) {
      return refusal(statuses.unauthorized());
    }
    if (isRead(verb)) {
      return read({ store: this.#store, lists: this.#lists, minor, goneAs: this.goneAs }, full);
    }
    return write(this.#store, full, message);
  }

  #watch(request: WatchRequest, response: ServerResponse, reset: () => void): void {
    const watch = new Watch(request, response, reset);
    this.#watches.add(watch);
    response.on('close', () => this.#watches.delete(watch));
    const { plural } = request.resource;
    this.maxOpenWatches = Math.max(this.maxOpenWatches, this.openWatches(plural));
    watch.begin(this.#store);
  }
}

function send(response: ServerResponse, { code, body, headers }: Reply): void {
  const json = typeof body !== 'string';
  const type = json ? 'application/json' : 'text/plain; charset=utf-8';
  response.writeHead(code, { 'content-type': type, ...headers });
  response.end(json ? JSON.stringify(body) : body);
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}
