import type { AddressHop } from '../model/round.ts';
import type { Watched } from './watched.ts';

/** Answers older than this part of the asking Service's interval are not shared with it. */
const FRESH = 0.9;

interface Shared {
  readonly at: number;
  /** The Service that asked. */
  readonly by: string;
  readonly intervalMs: number;
  readonly hop: AddressHop;
}

/**
 * The last answers of each target, so that a target that many Services have is asked once a round.
 * Holds no more targets than were asked within one interval.
 */
export class SharedTargets {
  readonly #targets = new Map<string, Shared>();
  #sweepAt = 0;

  /** What another Service was answered. A Service's own last answer is for it to renew. */
  get({ spec, intervalMs }: Watched, now: number): AddressHop | undefined {
    const found = this.#targets.get(keyOf(spec));
    const isFresh = found && now - found.at < intervalMs * FRESH;
    return isFresh && found.by !== spec.key ? found.hop : undefined;
  }

  set({ spec, intervalMs }: Watched, hop: AddressHop, now: number): void {
    this.#targets.set(keyOf(spec), { at: now, by: spec.key, intervalMs, hop });
    if (now < this.#sweepAt) return;
    this.#sweepAt = now + intervalMs;
    this.sweep(now);
  }

  /** Forgets what is too old to be shared. */
  sweep(now: number): void {
    for (const [key, { at, intervalMs }] of this.#targets) {
      if (now - at >= intervalMs) this.#targets.delete(key);
    }
  }
}

/** Services that ask for other types have another answer. */
function keyOf({ target, settings }: Watched['spec']): string {
  return `${target} ${settings.recordTypes ?? ''}`;
}
