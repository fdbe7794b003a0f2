/**
 * Reads CHANGELOG.md in the format of Keep a Changelog: `## Unreleased` or
 * `## [1.2.3] - 2026-01-31`, and below it headings such as `### Added`.
 */

const UNRELEASED = '## Unreleased';

/**
 * The unreleased text by heading (`Added`, `Changed`, …).
 *
 * @throws Error if there is no such section
 */
export function unreleased(changelog: string): ReadonlyMap<string, string> {
  const [first = '', ...parts] = sectionOf(changelog).split(/^### /m);
  const entries = parts.map((part) => {
    const end = part.indexOf('\n');
    return end < 0
      ? ([part.trim(), ''] as const)
      : ([part.slice(0, end).trim(), part.slice(end).trim()] as const);
  });
  return new Map(
    [['', first.trim()], ...entries].filter(([, text]) => text !== '') as [string, string][],
  );
}

/**
 * The whole section, as the notes of a release.
 *
 * @throws Error if there is no such section
 */
export function notesOf(changelog: string): string {
  return sectionOf(changelog).trim();
}

/**
 * The changelog with the unreleased section as a version of that day (`2026-01-31`).
 *
 * @throws Error if there is nothing to release
 */
export function withRelease(changelog: string, version: string, day: string): string {
  if (notesOf(changelog) === '') {
    throw new Error(`Cannot release: CHANGELOG.md says nothing under "${UNRELEASED}", got nothing`);
  }
  return changelog.replace(
    new RegExp(`^${UNRELEASED}$`, 'm'),
    `${UNRELEASED}\n\n## [${version}] - ${day}`,
  );
}

/** With these entries at the end of what is unreleased and added. `@throws` where there is no such section */
export function withAdded(changelog: string, entries: readonly string[]): string {
  if (entries.length === 0) return changelog;
  const section = sectionOf(changelog);
  const lines = entries.map((entry) => `- ${entry}\n`).join('');
  const added = /^### Added\n[\s\S]*?(?=\s*(?:^### |$(?![\s\S])))/m;
  const longer = added.test(section)
    ? section.replace(added, (text) => `${text}\n${lines}`.trimEnd())
    : `\n\n${`### Added\n\n${lines}\n${section.trim()}`.trim()}\n\n`;
  return changelog.replace(`${UNRELEASED}${section}`, () => `${UNRELEASED}${longer}`);
}

/**
 * Whether a code span in a text, such as `--interval` or `externalname_service_up{service}`,
 * contains this name.
 */
export function mentions(text: string, name: string): boolean {
  const code = [...text.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);
  // `--total-shards` does not mention `--shard`, and `degraded_since` does not mention `degraded`.
  const whole = new RegExp(`(?<![\\w-])${RegExp.escape(name)}(?![\\w-])`);
  return code.some((span) => whole.test(span));
}

function sectionOf(changelog: string): string {
  const start = changelog.search(new RegExp(`^${UNRELEASED}$`, 'm'));
  if (start < 0) {
    throw new Error(`Cannot read CHANGELOG.md: it has no section "${UNRELEASED}", got none`);
  }
  const rest = changelog.slice(start + UNRELEASED.length);
  const end = rest.search(/^## /m);
  return end < 0 ? rest : rest.slice(0, end);
}
