/** `npm run dashboards`: writes the JSON of every dashboard to this folder. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toJson } from './dashboard.ts';
import { DASHBOARDS } from './dashboards/index.ts';

for (const [file, build] of Object.entries(DASHBOARDS)) {
  writeFileSync(join(import.meta.dirname, file), toJson(build()));
  console.log(`grafana/${file}`);
}
