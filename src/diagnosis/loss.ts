import { kindOf } from '../model/outcome.ts';
import type { QueryResult } from '../model/round.ts';
import { isOwnFailure } from './outcomes.ts';

/** The last so many messages of each server are held against each other ... */
const WINDOW = 64;
/** ... unless they are older than this, in milliseconds. */
const OLDEST_MS = 120_000;
/** So many of them, and this part, must have had no reply. At a smaller share chance loses no question four times in a row, in both looks. */
const LEAST_LOST = 3;
const LEAST_SHARE = 0.1;

/**
 * How much is lost on the way to each server of cluster DNS and back. It counts questions that the server answers from
 * memory (the CNAME of an alias, the control query): no other server can cause their silence. Where much is lost, a
 * question about a target that gets no reply says nothing of that target.
 */
export class Loss {
  readonly #servers = new Map<string, { at: number; isLost: boolean }[]>();

  /** A question of that kind has ended; `now` in milliseconds. */
  observe(result: QueryResult, now: number): void {
    if (isOwnFailure(result)) return;
    for (const { server, outcome } of result.exchanges) {
      const window = this.#servers.get(server) ?? [];
      this.#servers.set(server, window);
      window.push({ at: now, isLost: kindOf(outcome) === 'silence' });
      if (window.length > WINDOW) window.shift();
    }
  }

  /** The servers, by label, the way to which loses messages. */
  lossy(now: number): ReadonlySet<string> {
    // Asked for every round: without an array for each window.
    const isLossy = (window: readonly { at: number; isLost: boolean }[]): boolean => {
      let recent = 0;
      let lost = 0;
      for (const { at, isLost } of window) {
        if (now - at >= OLDEST_MS) continue;
        recent++;
        if (isLost) lost++;
      }
      return lost >= LEAST_LOST && lost >= recent * LEAST_SHARE;
    };
    return new Set([...this.#servers].filter(([, window]) => isLossy(window)).map(([one]) => one));
  }

  forget(server: string): void {
    this.#servers.delete(server);
  }
}
