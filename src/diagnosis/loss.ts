import { kindOf } from '../model/outcome.ts';
import type { QueryResult } from '../model/round.ts';
import { isOwnFailure } from './outcomes.ts';

/** Loss is measured over this many of the latest messages to each server ... */
const WINDOW = 64;
/** ... that are not older than this, in milliseconds. */
const OLDEST_MS = 120_000;
/** Once seen, it counts for so long, in milliseconds: until the rounds that it hit have ended, with the default timeouts. */
const SEEN_MS = 10_000;
/**
 * Both this number and this share of the messages must have had no reply. With a smaller share, a
 * query does not fail by chance four times in a row in both attempts.
 */
const LEAST_LOST = 3;
const LEAST_SHARE = 0.1;

interface Way {
  readonly messages: { readonly at: number; readonly isLost: boolean }[];
  /** When loss was last seen. */
  lossyAt: number;
}

/**
 * Measures the message loss between the monitor and each server of cluster DNS. Only queries that
 * the server answers from memory count (the CNAME of an alias, the control query), because no other
 * server can cause their silence. If the loss is high, a query for a target without a reply proves
 * nothing about the target. A round takes longer than a window of many Services, so loss that was
 * seen counts for a while.
 */
export class Loss {
  readonly #ways = new Map<string, Way>();

  /** Records a query of that kind; `now` in milliseconds. */
  observe(result: QueryResult, now: number): void {
    if (isOwnFailure(result)) return;
    for (const { server, outcome } of result.exchanges) {
      const way = this.#ways.get(server) ?? { messages: [], lossyAt: -Infinity };
      this.#ways.set(server, way);
      const isLost = kindOf(outcome) === 'silence';
      way.messages.push({ at: now, isLost });
      if (way.messages.length > WINDOW) way.messages.shift();
      if (isLost && isLossy(way, now)) way.lossyAt = now;
    }
  }

  /** Labels of the servers with message loss, now or a moment ago. */
  lossy(now: number): ReadonlySet<string> {
    const lossy = new Set<string>();
    for (const [server, { lossyAt }] of this.#ways) if (now - lossyAt < SEEN_MS) lossy.add(server);
    return lossy;
  }

  forget(server: string): void {
    this.#ways.delete(server);
  }
}

function isLossy({ messages }: Way, now: number): boolean {
  const recent = messages.filter(({ at }) => now - at < OLDEST_MS);
  const lost = recent.filter(({ isLost }) => isLost).length;
  return lost >= LEAST_LOST && lost >= recent.length * LEAST_SHARE;
}
