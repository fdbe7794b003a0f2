import { performance } from 'node:perf_hooks';

/**
 * How late our event loop may be: a datagram that arrives while it is busy waits in the socket until the next poll, and
 * its reading says little about its arrival. The loop's idle time says how long it has polled since a given moment; the
 * rest of the time it was busy, and a datagram may have waited for so long.
 */

/** A moment, on the clock of `performance.now()`, and the loop's idle time until then. */
export interface Moment {
  readonly at: number;
  readonly idle: number;
}

/** Within this a delay does not matter: it is what turns of a healthy loop take. */
const TOLERATED_MS = 1;
const TOLERATED_SHARE = 0.1;

export function momentNow(): Moment {
  return { at: performance.now(), idle: performance.nodeTiming.idleTime };
}

/** The first moment that is known of this turn of the loop, until it ends. */
let thisTurn: Moment | undefined;
/** That of an earlier turn: the loop has polled since then, and what had arrived until then has been read. */
let lastTurn = momentNow();

/** Called in each turn of the loop in which a query is sent or something is read. */
export function noteTurn(now: Moment): void {
  if (thisTurn) return;
  thisTurn = now;
  setImmediate(() => {
    if (thisTurn) lastTurn = thisTurn;
    thisTurn = undefined;
  });
}

/** Seconds from `sent` to the arrival of what is read at `now`; undefined where the loop was too late to know. */
export function secondsBetween(sent: Moment, now: Moment): number | undefined {
  noteTurn(now);
  const elapsed = now.at - sent.at;
  const delay = Math.min(busyBetween(sent, now), busyBetween(lastTurn, now));
  return delay > Math.max(TOLERATED_MS, elapsed * TOLERATED_SHARE) ? undefined : elapsed / 1000;
}

function busyBetween(from: Moment, to: Moment): number {
  return to.at - from.at - (to.idle - from.idle);
}
