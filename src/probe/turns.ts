import TinyQueue from 'tinyqueue';
import type { Clock } from './clock.ts';
import type { Converging } from './converging.ts';
import type { Turn } from './schedule.ts';
import type { Watched } from './watched.ts';

/** Rounds due within this of each other start together: waking up for each would cost more than it smooths. */
const TICK_MS = 4;

/** A round if it has a `turn`, else a query for the CNAME alone; void once the Service has another one. */
export interface Due {
  readonly at: number;
  readonly watched: Watched;
  readonly turn?: Turn;
  readonly converging?: Converging;
}

/** Starts what is due, in its order, from one timer. */
export class Turns {
  readonly #clock: Clock;
  readonly #start: (due: Due, now: number) => void;
  readonly #queue = new TinyQueue<Due>([], (a, b) => a.at - b.at);
  #wake: { readonly at: number; readonly cancel: () => void } | undefined;
  #stopped = false;

  constructor(clock: Clock, start: (due: Due, now: number) => void) {
    this.#clock = clock;
    this.#start = start;
  }

  /** Its turn as it is now. */
  pushTurn(watched: Watched): void {
    const { turn } = watched;
    this.push({ at: turn.dueAt, watched, turn });
  }

  push(due: Due): void {
    this.#queue.push(due);
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#wake?.cancel();
  }

  #arm(): void {
    const next = this.#queue.peek();
    if (!next || this.#stopped || (this.#wake && this.#wake.at <= next.at)) return;
    this.#wake?.cancel();
    const wait = Math.max(TICK_MS, next.at - this.#clock.now());
    this.#wake = { at: next.at, cancel: this.#clock.after(wait, () => this.#tick()) };
  }

  #tick(): void {
    this.#wake = undefined;
    const now = this.#clock.now();
    for (let due = this.#queue.peek(); due && due.at <= now; due = this.#queue.peek()) {
      this.#queue.pop();
      const { watched, turn, converging } = due;
      const isVoid = converging ? converging !== watched.converging : turn !== watched.turn;
      if (!watched.gone && !isVoid) this.#start(due, now);
    }
    this.#arm();
  }
}
