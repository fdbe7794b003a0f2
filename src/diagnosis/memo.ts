/** Enough for the values that repeat in every round; a few megabytes at most. */
const MOST = 32_768;

/** A pure function of a text with a cache of its results. The cache is cleared when it is full. */
export function memoized<T extends boolean | object>(
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
