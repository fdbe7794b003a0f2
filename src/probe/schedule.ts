/** How far a round may stray from its place in the interval, as a fraction of the interval, either way. */
const JITTER = 0.1;

/**
 * The place of a Service in the interval, from 0 to below 1: stable over restarts, even over
 * many Services, and another one for each salt (FNV-1a, with the last mixing of MurmurHash3).
 */
export function phaseOf(key: string, salt: string): number {
  let hash = 0x811c9dc5;
  for (const char of `${salt}\0${key}`) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash ^= hash >>> 16;
  return (hash >>> 0) / 2 ** 32;
}

/** When a Service has its rounds. */
export interface Pace {
  readonly intervalMs: number;
  /** Its place in the interval, from 0 to below 1. */
  readonly phase: number;
}

/** A Service's turns: one in each interval, at its phase. */
export interface Turn {
  /** Counts intervals since the epoch. */
  readonly slot: number;
  /** On the steady clock, in milliseconds, jitter included. */
  readonly dueAt: number;
}

/** The first turn that is still to come. */
export function firstTurn(now: number, pace: Pace, random: number): Turn {
  return turnAt(slotOf(now, pace), pace, random, now);
}

/** The turn after `last`; turns that have been missed altogether are passed over, so that they are not made up for in a burst. */
export function nextTurn(last: Turn, now: number, pace: Pace, random: number): Turn {
  return turnAt(Math.max(last.slot + 1, slotOf(now, pace)), pace, random, now);
}

/** A turn at `dueAt`, before `turn`: in its place where its jitter allows that, else on top of it, so that no gap follows. */
export function turnAhead({ slot }: Turn, dueAt: number, { intervalMs, phase }: Pace): Turn {
  const isInPlace = dueAt >= (slot + phase - JITTER) * intervalMs;
  return { slot: isInPlace ? slot : slot - 1, dueAt };
}

function slotOf(now: number, { intervalMs, phase }: Pace): number {
  return Math.ceil(now / intervalMs - phase);
}

function turnAt(slot: number, { intervalMs, phase }: Pace, random: number, now: number): Turn {
  const jitter = (random * 2 - 1) * JITTER;
  return { slot, dueAt: Math.max(now, (slot + phase + jitter) * intervalMs) };
}
