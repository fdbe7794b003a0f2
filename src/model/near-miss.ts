/** Further apart than this, two words are two words. */
const MOST_SLIPS = 2;

/** What to say of an unknown name: the known one that differs from it by a slip or two, if there is one, else `otherwise`. */
export function hint(
  word: string,
  known: readonly string[],
  otherwise = '--help lists them',
): string {
  const near = known
    .map((name) => ({ name, slips: slipsBetween(word, name) }))
    .filter(({ name, slips }) => slips <= MOST_SLIPS && slips < name.length / 2)
    .sort((a, b) => a.slips - b.slips)[0];
  return near ? `did you mean ${near.name}?` : otherwise;
}

/** How many letters must be added, left out or changed (Levenshtein's distance). */
function slipsBetween(from: string, to: string): number {
  // Also what bounds the work for a word of a megabyte.
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
