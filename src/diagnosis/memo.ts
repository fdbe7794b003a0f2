/** Enough for the addresses of ten thousand Services; some megabytes at most. */
const MOST = 32_768;

/** A pure function of a text that remembers what it said, and starts anew when that is too much. */
export function memoized<T>(compute: (text: string) => T, most = MOST): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined || known.has(text)) return before as T;
    const value = compute(text);
    if (known.size >= most) known.clear();
    known.set(text, value);
    return value;
  };
}
