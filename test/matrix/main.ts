/** `npm run fault-matrix`: runs all rows and writes docs/fault-matrix.md; see there. */
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { BATCHES } from './rows/index.ts';
import { type Result, runBatch } from './run.ts';
import { World } from './world.ts';

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const batches = BATCHES.map((batch) =>
  batch.filter(
    ({ name, group }) =>
      values.only === undefined || values.only === group || name.includes(values.only),
  ),
).filter((batch) => batch.length > 0);

const start = performance.now();
const note = (text: string): void => {
  console.error(`${((performance.now() - start) / 1000).toFixed(0).padStart(4)} s  ${text}`);
};
await using world = await World.start(batches);
note(`the world is there: ${Object.keys(world.services).length} Services`);
for (const batch of batches) {
  const results = await runBatch(world, batch);
  for (const result of results) note(line(result));
}

function line({
  row,
  said,
  via,
  detected,
  cleared,
  blackbox,
  measured,
  complaints,
}: Result): string {
  const noticed = blackbox.noticed === undefined ? 'no' : blackbox.noticed.toFixed(1);
  return [
    `${row.name}: ${said.join(', ')}${via.length > 0 ? ` via ${via.join(', ')}` : ''}; ` +
      `detected ${detected?.toFixed(1)}, cleared ${cleared?.toFixed(1)}; blackbox ${noticed}${blackbox.isSteady ? '' : ' flaps'}`,
    ...(measured ? [`measured ${measured}`] : []),
    ...complaints.map((complaint) => `!! ${complaint}`),
  ].join('\n          ');
}
