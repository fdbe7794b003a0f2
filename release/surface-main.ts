/**
 * `npm run surface`: writes docs/public-surface.txt and, in CHANGELOG.md, a line for each addition that it does not name, and says
 * what else is to be written there by hand. With `--check`, as `npm run check` calls it, nothing is written.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unreleased, withAdded } from './changelog.ts';
import { changesBetween, releasedIn, snapshotOf, untold, untoldChanges } from './snapshot.ts';
import { meanings, surface } from './surface.ts';

const ROOT = join(import.meta.dirname, '..');
const FILE = 'docs/public-surface.txt';
const CHANGELOG = 'CHANGELOG.md';

const isCheck = process.argv.includes('--check');
const before = readFileSync(join(ROOT, FILE), 'utf8');
const released = releasedIn(before);
const current = surface();
const after = snapshotOf(released, current);

const changes = changesBetween(released, current);
const changelog = readFileSync(join(ROOT, CHANGELOG), 'utf8');
const told = isCheck ? changelog : withAdded(changelog, await additions());
if (told !== changelog) writeFileSync(join(ROOT, CHANGELOG), told);

const wrong = untold(changes, unreleased(told));
if (after !== before && isCheck) {
  wrong.unshift(`${FILE} is not what the sources say: \`npm run surface\` writes it`);
}
if (!isCheck) writeFileSync(join(ROOT, FILE), after);
for (const line of wrong) console.error(`surface: ${line}`);
if (wrong.length > 0) process.exitCode = 1;
else console.log(`${FILE}: ${current.length} items`);

/** A sentence for each addition that has none, as far as the sources explain it. */
async function additions(): Promise<string[]> {
  const known = await meanings();
  return untoldChanges(changes, unreleased(changelog))
    .filter(({ how }) => how === 'added')
    .flatMap(({ item }) => {
      const [kind = '', name = ''] = item.split(' ');
      const meaning = known.get(item);
      return meaning === undefined ? [] : [`New ${kind} \`${name}\`: ${meaning}`];
    });
}
