import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Get, KubernetesApi } from './api.ts';
import { ApiError } from './errors.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { textOf } from './list.ts';
import { SpamFilter } from './spam-filter.ts';

/** What an Event says of a Service. */
export interface Occurrence {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly type: 'Normal' | 'Warning';
  /** In CamelCase, for programs; repetitions about the same Service are one Event with a count. */
  readonly reason: string;
  readonly message: string;
  /** An Event written after this, in milliseconds since the epoch, is of the same occurrence. */
  readonly since: number;
}

const COMPONENT = 'externalname-monitor';
/** As long as client-go's queue; what does not fit is dropped (`maxQueuedEvents`). */
const MOST_QUEUED = 1_000;
/** As often, and this far apart, an Event is tried while the API server is away; client-go tries 12 times. */
const ATTEMPTS = 12;
const RETRY_MS = 10_000;
/** Longest message that the API server takes (`NoteLengthLimit` of its validation). */
const LONGEST_MESSAGE = 1_024;
const MAX_EVENT_BYTES = 64 * 1024;

/** What is read of an Event that is there already. */
interface Held {
  readonly count?: number;
  readonly lastTimestamp?: string | null;
  readonly metadata?: { readonly resourceVersion?: string };
}

/**
 * Writes core/v1 Events as client-go's recorder does, within its rate for each Service. The name of an Event
 * follows from what it says, so that replicas which all see it write one: the first creates it, the others find it.
 */
export class EventRecorder {
  readonly #api: KubernetesApi;
  /** Of this replica: `reportingInstance`. */
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

  /** To be written soon; dropped beyond the rate or a full queue. `now` on the steady clock. */
  record(occurrence: Occurrence, now: number): void {
    if (this.#queue.length >= MOST_QUEUED || !this.#filter.allows(occurrence.uid, now)) return;
    this.#queue.push(occurrence);
    this.#wake.resolve();
  }

  /** Writes until it is aborted; never rejects. */
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
    // Another replica has written it.
    if (Date.parse(held.lastTimestamp ?? '') >= what.since) return;
    const change = {
      // Should another replica be quicker, it is that one's to count.
      metadata: { resourceVersion: held.metadata?.resourceVersion },
      count: (held.count ?? 0) + 1,
      message: body.message,
      lastTimestamp: body.lastTimestamp,
      reportingInstance: this.#instance,
    };
    await unless(409, ask('patch', `${events}/${name}`, { method: 'PATCH', body: change }));
  }

  #eventOf({ namespace, name, uid, type, reason, message }: Occurrence, own: string, now: number) {
    // Of whole seconds, as metav1.Time is.
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

/** `<service>.<hex>`, as client-go has it, but of what it says instead of the time. */
function nameOf({ name, uid, reason }: Occurrence): string {
  const hash = createHash('sha256').update(`${uid}\0${reason}`).digest('hex').slice(0, 16);
  return `${name}.${hash}`;
}

/** The API server is away or busy; what it refuses it will refuse again. */
function isWorthAnotherTry(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const { status = 500 } = error;
  return status >= 500 || status === 429 || status === 401;
}

/** Undefined where the answer has this status. */
async function unless<T>(status: number, answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.status === status) return undefined;
    throw error;
  }
}
