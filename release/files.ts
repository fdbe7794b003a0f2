/** The files that a release changes: the new text of each file, by its path from the root. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { notesOf, unreleased, withRelease } from './changelog.ts';
import { changesBetween, releasedIn, snapshotOf, untold } from './snapshot.ts';
import { inManifest, inPackage, isLess, leastAfter, numbersOf } from './version.ts';

export interface Release {
  readonly version: string;
  /** `2026-01-31`. */
  readonly day: string;
}

export interface Planned {
  readonly files: ReadonlyMap<string, string>;
  /** The changelog section, used as the message of the tag. */
  readonly notes: string;
}

/**
 * @param surface the public surface
 * @param isFirst nothing was ever released, so the version may be the one in the files already
 * @throws Error with the reason if the release is not allowed
 */
export function plan(
  root: string,
  { version, day }: Release,
  surface: readonly string[],
  isFirst: boolean,
): Planned {
  numbersOf(version);
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const { name, version: from }: { name: string; version: string } = JSON.parse(
    read('package.json'),
  );
  const changelog = read('CHANGELOG.md');
  const snapshot = read('docs/public-surface.txt');
  const released = releasedIn(snapshot);
  const changes = changesBetween(released, surface);

  const least = isFirst ? from : leastAfter(from, changes);
  if (isLess(version, least)) {
    const why = isFirst ? 'the files have it already' : `after ${from} with what has changed`;
    throw new Error(`Cannot release: it must be ${least} at least, ${why}, got ${version}`);
  }
  if (snapshot !== snapshotOf(released, surface)) {
    throw new Error(
      'Cannot release: docs/public-surface.txt is not what the sources say, run `npm run surface`, got another text',
    );
  }
  const [first] = untold(changes, unreleased(changelog));
  if (first) throw new Error(`Cannot release: ${first}, got no such line`);

  const files = new Map([
    ['CHANGELOG.md', withRelease(changelog, version, day)],
    ['docs/public-surface.txt', snapshotOf(surface, surface)],
  ]);
  for (const path of ['package.json', 'package-lock.json'])
    files.set(path, inPackage(read(path), name, from, version));
  for (const path of globSync('manifests/**/*.yaml', { cwd: root }).toSorted())
    files.set(path, inManifest(read(path), from, version));
  return {
    files: new Map([...files].filter(([path, text]) => text !== read(path))),
    notes: notesOf(changelog),
  };
}
