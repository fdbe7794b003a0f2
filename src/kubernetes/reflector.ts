import { setTimeout as sleep } from 'node:timers/promises';
import type { InformerStatus, RestartReason } from '../model/informer.ts';
import { ApiError, type KubernetesApi, messageOf } from './api.ts';
import { linesOf } from './lines.ts';

/** An object of the API server, before it is slimmed: hostile in all but its outer shape. */
export interface KubernetesObject {
  readonly metadata?: {
    readonly namespace?: string;
    readonly name?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
  };
  readonly [field: string]: unknown;
}

export interface Resource<T> {
  /** Collection over all namespaces, as `/api/v1/services`. */
  readonly path: string;
  /** Tried first; API servers that do not know it are asked for everything. */
  readonly fieldSelector?: string;
  /** Our own small record, or undefined for an object that we do not want: it then counts as gone. */
  readonly slim: (object: KubernetesObject) => T | undefined;
}

export interface Sink<T> {
  /** `listed`: found by the first list, so it may have existed for long; else seen being created or edited. */
  upsert(items: readonly T[], listed: boolean): void;
  /** By `namespace/name`. */
  gone(keys: readonly string[]): void;
  status(status: InformerStatus): void;
  /** A list or watch failed and will be tried again. */
  failed(error: unknown, reason: RestartReason, retryMs: number): void;
}

const PAGE = 500;
const LIST_TIMEOUT_MS = 30_000;
/** The API server sends a bookmark about once a minute: this much silence means a dead connection. */
const WATCH_SILENCE_MS = 90_000;
/** Watches are renewed after 5 to 10 minutes, as client-go does, so that connections spread over API servers. */
const WATCH_SECONDS = 300;
const BACKOFF_FIRST_MS = 500;
const BACKOFF_LONGEST_MS = 30_000;
const MAX_RESTARTS_UNTIL_LIST = 3;

/**
 * Lists and watches one resource until it is aborted, and never gives up: any failure is followed
 * by another try after a full-jitter backoff, from the last resourceVersion while that is known to
 * be good, else from a new list, which is compared with what is held.
 */
export class Reflector<T extends { readonly key: string; readonly uid: string }> {
  readonly #api: KubernetesApi;
  readonly #resource: Resource<T>;
  readonly #sink: Sink<T>;
  /** What the sink has been told of, by key: the object's resourceVersion. */
  readonly #held = new Map<string, { readonly uid: string; readonly version: string }>();
  #fieldSelector: string | undefined;
  #resourceVersion = '';
  #failures = 0;
  #status: InformerStatus = { synced: false, connected: false };

  constructor(api: KubernetesApi, resource: Resource<T>, sink: Sink<T>) {
    this.#api = api;
    this.#resource = resource;
    this.#sink = sink;
    this.#fieldSelector = resource.fieldSelector;
  }

