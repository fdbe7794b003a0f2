/** How far a round may stray from its place in the interval, as a fraction of the interval, either way. */
const JITTER = 0.1;

/**
 * The place of a Service in the interval, from 0 to `intervalMs`: stable over restarts, even over
 * many Services, and another one for each salt (FNV-1a, with the last mixing of MurmurHash3).
 */
export function phaseOf(key: string, salt: string, intervalMs: number): number {
  let hash = 0x811c9dc5;
  for (const char of `${salt}\0${key}`) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash ^= hash >>> 16;
  return ((hash >>> 0) / 2 ** 32) * intervalMs;
}

/** A Service's turns: one in each interval, at its phase. */
export interface Turn {
  /** Counts intervals since the epoch. */
  readonly slot: number;
  /** Milliseconds since the epoch, jitter included. */
  readonly dueAt: number;
}

/** The first turn that is still to come. */
export function firstTurn(now: number, phase: number, intervalMs: number, random: number): Turn {
  return turn(Math.ceil((now - phase) / intervalMs), phase, intervalMs, random, now);
}

/** The turn after `last`; turns that have been missed altogether are passed over, so that none are made up for in a burst. */
export function nextTurn(
  last: Turn,
  now: number,
  phase: number,
  intervalMs: number,
  random: number,
): Turn {
  const slot = Math.max(last.slot + 1, Math.ceil((now - phase) / intervalMs));
  return turn(slot, phase, intervalMs, random, now);
}

function turn(slot: number, phase: number, intervalMs: number, random: number, now: number): Turn {
  const jitter = (random * 2 - 1) * JITTER * intervalMs;
  return { slot, dueAt: Math.max(now, slot * intervalMs + phase + jitter) };
}
