import { setTimeout as sleep } from 'node:timers/promises';
import type { RelistReason } from '../model/informer.ts';
import { steadyNow } from '../model/time.ts';
import type { Limits } from './limits.ts';

interface Parts {
  readonly limits: Limits;
  /** Lists once; rejects if the list fails. */
  readonly list: (reason: RelistReason, signal: AbortSignal) => Promise<void>;
  /** Records a failed list; returns the wait before the next attempt, in milliseconds. */
  readonly failed: (error: unknown) => number;
}

/** Longer than any wait; a timer accepts at most 2³¹ ms. */
const LONG_MS = 1_000_000_000;

/**
 * Lists while the watch runs: on request, and periodically. Only one list runs at a time. A request
 * during a list is answered by the next list, which begins after it. Several requests are answered
 * by one list.
 */
export class Relister {
  readonly #parts: Parts;
  #isPaused = true;
  #requested: RelistReason | undefined;
  /** No list begins before this, even if one is requested. */
  #notBefore = 0;
  #periodicAt = 0;
  #list = new AbortController();
  #wake = new AbortController();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  request(reason: RelistReason): void {
    this.#requested ??= reason;
    this.#wake.abort();
  }

  /** The watch begins its own list: that list answers all requests, and this one stops. */
  pause(): void {
    this.#isPaused = true;
    this.#requested = undefined;
    this.#schedule();
    this.#list.abort();
  }

  /** The watch's own list is complete. */
  resume(): void {
    this.#isPaused = false;
    this.#wake.abort();
  }

  /** Runs until `signal` aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = this.#waitMs(steadyNow());
      if (waitMs <= 0) {
        await this.#try(signal);
        continue;
      }
      this.#wake = new AbortController();
      const either = AbortSignal.any([signal, this.#wake.signal]);
      await sleep(waitMs, undefined, { signal: either }).catch(() => {});
    }
  }

  #waitMs(now: number): number {
    if (this.#isPaused) return LONG_MS;
    return Math.max(this.#notBefore, this.#requested ? 0 : this.#periodicAt) - now;
  }

  async #try(signal: AbortSignal): Promise<void> {
    const reason = this.#requested ?? 'periodic';
    this.#requested = undefined;
    this.#schedule();
    this.#list = new AbortController();
    const either = AbortSignal.any([signal, this.#list.signal]);
    try {
      await this.#parts.list(reason, either);
    } catch (error) {
      if (either.aborted) return;
      this.#requested ??= reason;
      this.#notBefore = steadyNow() + this.#parts.failed(error);
    }
  }

  /** Called when a list begins: sets when the next one may begin, and when it must. */
  #schedule(): void {
    const now = steadyNow();
    const { relistMs, doubtMs, random } = this.#parts.limits;
    this.#notBefore = now + doubtMs;
    this.#periodicAt = now + relistMs * (1 + random());
  }
}
