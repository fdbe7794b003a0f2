import TinyQueue from 'tinyqueue';
import type { Clock } from '../../../src/probe/clock.ts';

interface Timer {
  readonly at: number;
  /** Timers of the same millisecond run in the order in which they were set. */
  readonly order: number;
  run: (() => void) | undefined;
}

/** The macrotask queue, and with it signals and unhandled rejections, has its turn after so many steps. */
const STEPS_PER_TURN = 2_000;

/**
 * A clock that moves on to its next timer as soon as everything that the last one started has come to rest.
 * Times are whole milliseconds.
 */
export class VirtualClock implements Clock {
  readonly random: () => number;
  #now: number;
  #order = 0;
  #pending = 0;
  readonly #timers = new TinyQueue<Timer>([], (a, b) => a.at - b.at || a.order - b.order);

  constructor(startAt: number, random: () => number) {
    this.#now = startAt;
    this.random = random;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const at = Math.ceil(this.#now + Math.max(1, ms));
    const timer: Timer = { at, order: this.#order++, run };
    this.#timers.push(timer);
    this.#pending++;
    return () => {
      if (timer.run) this.#pending--;
      timer.run = undefined;
    };
  }

  /** Timers that are set and have neither run nor been cancelled. */
  get pending(): number {
    return this.#pending;
  }

  /** The event loop stalls, or the machine sleeps: what becomes due meanwhile runs late. */
  stall(ms: number): void {
    this.#now += Math.round(ms);
  }

  /** Runs timers until `isDone` says so, checked before each step in time. Rejects with what a timer throws. */
  run(isDone: () => boolean): Promise<void> {
    let steps = 0;
    return new Promise((resolve, reject) => {
      const step = (): void => {
        try {
          if (isDone() || !this.#step()) {
            resolve();
            return;
          }
        } catch (error) {
          reject(error);
          return;
        }
        if (++steps % STEPS_PER_TURN === 0) setImmediate(step);
        // A tick that a microtask queues runs once no microtask is left: all promises have come to rest.
        else queueMicrotask(() => process.nextTick(step));
      };
      setImmediate(step);
    });
  }

  /** Runs for so many milliseconds. */
  async runFor(ms: number): Promise<void> {
    const until = this.#now + ms;
    await this.run(() => (this.#timers.peek()?.at ?? Infinity) > until);
    this.#now = Math.max(this.#now, until);
  }

  /** Runs all timers of the next millisecond that has any; false if there are none. */
  #step(): boolean {
    const first = this.#timers.peek();
    if (!first) return false;
    this.#now = Math.max(this.#now, first.at);
    for (let next = this.#timers.peek(); next && next.at <= first.at; next = this.#timers.peek()) {
      this.#timers.pop();
      const { run } = next;
      if (!run) continue;
      next.run = undefined;
      this.#pending--;
      run();
    }
    return true;
  }
}
