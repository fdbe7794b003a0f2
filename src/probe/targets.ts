import type { AddressHop } from '../model/round.ts';

/** Answers older than this part of the interval are not shared: the next Service asks anew. */
const FRESH = 0.9;

/**
 * The last answers of each target, so that a target that many Services have is asked once a round.
 * Holds no more targets than were asked within one interval.
 */
export class SharedTargets {
  readonly #intervalMs: number;
  readonly #hops = new Map<
    string,
    { readonly at: number; readonly by: string; readonly hop: AddressHop }
  >();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** What another Service than `key` was answered. A Service's own last answer is for it to renew. */
  get(target: string, key: string, now: number): AddressHop | undefined {
    const found = this.#hops.get(target);
    const isFresh = found && now - found.at < this.#intervalMs * FRESH;
    return isFresh && found.by !== key ? found.hop : undefined;
  }

  set(target: string, key: string, hop: AddressHop, now: number): void {
    this.#hops.set(target, { at: now, by: key, hop });
  }

  /** Forgets what is too old to be shared. */
  sweep(now: number): void {
    for (const [target, { at }] of this.#hops) {
      if (now - at >= this.#intervalMs) this.#hops.delete(target);
    }
  }
}
