/** The list of the public surface in the repository, and its differences from the last release. */
import { mentions } from './changelog.ts';

const HEAD = `# All that is public, one item a line: see stability.md. \`npm run surface\` writes it, \`npm run check\` holds it.
# Marked with + is what is new since the last release, with - what is gone; CHANGELOG.md must name each.
`;

export interface Change {
  readonly how: 'added' | 'changed' | 'removed';
  /** Kind and name: `option --interval`. */
  readonly item: string;
}

/** Headings of the changelog that may contain such a change. */
const HEADINGS: Readonly<Record<Change['how'], readonly string[]>> = {
  added: ['Added', 'Changed'],
  changed: ['Changed', 'Deprecated', 'Fixed'],
  removed: ['Removed', 'Changed'],
};

/** The surface of the last release, from a snapshot. Conflict markers of a merge are skipped. */
export function releasedIn(snapshot: string): string[] {
  const lines = snapshot.split('\n').filter((line) => /^[ -] \S/.test(line));
  return [...new Set(lines.map((line) => line.slice(2)))].toSorted();
}

export function snapshotOf(released: readonly string[], current: readonly string[]): string {
  const lines = [...new Set([...released, ...current])].toSorted().map((line) => {
    if (!released.includes(line)) return `+ ${line}`;
    return current.includes(line) ? `  ${line}` : `- ${line}`;
  });
  return `${HEAD}${lines.map((line) => `${line}\n`).join('')}`;
}

export function changesBetween(released: readonly string[], current: readonly string[]): Change[] {
  const before = new Set(released.map(itemOf));
  const after = new Set(current.map(itemOf));
  const differing = [
    ...released.filter((line) => !current.includes(line)),
    ...current.filter((line) => !released.includes(line)),
  ].map(itemOf);
  return [...new Set(differing)].toSorted().map((item) => {
    if (!before.has(item)) return { how: 'added', item };
    return { how: after.has(item) ? 'changed' : 'removed', item };
  });
}

/** The changes that the changelog does not name. `sections`: its text by heading. */
export function untoldChanges(
  changes: readonly Change[],
  sections: ReadonlyMap<string, string>,
): Change[] {
  return changes.filter(({ how, item }) => {
    const name = item.slice(item.indexOf(' ') + 1);
    return !HEADINGS[how].some((heading) => mentions(sections.get(heading) ?? '', name));
  });
}

/** The same, a sentence each. */
export function untold(
  changes: readonly Change[],
  sections: ReadonlyMap<string, string>,
): string[] {
  return untoldChanges(changes, sections).map(({ how, item }) => {
    const headings = HEADINGS[how].map((heading) => `"### ${heading}"`).join(' or ');
    return `${item} was ${how}, and CHANGELOG.md does not name it in backticks under ${headings} of what is unreleased`;
  });
}

/**
 * The kind and the name, which must not change. The rest of the line may change if the changelog
 * mentions it.
 */
function itemOf(line: string): string {
  return line.split(' ').slice(0, 2).join(' ');
}
