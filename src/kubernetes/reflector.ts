import { setTimeout as sleep } from 'node:timers/promises';
import type { InformerStatus, RelistReason, RestartReason } from '../model/informer.ts';
import { steadyNow } from '../model/time.ts';
import type { ApiRequest, Get, KubernetesApi } from './api.ts';
import { Backoff } from './backoff.ts';
import { ApiError, whyOf } from './errors.ts';
import { Holdings } from './holdings.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { type GetPage, type ListPage, pagesOf } from './list.ts';
import { Relister } from './relister.ts';
import { nameOf, type Resource, type Sink, type Slim } from './resource.ts';
import { batchesOf } from './watch.ts';

export type { KubernetesObject, Resource, Sink } from './resource.ts';

/**
 * After this many failures in a row that our resourceVersion may have caused, everything is listed
 * again.
 */
const DOUBTFUL_FAILURES = 3;

/**
 * Lists and watches one resource until the signal aborts. It never gives up: after any failure it
 * retries with a backoff, from the last resourceVersion if that is known to be valid, else from a
 * new list. That list and its watch share a connection. Requested and periodic lists have another
 * connection, so that the watch continues.
 */
export class Reflector<T extends Slim> {
  readonly #api: KubernetesApi;
  readonly #resource: Resource<T>;
  readonly #sink: Sink<T>;
  readonly #limits: Limits;
  readonly #holdings: Holdings<T>;
  readonly #watchBackoff: Backoff;
  readonly #listBackoff: Backoff;
  readonly #relister: Relister;
  #fieldSelector: string | undefined;
  /** The version that the next watch starts from; empty: a list is due. */
  #version = '';
  #relistReason: RelistReason = 'failed_watch';
  /** Ends the current watch, to start another one. */
  #watching = new AbortController();
  /** When the watch last delivered data. */
  #deliveredAt = 0;
  /** The last watch delivered nothing. The API server may have returned to an earlier version. */
  #wasSilent = false;
  #status: InformerStatus = { synced: false, connected: false };

