/** CHANGELOG.md as Keep a Changelog has it: `## Unreleased` or `## [1.2.3] - 2026-01-31`, and below it `### Added` and such. */

const UNRELEASED = '## Unreleased';

/** Text by heading (`Added`, `Changed`, …) of what is not released yet. `@throws` where there is no such section */
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

/** The whole of it, as notes of a release. `@throws` where there is no such section */
export function notesOf(changelog: string): string {
  return sectionOf(changelog).trim();
}

/** What was unreleased becomes a version of that day (`2026-01-31`). `@throws` where there is nothing to release */
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

/** Whether some code in a text, such as `--interval` or `externalname_service_up{service}`, has this name in it. */
export function mentions(text: string, name: string): boolean {
  const code = [...text.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);
  // `--shard` is not said by `--total-shards`, nor `degraded` by `degraded_since`.
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
