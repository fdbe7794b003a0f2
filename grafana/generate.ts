/** `npm run dashboards [-- <folder>]`: writes the JSON of every dashboard to this folder, or to another. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toJson } from './dashboard.ts';
import { DASHBOARDS } from './dashboards/index.ts';

const [folder = import.meta.dirname] = process.argv.slice(2);

for (const [file, build] of Object.entries(DASHBOARDS)) {
  writeFileSync(join(folder, file), toJson(build()));
  console.log(file);
}
