import { kindOf } from '../model/outcome.ts';
import type { QueryResult } from '../model/round.ts';
import { isOwnFailure } from './outcomes.ts';

/** Loss is measured over this many of the latest messages to each server ... */
const WINDOW = 64;
/** ... that are not older than this, in milliseconds. */
const OLDEST_MS = 120_000;
/**
 * Both this number and this share of the messages must have had no reply. With a smaller share, a
 * query does not fail by chance four times in a row in both attempts.
 */
const LEAST_LOST = 3;
const LEAST_SHARE = 0.1;

/**
 * Measures the message loss between the monitor and each server of cluster DNS. Only queries that
 * the server answers from memory count (the CNAME of an alias, the control query), because no other
 * server can cause their silence. If the loss is high, a query for a target without a reply proves
 * nothing about the target.
 */
export class Loss {
  readonly #servers = new Map<string, { at: number; isLost: boolean }[]>();

  /** Records a query of that kind; `now` in milliseconds. */
  observe(result: QueryResult, now: number): void {
    if (isOwnFailure(result)) return;
    for (const { server, outcome } of result.exchanges) {
      const window = this.#servers.get(server) ?? [];
      this.#servers.set(server, window);
      window.push({ at: now, isLost: kindOf(outcome) === 'silence' });
      if (window.length > WINDOW) window.shift();
    }
  }

  /** Labels of the servers with message loss. */
  lossy(now: number): ReadonlySet<string> {
    const isLossy = (window: readonly { at: number; isLost: boolean }[]): boolean => {
      const recent = window.filter(({ at }) => now - at < OLDEST_MS);
      const lost = recent.filter(({ isLost }) => isLost).length;
      return lost >= LEAST_LOST && lost >= recent.length * LEAST_SHARE;
    };
    return new Set([...this.#servers].filter(([, window]) => isLossy(window)).map(([one]) => one));
  }

  forget(server: string): void {
    this.#servers.delete(server);
  }
}
