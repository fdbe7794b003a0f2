/** A fault is new if it began within one of these times. Shortest first. */
export const NEW_WINDOWS = {
  '15m': { ms: 15 * 60_000, words: 'in the last 15 minutes' },
  '60m': { ms: 60 * 60_000, words: 'in the last hour' },
} as const;

export type NewWindow = keyof typeof NEW_WINDOWS;
export const NEW_WINDOW_NAMES = Object.keys(NEW_WINDOWS) as readonly NewWindow[];

interface Began {
  /** In milliseconds on the steady clock. */
  readonly at: number;
  /** False if it began before the monitor first looked. */
  readonly isExact: boolean;
}

/** The shortest window since the start of a fault; undefined if it is not new, or its start is unknown. */
export function newWindowOf(began: Began | undefined, now: number): NewWindow | undefined {
  if (!began?.isExact) return undefined;
  return NEW_WINDOW_NAMES.find((name) => now - began.at < NEW_WINDOWS[name].ms);
}

/** Whether a fault began within the window. */
export function isNewWithin(began: Began | undefined, window: NewWindow, now: number): boolean {
  return began?.isExact === true && now - began.at < NEW_WINDOWS[window].ms;
}
