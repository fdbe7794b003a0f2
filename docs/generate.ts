/** `npm run docs`: writes what the sources say of the pages: options.md, and the tables of the others. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { optionsPage } from '../src/config/reference.ts';
import { withSections, withTables } from './tables.ts';

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
export async function writtenPages(): Promise<ReadonlyMap<string, string>> {
  const pages = new Map([
    ['docs/options.md', optionsPage()],
    ...PAGES.map((path) => [path, withTables(readFileSync(join(ROOT, path), 'utf8'))] as const),
  ]);
  const metrics = 'docs/metrics.md';
  return pages.set(metrics, await withSections(pages.get(metrics) ?? ''));
}

if (import.meta.main) {
  for (const [path, text] of await writtenPages()) {
    if (readFileSync(join(ROOT, path), 'utf8') === text) continue;
    writeFileSync(join(ROOT, path), text);
    console.log(path);
  }
}
