/**
 * `npm run surface`: rewrites docs/public-surface.txt, and lists the changes that CHANGELOG.md does
 * not mention yet. With `--check`, which `npm run check` uses, it writes no file.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unreleased } from './changelog.ts';
import { changesBetween, releasedIn, snapshotOf, untold } from './snapshot.ts';
import { surface } from './surface.ts';

const ROOT = join(import.meta.dirname, '..');
const FILE = 'docs/public-surface.txt';

const isCheck = process.argv.includes('--check');
const before = readFileSync(join(ROOT, FILE), 'utf8');
const released = releasedIn(before);
const current = surface();
const after = snapshotOf(released, current);

const wrong = untold(
  changesBetween(released, current),
  unreleased(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')),
);
if (after !== before && isCheck) {
  wrong.unshift(`${FILE} is not what the sources say: \`npm run surface\` writes it`);
}
if (!isCheck) writeFileSync(join(ROOT, FILE), after);
for (const line of wrong) console.error(`surface: ${line}`);
if (wrong.length > 0) process.exitCode = 1;
else console.log(`${FILE}: ${current.length} items`);
