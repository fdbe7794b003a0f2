/** Enough for what comes back round after round; some megabytes at most. */
const MOST = 32_768;

/** A pure function of a text that remembers its results; it forgets all of them when there are too many. */
export function memoized<T extends boolean | string | object>(
  compute: (text: string) => T,
): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const value = compute(text);
    if (known.size >= MOST) known.clear();
    known.set(text, value);
    return value;
  };
}
