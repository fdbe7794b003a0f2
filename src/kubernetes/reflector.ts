import { setTimeout as sleep } from 'node:timers/promises';
import type { InformerStatus, RestartReason } from '../model/informer.ts';
import type { ApiRequest, Get, KubernetesApi } from './api.ts';
import { Backoff } from './backoff.ts';
import { ApiError, whyOf } from './errors.ts';
import { Holdings } from './holdings.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { type GetPage, pagesOf } from './list.ts';
import { keyOf, nameOf, type Resource, type Sink, type Slim } from './resource.ts';
import { batchesOf } from './watch.ts';

export type { KubernetesObject, Resource, Sink } from './resource.ts';

/** After so many failures in a row that may be due to our resourceVersion, a new list. */
const DOUBTFUL_FAILURES = 3;

/**
 * Lists and watches one resource until it is aborted, and never gives up: any failure is followed
 * by another try after a backoff, from the last resourceVersion while that is known to be good,
 * else from a new list, which is compared with what is held. One connection at a time carries a
 * list, where one is due, and then its watch.
 */
export class Reflector<T extends Slim> {
  readonly #api: KubernetesApi;
  readonly #resource: Resource<T>;
  readonly #sink: Sink<T>;
  readonly #limits: Limits;
  readonly #holdings: Holdings<T>;
  readonly #backoff: Backoff;
  #fieldSelector: string | undefined;
  /** Where a watch goes on from; empty: a list is due. */
  #version = '';
  #relistAt = 0;
  /** Ends the session under way, for another one that begins with a list. */
  #renew = new AbortController();
  #renewedAt = Number.NEGATIVE_INFINITY;
  /** The last watch said nothing: it may be that the API server has gone back in time. */
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
    this.#sink = sink;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#holdings = new Holdings(resource, sink, (error) => this.#report(error, 'internal', 0));
    const { backoffMs, longestBackoffMs, random } = this.#limits;
    this.#backoff = new Backoff(backoffMs, longestBackoffMs, random);
  }

  /** Runs until `signal` is aborted; never rejects. Not twice at once. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#renew = new AbortController();
      const { signal: renewed } = this.#renew;
      const either = AbortSignal.any([signal, renewed]);
      const waitMs = await this.#api
        .session(either, (get) => this.#follow(get, either))
        // A watch that has ended well; a pause, lest all that were cut off together return together.
        .then(() => this.#limits.random() * this.#limits.backoffMs)
        .catch((error: unknown) => (either.aborted ? 0 : this.#recover(error)));
      await sleep(renewed.aborted ? 0 : waitMs, undefined, { signal: either }).catch(() => {});
    }
  }

  /**
   * Lists anew, over another connection: somebody doubts that what is held is still true. Not more often than
   * `doubtMs`.
   */
  renew(): void {
    const now = performance.now();
    if (now - this.#renewedAt < this.#limits.doubtMs) return;
    this.#renewedAt = now;
    this.#version = '';
    this.#renew.abort();
  }

  async #follow(get: Get, signal: AbortSignal): Promise<void> {
    if (
      !this.#version ||
      performance.now() >= this.#relistAt ||
      (await this.#isBehind(get, signal))
    )
      await this.#list(get, signal);
    await this.#watch(get, signal);
  }

  /** Tells the sink, and what the next try begins with; returns how long to wait for it. */
  #recover(error: unknown): number {
    const { status, reason, retryAfterMs } =
      error instanceof ApiError ? error : new ApiError('internal', whyOf(error));
    if (status === 400 && this.#fieldSelector) {
      this.#fieldSelector = undefined; // an API server before Kubernetes 1.31
      this.#version = '';
      return 0;
    }
    const retryMs = this.#backoff.next(retryAfterMs);
    if (this.#isDoubtful(reason)) this.#version = '';
    this.#report(error, reason, retryMs);
    return retryMs;
  }

  /** Whether a failure calls for a new list. One while the API server is away does not. */
  #isDoubtful(reason: RestartReason): boolean {
    if (reason === 'gone' || reason === 'malformed') return true;
    const mayBeOurs = reason === 'server_error' || reason === 'closed';
    return mayBeOurs && this.#backoff.failures % DOUBTFUL_FAILURES === 0;
  }

  /**
   * After a silent watch: whether the API server is at an earlier version than we are, as after etcd
   * was restored from a backup. It accepts a watch from the future, and says nothing on it.
   */
  async #isBehind(get: Get, signal: AbortSignal): Promise<boolean> {
    if (!this.#wasSilent) return false;
    for await (const { version } of this.#pages(get, signal, 1)) {
      this.#wasSilent = false;
      const areNumbers = /^\d+$/.test(version) && /^\d+$/.test(this.#version);
      return !areNumbers || BigInt(version) < BigInt(this.#version);
    }
    return true;
  }

  async #list(get: Get, signal: AbortSignal): Promise<void> {
    const now = performance.now();
    // Now and then, since an API server that did not know it may have been upgraded.
    if (now >= this.#relistAt) this.#fieldSelector = this.#resource.fieldSelector;
    // Before it has succeeded: while it does not, a watch is better than none.
    this.#relistAt = now + this.#jittered(this.#limits.relistMs);
    const isFirst = !this.#status.synced;
    const keys = new Set<string>();
    let last = '';
    for await (const { version, items } of this.#pages(get, signal)) {
      const objects = new Map(items.map((object) => [keyOf(object), object]));
      this.#holdings.apply(objects, isFirst);
      for (const key of objects.keys()) keys.add(key);
      last = version;
    }
    this.#holdings.retain(keys);
    this.#version = last;
    this.#wasSilent = false;
    this.#setStatus({ synced: true, lastListAt: Date.now(), lastContactAt: Date.now() });
  }

  #pages(get: Get, signal: AbortSignal, limit?: number): ReturnType<typeof pagesOf> {
    const { answerMs, listMs } = this.#limits;
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(listMs)]);
    const what = `list ${nameOf(this.#resource)}`;
    const getPage: GetPage = (query) => get(this.#request(what, deadline, query, answerMs));
    return pagesOf(what, getPage, limit);
  }

  async #watch(get: Get, signal: AbortSignal): Promise<void> {
    const { watchMs, answerMs, silenceMs, settledMs } = this.#limits;
    const untilRelist = Math.max(this.#relistAt - performance.now(), 2 * settledMs);
    const seconds = Math.ceil(Math.min(this.#jittered(watchMs), untilRelist) / 1000);
    // The API server ends it in time; should it not, we do.
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
    const beganAt = performance.now();
    this.#setStatus({ connected: true, lastContactAt: Date.now() });
    try {
      for await (const { version, objects } of batchesOf(body, what)) {
        this.#holdings.apply(objects, false);
        this.#version = version;
        this.#setStatus({ lastContactAt: Date.now() });
      }
      this.#setStatus({ lastContactAt: Date.now() });
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
      if (performance.now() - beganAt >= settledMs) this.#backoff.reset();
    }
    const livedMs = Math.round(performance.now() - beganAt);
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

  #jittered(ms: number): number {
    return ms * (1 + this.#limits.random());
  }

  /** A sink that throws must not end the watch. */
  #setStatus(change: Partial<InformerStatus>): void {
    this.#status = { ...this.#status, ...change };
    try {
      this.#sink.status(this.#status);
    } catch (error) {
      this.#report(error, 'internal', 0);
    }
  }

  #report(error: unknown, reason: RestartReason, retryMs: number): void {
    try {
      this.#sink.failed(error, reason, retryMs);
    } catch {
      // Nobody is left to tell.
    }
  }
}
