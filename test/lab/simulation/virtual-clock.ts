import TinyQueue from 'tinyqueue';
import type { Clock } from '../../../src/probe/clock.ts';

interface Timer {
  readonly at: number;
  /** Timers of the same millisecond run in the order in which they were set. */
  readonly order: number;
  run: (() => void) | undefined;
}

/** After this many steps the macrotask queue runs once, for signals and unhandled rejections. */
const STEPS_PER_TURN = 2_000;

/**
 * A clock that jumps to its next timer as soon as all work of the last one is done. Times are whole
 * milliseconds.
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

  /** Number of timers that have neither run nor been cancelled. */
  get pending(): number {
    return this.#pending;
  }

  /**
   * Simulates a stall of the event loop, or a sleep of the machine: timers due in that time run
   * late.
   */
  stall(ms: number): void {
    this.#now += Math.round(ms);
  }

  /**
   * Runs timers until `isDone` is true, which is checked before each step in time. Rejects with the
   * error of a timer.
   */
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
        // A tick that a microtask queues runs once no microtask is left, so all promises are
        // settled.
        else queueMicrotask(() => process.nextTick(step));
      };
      setImmediate(step);
    });
  }

  /** Runs for this many milliseconds. */
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
