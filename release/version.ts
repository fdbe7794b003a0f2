/** Version numbers, and the files that contain the version. */
import type { Change } from './snapshot.ts';

const FORM = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/;

/**
 * The three numbers.
 *
 * @throws Error for an invalid version of Semantic Versioning; pre-releases are not supported
 */
export function numbersOf(version: string): readonly [number, number, number] {
  const [, major, minor, patch] = FORM.exec(version) ?? [];
  if (major === undefined) {
    throw new Error(`Cannot release: a version is three numbers such as 1.2.3, got ${version}`);
  }
  return [Number(major), Number(minor), Number(patch)];
}

/**
 * The smallest valid next version. A breaking change needs a new first number, or before 1.0.0 a
 * new second one (Semantic Versioning §4). A new feature needs a new second number, and any other
 * change a new third.
 */
export function leastAfter(version: string, changes: readonly Change[]): string {
  const [major, minor, patch] = numbersOf(version);
  const breaks = changes.some(({ how }) => how !== 'added');
  if (breaks && major > 0) return `${major + 1}.0.0`;
  return changes.length > 0 ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`;
}

export function isLess(version: string, other: string): boolean {
  const [mine, others] = [numbersOf(version), numbersOf(other)];
  const at = mine.findIndex((number, i) => number !== others[i]);
  return at >= 0 && (mine[at] ?? 0) < (others[at] ?? 0);
}

/**
 * `package.json`, and `package-lock.json`, which contains the version twice.
 *
 * @throws Error if the version is not there
 */
export function inPackage(text: string, name: string, from: string, to: string): string {
  const head = `"name": ${JSON.stringify(name)},`;
  const place = new RegExp(`(${RegExp.escape(head)}\\s*"version": )"${RegExp.escape(from)}"`, 'g');
  return replaced(text, place, `$1"${to}"`, `${head} "version": "${from}"`);
}

/**
 * Replaces the image's tag and the label in a manifest file; returns the text unchanged if it has
 * neither.
 */
export function inManifest(text: string, from: string, to: string): string {
  const place = new RegExp(
    `^(\\s*(?:newTag|app\\.kubernetes\\.io/version): )(["']?)${RegExp.escape(from)}\\2$`,
    'gm',
  );
  return text.replaceAll(place, `$1$2${to}$2`);
}

function replaced(text: string, place: RegExp, by: string, what: string): string {
  if (text.search(place) < 0) {
    throw new Error(`Cannot write the version: a file has no ${what}, got ${text.slice(0, 80)}`);
  }
  return text.replaceAll(place, by);
}