  /** Runs until `signal` is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (!this.#resourceVersion) await this.#list(signal);
        await this.#watch(signal);
        // The server ended it, as it does every few minutes; a pause, lest one that ends all at once be hammered.
        await sleep(Math.random() * BACKOFF_FIRST_MS, undefined, { signal });
      } catch (error) {
        if (signal.aborted) break;
        await this.#recover(error, signal);
      }
    }
    this.#setStatus({ connected: false });
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    this.#setStatus({ connected: false });
    const status = error instanceof ApiError ? error.status : undefined;
    if (status === 400 && this.#fieldSelector && /field selector/.test(String(error))) {
      this.#fieldSelector = undefined; // an API server before Kubernetes 1.31
      this.#resourceVersion = '';
      return;
    }
    const reason = reasonOf(error);
    this.#failures++;
    // 410 says that our version is too old; when tries keep failing, the version may be the cause.
    if (reason === 'gone' || this.#failures % MAX_RESTARTS_UNTIL_LIST === 0)
      this.#resourceVersion = '';
    const ceiling = Math.min(BACKOFF_LONGEST_MS, BACKOFF_FIRST_MS * 2 ** (this.#failures - 1));
    const asked = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
    const retryMs = asked + Math.random() * ceiling;
    this.#sink.failed(error, reason, retryMs);
    await sleep(retryMs, undefined, { signal }).catch(() => {});
  }

  async #list(signal: AbortSignal): Promise<void> {
    const seen = new Set<string>();
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(LIST_TIMEOUT_MS)]);
    const found: { item: T; version: string }[] = [];
    let version = '';
    let next = '';
    do {
      const page = await this.#get<ListPage>(deadline, {
        limit: String(PAGE),
        ...(next ? { continue: next } : {}),
      });
      for (const object of page.items ?? []) {
        const item = this.#resource.slim(object);
        if (!item) continue;
        seen.add(item.key);
        found.push({ item, version: object.metadata?.resourceVersion ?? '' });
      }
      version = page.metadata?.resourceVersion ?? '';
      next = page.metadata?.continue ?? '';
    } while (next);
    if (!version) throw new Error('Cannot use a list: it has no resourceVersion, got ""');

    const isFirst = !this.#status.synced;
    const gone = [...this.#held.keys()].filter((key) => !seen.has(key));
    for (const key of gone) this.#held.delete(key);
    if (gone.length > 0) this.#sink.gone(gone);
    const news = found.filter(({ item, version }) => this.#hold(item, version));
    if (news.length > 0)
      this.#sink.upsert(
        news.map(({ item }) => item),
        isFirst,
      );
    this.#resourceVersion = version;
    this.#setStatus({ synced: true, lastListAt: Date.now(), lastContactAt: Date.now() });
  }

  async #get<R>(signal: AbortSignal, query: Record<string, string>): Promise<R> {
    const selector = this.#fieldSelector ? { fieldSelector: this.#fieldSelector } : {};
    const limits = { headersTimeoutMs: LIST_TIMEOUT_MS, bodyTimeoutMs: LIST_TIMEOUT_MS };
    const request = {
      path: this.#resource.path,
      query: { ...query, ...selector },
      signal,
      ...limits,
    };
    return this.#api.get(request, async (body) => (await body.json()) as R);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const query = {
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: this.#resourceVersion,
      timeoutSeconds: String(Math.round(WATCH_SECONDS * (1 + Math.random()))),
      ...(this.#fieldSelector ? { fieldSelector: this.#fieldSelector } : {}),
    };
    const limits = { headersTimeoutMs: LIST_TIMEOUT_MS, bodyTimeoutMs: WATCH_SILENCE_MS };
    await this.#api.get({ path: this.#resource.path, query, signal, ...limits }, async (body) => {
      this.#setStatus({ connected: true, lastContactAt: Date.now() });
      for await (const line of linesOf(body)) this.#event(line);
    });
  }

  /** @throws ApiError for an ERROR event; SyntaxError, TypeError for what is no event: the watch then starts anew */
  #event(line: string): void {
    const { type, object } = (JSON.parse(line) ?? {}) as WatchEvent;
    if (type === 'ERROR') {
      throw new ApiError(
        `watch ${this.#resource.path}`,
        Number(object?.code) || 500,
        messageOf(JSON.stringify(object)),
      );
    }
    const version = object?.metadata?.resourceVersion;
    if (!object || !version)
      throw new TypeError(
        `Cannot use a watch event: it has no resourceVersion, got ${line.slice(0, 200)}`,
      );
    this.#resourceVersion = version;
    this.#failures = 0;
    this.#setStatus({ lastContactAt: Date.now() });
    if (type === 'BOOKMARK') return;
    const item = this.#resource.slim(object);
    if (item && type !== 'DELETED') {
      if (this.#hold(item, version)) this.#sink.upsert([item], false);
      return;
    }
    const key = `${object.metadata?.namespace}/${object.metadata?.name}`;
    if (this.#held.delete(key)) this.#sink.gone([key]);
  }

  /** Whether the sink has yet to hear of this. */
  #hold(item: T, version: string): boolean {
    const held = this.#held.get(item.key);
    if (held && held.uid === item.uid && held.version === version) return false;
    this.#held.set(item.key, { uid: item.uid, version });
    return true;
  }

  #setStatus(change: Partial<InformerStatus>): void {
    this.#status = { ...this.#status, ...change };
    this.#sink.status(this.#status);
  }
}

interface ListPage {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly KubernetesObject[];
}

interface WatchEvent {
  readonly type?: string;
  readonly object?: KubernetesObject & { readonly code?: unknown };
}

function reasonOf(error: unknown): RestartReason {
  if (error instanceof ApiError) {
    if (error.status === 410) return 'gone';
    if (error.status === 401) return 'unauthorized';
    if (error.status === 403) return 'forbidden';
    if (error.status === 429) return 'throttled';
    return 'server_error';
  }
  if ([SyntaxError, TypeError, RangeError].some((kind) => error instanceof kind))
    return 'malformed';
  const name = error instanceof Error ? error.name : '';
  return /Timeout/.test(name) ? 'timeout' : 'connection';
}
