/** Versions, and where a version is written. */
import type { Change } from './snapshot.ts';

const FORM = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/;

/** The three numbers. `@throws` for what is no version of Semantic Versioning; there are no pre-releases here */
export function numbersOf(version: string): readonly [number, number, number] {
  const [, major, minor, patch] = FORM.exec(version) ?? [];
  if (major === undefined) {
    throw new Error(`Cannot release: a version is three numbers such as 1.2.3, got ${version}`);
  }
  return [Number(major), Number(minor), Number(patch)];
}

/**
 * The least version that may follow: a break needs a new first number, or before 1.0.0 a new second one (Semantic
 * Versioning §4), something new needs a new second number, all else a new third.
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

/** `package.json`, and `package-lock.json`, which has it twice. `@throws` where it is not */
export function inPackage(text: string, name: string, from: string, to: string): string {
  const head = `"name": ${JSON.stringify(name)},`;
  const place = new RegExp(`(${RegExp.escape(head)}\\s*"version": )"${RegExp.escape(from)}"`, 'g');
  return replaced(text, place, `$1"${to}"`, `${head} "version": "${from}"`);
}

/** The image's tag and the label in a file of manifests; the text as it is where there is neither. */
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
