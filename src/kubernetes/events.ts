import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Get, KubernetesApi } from './api.ts';
import { ApiError } from './errors.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { textOf } from './list.ts';
import { SpamFilter } from './spam-filter.ts';

/** The content of an Event about a Service. */
export interface Occurrence {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly type: 'Normal' | 'Warning';
  /** In CamelCase, for programs. Repetitions about the same Service are one Event with a count. */
  readonly reason: string;
  readonly message: string;
  /**
   * An Event written after this belongs to the same occurrence; in milliseconds since the epoch.
   */
  readonly since: number;
}

const COMPONENT = 'externalname-monitor';
/** The same length as client-go's queue; Events that do not fit are dropped (`maxQueuedEvents`). */
const MOST_QUEUED = 1_000;
/**
 * How often an Event is tried while the API server is unavailable; client-go tries 12 times with
 * the same delay.
 */
const ATTEMPTS = 12;
const RETRY_MS = 10_000;
/** The API server's limit for a message (`NoteLengthLimit` of its validation). */
const LONGEST_MESSAGE = 1_024;
const MAX_EVENT_BYTES = 64 * 1024;

/** The fields that are read from an existing Event. */
interface Held {
  readonly count?: number;
  readonly lastTimestamp?: string | null;
  readonly metadata?: { readonly resourceVersion?: string };
}

/**
 * Writes core/v1 Events by the rules of client-go's recorder, with its rate limit per Service. The
 * name of an Event is derived from its content, so that all replicas write one Event: the first
 * replica creates it, the others find it.
 */
export class EventRecorder {
  readonly #api: KubernetesApi;
  /** The `reportingInstance` of this replica. */
  readonly #instance: string;
  readonly #onError: (error: Error, occurrence: Occurrence) => void;
  readonly #filter = new SpamFilter();
  readonly #queue: Occurrence[] = [];
  readonly #retryMs: number;
  #wake = Promise.withResolvers<void>();

  constructor(
    api: KubernetesApi,
    instance: string,
    onError: (error: Error, occurrence: Occurrence) => void,
    retryMs = RETRY_MS,
  ) {
    this.#api = api;
    this.#instance = instance;
    this.#onError = onError;
    this.#retryMs = retryMs;
  }

  /**
   * Queues an Event; drops it above the rate limit or if the queue is full. `now` is on the steady
   * clock.
   */
  record(occurrence: Occurrence, now: number): void {
    if (this.#queue.length >= MOST_QUEUED || !this.#filter.allows(occurrence.uid, now)) return;
    this.#queue.push(occurrence);
    this.#wake.resolve();
  }

  /** Writes Events until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#wake.resolve(), { once: true });
    for (let attempt = 1; !signal.aborted; ) {
      if (this.#queue.length === 0) {
        await this.#wake.promise;
        this.#wake = Promise.withResolvers();
        continue;
      }
      const [first] = this.#queue;
      try {
        await this.#api.session(signal, (get) => this.#drain(get, signal));
        attempt = 1;
      } catch (error) {
        if (signal.aborted || !first) return;
        const isStuck = this.#queue[0] === first;
        attempt = isStuck ? attempt + 1 : 1;
        if (!isWorthAnotherTry(error) || attempt > ATTEMPTS) {
          this.#queue.shift();
          attempt = 1;
          this.#onError(error as Error, first);
          continue;
        }
        await sleep(this.#retryMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  async #drain(get: Get, signal: AbortSignal): Promise<void> {
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      await this.#write(get, next, Date.now(), signal);
      this.#queue.shift();
    }
  }

  async #write(get: Get, what: Occurrence, now: number, signal: AbortSignal): Promise<void> {
    const events = `/api/v1/namespaces/${what.namespace}/events`;
    const name = nameOf(what);
    const ask = (verb: string, path: string, write?: Parameters<Get>[0]['write']) =>
      get({
        what: `${verb} events`,
        path,
        query: {},
        signal,
        ...(write ? { write } : {}),
        answerMs: DEFAULT_LIMITS.answerMs,
        silenceMs: DEFAULT_LIMITS.answerMs,
      }).then((body) => textOf(body, MAX_EVENT_BYTES));
    const body = this.#eventOf(what, name, now);
    if ((await unless(409, ask('create', events, { method: 'POST', body }))) !== undefined) return;

    const held: Held = JSON.parse((await ask('get', `${events}/${name}`)) ?? '{}');
    // Another replica has already written it.
    if (Date.parse(held.lastTimestamp ?? '') >= what.since) return;
    const change = {
      // If another replica updates the Event first, that replica counts it.
      metadata: { resourceVersion: held.metadata?.resourceVersion },
      count: (held.count ?? 0) + 1,
      message: body.message,
      lastTimestamp: body.lastTimestamp,
      reportingInstance: this.#instance,
    };
    await unless(409, ask('patch', `${events}/${name}`, { method: 'PATCH', body: change }));
  }

  #eventOf({ namespace, name, uid, type, reason, message }: Occurrence, own: string, now: number) {
    // Whole seconds, like metav1.Time.
    const at = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: own, namespace },
      involvedObject: { apiVersion: 'v1', kind: 'Service', namespace, name, uid },
      type,
      reason,
      message: message.slice(0, LONGEST_MESSAGE),
      source: { component: COMPONENT },
      reportingComponent: COMPONENT,
      reportingInstance: this.#instance,
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
    };
  }
}

/** `<service>.<hex>`, the format of client-go, but derived from the content instead of the time. */
function nameOf({ name, uid, reason }: Occurrence): string {
  const hash = createHash('sha256').update(`${uid}\0${reason}`).digest('hex').slice(0, 16);
  return `${name}.${hash}`;
}

/**
 * Retries only while the API server is unavailable or busy. It would refuse a refused Event again.
 */
function isWorthAnotherTry(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const { status = 500 } = error;
  return status >= 500 || status === 429 || status === 401;
}

/** Undefined if the answer has this status. */
async function unless<T>(status: number, answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.status === status) return undefined;
    throw error;
  }
}