  constructor(
    api: KubernetesApi,
    resource: Resource<T>,
    sink: Sink<T>,
    limits: Partial<Limits> = {},
  ) {
    this.#api = api;
    this.#resource = resource;
    this.#fieldSelector = resource.fieldSelector;
    this.#sink = sink;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#holdings = new Holdings(resource, sink, (error) => this.#report(error, 'internal', 0));
    const { backoffMs, longestBackoffMs, random } = this.#limits;
    this.#watchBackoff = new Backoff(backoffMs, longestBackoffMs, random);
    this.#listBackoff = new Backoff(backoffMs, longestBackoffMs, random);
    this.#relister = new Relister({
      limits: this.#limits,
      list: (reason, signal) =>
        this.#api.session(signal, (get) => this.#listBeside(get, reason, signal)),
      failed: (error) => this.#failed(error, this.#listBackoff).retryMs,
    });
  }

  /** Runs until `signal` aborts; never rejects. Must not be called again while it runs. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#run(signal), this.#relister.run(signal)]);
  }

  /** Requests a list next to the watch, because the data may be wrong. */
  relist(): void {
    this.#relister.request('doubt');
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#watching = new AbortController();
      const { signal: renewed } = this.#watching;
      const either = AbortSignal.any([signal, renewed]);
      const waitMs = await this.#api
        .session(either, (get) => this.#follow(get, either))
        // After a watch that ended well; a pause, so that clients that were cut off together do not
        // return together.
        .then(() => this.#limits.random() * this.#limits.backoffMs)
        .catch((error: unknown) => this.#recover(renewed.aborted ? renewed.reason : error, signal));
      await sleep(waitMs, undefined, { signal }).catch(() => {});
    }
  }

  async #follow(get: Get, signal: AbortSignal): Promise<void> {
    if (this.#version && this.#wasSilent && (await this.#isBehind(get, signal)))
      this.#listIsDue('restored');
    if (!this.#version) await this.#listFirst(get, signal);
    await this.#watch(get, signal);
  }

  /**
   * Reports a failure of the watch and prepares the next attempt; returns the wait in milliseconds.
   */
  #recover(error: unknown, signal: AbortSignal): number {
    if (signal.aborted) return 0;
    if (this.#dropsSelector(error)) {
      this.#listIsDue('failed_watch');
      return 0;
    }
    const { reason, retryMs } = this.#failed(error, this.#watchBackoff);
    if (this.#isDoubtful(reason)) this.#listIsDue('failed_watch');
    return retryMs;
  }

  #failed(error: unknown, backoff: Backoff): { reason: RestartReason; retryMs: number } {
    const { reason, retryAfterMs } =
      error instanceof ApiError ? error : new ApiError('internal', whyOf(error));
    const retryMs = backoff.next(retryAfterMs);
    this.#setStatus({ failure: reason });
    this.#report(error, reason, retryMs);
    return { reason, retryMs };
  }

  #listIsDue(reason: RelistReason): void {
    this.#version = '';
    this.#relistReason = reason;
  }

  /**
   * Whether a failure requires a new list. A failure while the API server is unavailable does not.
   */
  #isDoubtful(reason: RestartReason): boolean {
    if (reason === 'gone' || reason === 'malformed') return true;
    const mayBeOurs = reason === 'server_error' || reason === 'closed';
    return mayBeOurs && this.#watchBackoff.failures % DOUBTFUL_FAILURES === 0;
  }

  /**
   * API servers before Kubernetes 1.31 do not support the field selector; then all objects are
   * requested.
   */
  #dropsSelector(error: unknown): boolean {
    const isUnknown =
      error instanceof ApiError && error.status === 400 && this.#fieldSelector !== undefined;
    if (isUnknown) this.#fieldSelector = undefined;
    return isUnknown;
  }

  /**
   * After a silent watch: whether the API server is at an earlier version than this client, for
   * example after a restore of etcd. Such a server accepts a watch from a future version and
   * delivers nothing.
   */
  async #isBehind(get: Get, signal: AbortSignal): Promise<boolean> {
    for await (const { version } of this.#pages(get, signal, 1)) {
      this.#wasSilent = false;
      const areNumbers = /^\d+$/.test(version) && /^\d+$/.test(this.#version);
      return !areNumbers || BigInt(version) < BigInt(this.#version);
    }
    return true;
  }

  /** The list before a watch. */
  async #listFirst(get: Get, signal: AbortSignal): Promise<void> {
    this.#relister.pause();
    if (this.#status.synced) this.#relisting(this.#relistReason);
    const { version } = await this.#list(get, signal);
    this.#version = version;
    this.#wasSilent = false;
    this.#relister.resume();
  }

  /**
   * A list while the watch runs. If it shows a change that the watch has not delivered, the watch
   * is dead.
   */
  async #listBeside(get: Get, reason: RelistReason, signal: AbortSignal): Promise<void> {
    // Retried periodically, because an API server without support may have been upgraded.
    if (reason === 'periodic') this.#fieldSelector = this.#resource.fieldSelector;
    this.#relisting(reason);
    const beganAt = steadyNow();
    const { hasChanged } = await this.#list(get, signal);
    this.#listBackoff.reset();
    if (!hasChanged || !this.#status.connected || this.#deliveredAt >= beganAt) return;
    const what = `watch ${nameOf(this.#resource)}`;
    this.#watching.abort(
      new ApiError('missed', `Cannot ${what}: a list shows a change that it has not delivered`),
    );
  }

  async #list(get: Get, signal: AbortSignal): Promise<{ version: string; hasChanged: boolean }> {
    const lastListAt = steadyNow();
    let version = '';
    const itemsOf = async function* (pages: AsyncIterable<ListPage>) {
      for await (const page of pages) {
        version = page.version;
        yield page.items;
      }
    };
    const into = (pages: AsyncIterable<ListPage>) =>
      this.#holdings.listed(itemsOf(pages), !this.#status.synced, signal);
    const hasChanged = await into(this.#pages(get, signal)).catch((error: unknown) => {
      if (!this.#dropsSelector(error)) throw error;
      return into(this.#pages(get, signal));
    });
    this.#setStatus({
      synced: true,
      lastListAt,
      lastContactAt: steadyNow(),
      failure: undefined,
    });
    return { version, hasChanged };
  }

  #pages(get: Get, signal: AbortSignal, limit?: number): ReturnType<typeof pagesOf> {
    const { answerMs, listMs } = this.#limits;
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(listMs)]);
    const what = `list ${nameOf(this.#resource)}`;
    const getPage: GetPage = (query) => get(this.#request(what, deadline, query, answerMs));
    return pagesOf(what, getPage, limit);
  }

  async #watch(get: Get, signal: AbortSignal): Promise<void> {
    const { watchMs, answerMs, silenceMs, settledMs, random } = this.#limits;
    const seconds = Math.ceil((watchMs * (1 + random())) / 1000);
    // The API server normally ends the watch in time; this timeout ends it otherwise.
    const limit = AbortSignal.timeout(seconds * 1000 + answerMs);
    const what = `watch ${nameOf(this.#resource)}`;
    const query = {
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: this.#version,
      timeoutSeconds: String(seconds),
    };
    const eitherSignal = AbortSignal.any([signal, limit]);
    const body = await get(this.#request(what, eitherSignal, query, silenceMs));
    const beganAt = this.#delivered({ connected: true });
    try {
      for await (const { version, objects } of batchesOf(body, what)) {
        this.#holdings.watched(objects);
        this.#version = version;
        this.#delivered();
      }
      this.#delivered();
    } catch (error) {
      if (limit.aborted) return;
      if (!(error instanceof ApiError) || error.reason !== 'timeout') throw error;
      this.#wasSilent = true;
      throw new ApiError(
        'silence',
        `Cannot ${what}: no event or bookmark, got ${silenceMs} ms of silence`,
      );
    } finally {
      this.#setStatus({ connected: false });
      if (steadyNow() - beganAt >= settledMs) this.#watchBackoff.reset();
    }
    const livedMs = Math.round(steadyNow() - beganAt);
    if (livedMs < settledMs)
      throw new ApiError(
        'closed',
        `Cannot ${what}: the API server ended it, got ${livedMs} ms of it`,
      );
  }

  #request(
    what: string,
    signal: AbortSignal,
    query: Readonly<Record<string, string>>,
    silenceMs: number,
  ): ApiRequest {
    const { path, labelSelector } = this.#resource;
    const selectors = {
      ...(this.#fieldSelector ? { fieldSelector: this.#fieldSelector } : {}),
      ...(labelSelector ? { labelSelector } : {}),
    };
    const { answerMs } = this.#limits;
    return { what, path, query: { ...query, ...selectors }, signal, answerMs, silenceMs };
  }

  /** Records that the watch has delivered data. */
  #delivered(change: Partial<InformerStatus> = {}): number {
    this.#deliveredAt = steadyNow();
    this.#setStatus({ ...change, lastContactAt: this.#deliveredAt, failure: undefined });
    return this.#deliveredAt;
  }

  /** An error of the sink must not end the watch. */
  #setStatus(change: Partial<InformerStatus>): void {
    this.#status = { ...this.#status, ...change };
    this.#safely(() => this.#sink.status(this.#status));
  }

  #relisting(reason: RelistReason): void {
    this.#safely(() => this.#sink.relisting?.(reason));
  }

  #safely(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#report(error, 'internal', 0);
    }
  }

  #report(error: unknown, reason: RestartReason, retryMs: number): void {
    try {
      this.#sink.failed(error, reason, retryMs);
    } catch {
      // There is no one left to report the error to.
    }
  }
}
