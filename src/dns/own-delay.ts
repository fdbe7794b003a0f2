import { performance } from 'node:perf_hooks';

/**
 * How late our event loop may be: a datagram that arrives while it is busy waits in the socket until the next poll, and
 * its reading says little about its arrival. The loop's idle time says how long it has polled since a given moment; the
 * rest of the time it was busy, and a datagram may have waited for so long.
 */

/** A moment on the clock of `performance.now()`, the loop's idle time until then, and its turn. */
export interface Moment {
  readonly at: number;
  readonly idle: number;
  readonly turn: number;
  /** How long the process has slept so far. */
  readonly slept: number;
}

/** Within this a delay does not matter: it is what turns of a healthy loop take. */
const TOLERATED_MS = 1;
const TOLERATED_SHARE = 0.1;

/**
 * A stopped or throttled process seems idle to its loop: that this timer is late shows how long it slept. The poll that it
 * wakes up from may return nothing of what has arrived meanwhile.
 */
const TICK_MS = 100;
let asleep = 0;
let lastTick = performance.now();
setInterval(() => {
  const at = performance.now();
  asleep += sleptUntil(at);
  lastTick = at;
}, TICK_MS).unref();

function sleptUntil(at: number): number {
  return Math.max(0, at - lastTick - 2 * TICK_MS);
}

export function momentNow(): Moment {
  const { idleTime, uvMetricsInfo } = performance.nodeTiming;
  const at = performance.now();
  return { at, idle: idleTime, slept: asleep + sleptUntil(at), turn: uvMetricsInfo.loopCount };
}

/** The first moment that is known of the latest turn, and that of the turn before: since then the loop has polled. */
let thisTurn = momentNow();
let lastTurn = thisTurn;

/** Called whenever a query is sent or something is read. */
export function noteTurn(now: Moment): void {
  if (now.turn === thisTurn.turn) return;
  lastTurn = thisTurn;
  thisTurn = now;
}

/** Seconds from `sent` to the arrival of what is read at `now`; undefined where the loop was too late to know. */
export function secondsBetween(sent: Moment, now: Moment): number | undefined {
  noteTurn(now);
  const elapsed = now.at - sent.at;
  const busy = Math.min(busyBetween(sent, now), busyBetween(lastTurn, now));
  const delay = Math.max(busy, now.slept - sent.slept);
  return delay > Math.max(TOLERATED_MS, elapsed * TOLERATED_SHARE) ? undefined : elapsed / 1000;
}

function busyBetween(from: Moment, to: Moment): number {
  return to.at - from.at - (to.idle - from.idle);
}
