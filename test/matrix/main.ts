/** `npm run fault-matrix`: runs all rows and writes docs/fault-matrix.md; see there. */
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { Batch } from './row.ts';
import { BATCHES, POD_BATCHES } from './rows/index.ts';
import { type Result, runBatch } from './run.ts';
import { World } from './world.ts';

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const start = performance.now();
const note = (text: string): void => {
  console.error(`${((performance.now() - start) / 1000).toFixed(0).padStart(4)} s  ${text}`);
};
await runAll(chosen(BATCHES), false);
await runAll(chosen(POD_BATCHES), true);

function chosen(batches: readonly Batch[]): Batch[] {
  const { only } = values;
  const isChosen = ({ name, group }: Batch[number]): boolean =>
    only === undefined || only.split(',').some((one) => one === group || name.includes(one));
  return batches.map((batch) => batch.filter(isChosen)).filter((batch) => batch.length > 0);
}

async function runAll(batches: readonly Batch[], hasPods: boolean): Promise<void> {
  if (batches.length === 0) return;
  await using world = await World.start(batches, hasPods);
  note(`the world is there: ${Object.keys(world.services).length} Services`);
  for (const batch of batches) {
    for (const result of await runBatch(world, batch)) note(line(result));
  }
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
