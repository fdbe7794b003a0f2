/** Enough for what comes back round after round; some megabytes at most. */
const MOST = 32_768;

/** A pure function of a text that remembers what it said, and starts anew when that is too much. */
export function memoized(compute: (text: string) => boolean): (text: string) => boolean {
  const known = new Map<string, boolean>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const value = compute(text);
    if (known.size >= MOST) known.clear();
    known.set(text, value);
    return value;
  };
}
