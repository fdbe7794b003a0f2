import { steadyNow } from '../model/time.ts';
import { firstTurn, type Pace, phaseOf } from './schedule.ts';

/** A target that is asked for beside the rounds: once, however many Services have it. */
export interface DistinctTarget {
  readonly name: string;
  /** Services that have it, by key. */
  readonly services: ReadonlySet<string>;
}

interface Known extends DistinctTarget {
  readonly services: Set<string>;
  readonly pace: Pace;
  timer: NodeJS.Timeout | undefined;
}

export interface TurnOptions {
  readonly intervalMs: number;
  readonly salt: string;
  /** A new target has its first turn after this long, up to twice of it. */
  readonly freshAfterMs: number;
  /** New targets follow each other no faster; of many, as in a first list, most wait for their regular turn. */
  readonly freshPauseMs: number;
}

/** Gives each distinct target one turn an interval, evenly spread. */
export class DistinctTargets {
  readonly #options: TurnOptions;
  readonly #onTurn: (target: DistinctTarget) => void;
  /** The target of each Service, by key. */
  readonly #targetOf = new Map<string, string>();
  readonly #targets = new Map<string, Known>();
  #lastFreshAt = 0;

  constructor(options: TurnOptions, onTurn: (target: DistinctTarget) => void) {
    this.#options = options;
    this.#onTurn = onTurn;
  }

  /** Begins, or goes on with an edited spec; undefined: its target is not asked for. */
  watch(key: string, target: string | undefined): void {
    if (this.#targetOf.get(key) === target) return;
    this.unwatch(key);
    if (target === undefined) return;
    this.#targetOf.set(key, target);
    const known = this.#targets.get(target);
    if (known) known.services.add(key);
    else this.#begin(target, key);
  }

  unwatch(key: string): void {
    const name = this.#targetOf.get(key);
    if (name === undefined) return;
    this.#targetOf.delete(key);
    const target = this.#targets.get(name);
    target?.services.delete(key);
    if (!target || target.services.size > 0) return;
    clearTimeout(target.timer);
    this.#targets.delete(name);
  }

  /** Whether no Service has this target any more; another object with the same name may have taken its place. */
  isGone(target: DistinctTarget): boolean {
    return this.#targets.get(target.name) !== target;
  }

  stop(): void {
    for (const key of [...this.#targetOf.keys()]) this.unwatch(key);
  }

  #begin(name: string, key: string): void {
    const { intervalMs, salt, freshAfterMs, freshPauseMs } = this.#options;
    const pace = { intervalMs, phase: phaseOf(name, salt) };
    const target: Known = { name, pace, services: new Set([key]), timer: undefined };
    this.#targets.set(name, target);
    const soon = steadyNow() + freshAfterMs * (1 + Math.random());
    const freshAt = Math.max(soon, this.#lastFreshAt + freshPauseMs);
    // Without jitter, which would throw those whose turn is near together at `soon`.
    const regularAt = firstTurn(soon, pace, 0.5).dueAt;
    if (freshAt < regularAt) this.#lastFreshAt = freshAt;
    this.#arm(target, Math.min(freshAt, regularAt));
  }

  #arm(target: Known, at: number): void {
    target.timer = setTimeout(() => {
      this.#onTurn(target);
      // At least half an interval from now: the first turn may have come at any phase.
      const from = steadyNow() + target.pace.intervalMs / 2;
      this.#arm(target, firstTurn(from, target.pace, Math.random()).dueAt);
    }, at - steadyNow());
  }
}
