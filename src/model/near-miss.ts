/** Two words with a larger distance are unrelated. */
const MOST_SLIPS = 2;

/** The hint for an unknown name: the known name within a small edit distance, else `otherwise`. */
export function hint(
  word: string,
  known: readonly string[],
  otherwise = '--help=all lists them',
): string {
  const near = known
    .map((name) => ({ name, slips: slipsBetween(word, name) }))
    .filter(({ name, slips }) => slips <= MOST_SLIPS && slips < name.length / 2)
    .sort((a, b) => a.slips - b.slips)[0];
  return near ? `did you mean ${near.name}?` : otherwise;
}

/** The number of letters to add, remove or change (Levenshtein distance). */
function slipsBetween(from: string, to: string): number {
  // This also limits the work for a word of a megabyte.
  if (Math.abs(from.length - to.length) > MOST_SLIPS) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...to].entries()) {
      const changed = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
