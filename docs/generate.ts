/** `npm run docs`: writes what the sources say of the pages: options.md, and the tables of the others. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { optionsPage } from '../src/config/reference.ts';
import { withTables } from './tables.ts';

const ROOT = join(import.meta.dirname, '..');

/** Pages that have tables. */
const PAGES = [
  'README.md',
  'docs/alerts.md',
  'docs/api.md',
  'docs/drift.md',
  'docs/findings.md',
  'docs/metrics.md',
  'docs/runbooks/ExternalNameServiceUnresolvable.md',
  'docs/verdicts.md',
];

/** The text of each page as the sources have it, by its path from the root. */
export function writtenPages(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/options.md', optionsPage()],
    ...PAGES.map((path) => [path, withTables(readFileSync(join(ROOT, path), 'utf8'))] as const),
  ]);
}

if (import.meta.main) {
  for (const [path, text] of writtenPages()) {
    if (readFileSync(join(ROOT, path), 'utf8') === text) continue;
    writeFileSync(join(ROOT, path), text);
    console.log(path);
  }
}
