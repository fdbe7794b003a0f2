/**
 * `npm run fault-matrix`: runs all rows and writes docs/fault-matrix.md, which explains them. With
 * `-- --only=<group or part of a name>` it runs some rows, and the others keep their results in the
 * page. With `-- --pod-ips=dual` or `ipv6` it runs the rows about address families with such pod
 * addresses, and does not write the page. Exits with status 1 if a row has a wrong result.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { BASELINE } from './baseline.ts';
import type { BlackboxView } from './blackbox.ts';
import { POD_IPS, type PodIps } from './installed.ts';
import { pageOf } from './page.ts';
import { type Batch, batchesWhere } from './row.ts';
import { BATCHES, CROWD_BATCHES, POD_BATCHES } from './rows/index.ts';
import { type Result, runBatch } from './run.ts';
import { World, type WorldOptions } from './world.ts';

const { values } = parseArgs({
  options: { only: { type: 'string' }, 'pod-ips': { type: 'string', default: 'ipv4' } },
});
const podIps = podIpsOf(values['pod-ips']);
const start = performance.now();
const note = (text: string): void => {
  console.error(`${((performance.now() - start) / 1000).toFixed(0).padStart(4)} s  ${text}`);
};
const results = [
  ...(await runAll(chosen(BATCHES))),
  ...(await runAll(chosen(CROWD_BATCHES), { population: BASELINE })),
  ...(await runAll(chosen(POD_BATCHES), { hasPods: true })),
];
if (podIps === 'ipv4') write();
const isRight = ({ row, complaints }: Result): boolean =>
  complaints.length === 0 || row.knownWrong !== undefined;
process.exitCode = results.every(isRight) ? 0 : 1;

function podIpsOf(word: string): PodIps {
  const known = Object.keys(POD_IPS).find((one): one is PodIps => one === word);
  if (known) return known;
  throw new RangeError(
    `Cannot run the matrix: --pod-ips must be one of ${Object.keys(POD_IPS)}, got ${word}`,
  );
}

function write(): void {
  const page = join(import.meta.dirname, '../../../docs/fault-matrix.md');
  const before = existsSync(page) ? readFileSync(page, 'utf8') : '';
  const date = new Date().toISOString().slice(0, 10);
  const conditions = `The last run was on ${date}, on ${availableParallelism()} cores.`;
  writeFileSync(page, pageOf(results, conditions, before));
}

function chosen(batches: readonly Batch[]): Batch[] {
  const { only } = values;
  const isChosen = ({ name, group }: Batch[number]): boolean =>
    only === undefined || only.split(',').some((one) => one === group || name.includes(one));
  return batchesWhere(batches, podIps)
    .map((batch) => batch.filter(isChosen))
    .filter((batch) => batch.length > 0);
}

async function runAll(batches: readonly Batch[], options: WorldOptions = {}): Promise<Result[]> {
  if (batches.length === 0) return [];
  await using world = await World.start(batches, { ...options, podIps });
  note(`the world is there: ${Object.keys(world.services).length} Services`);
  const results: Result[] = [];
  for (const batch of batches) {
    const ofBatch = await runBatch(world, batch);
    for (const result of ofBatch) note(line(result));
    results.push(...ofBatch);
  }
  return results;
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
  const noticed = ({ noticed, isSteady }: BlackboxView): string =>
    `${noticed === undefined ? 'no' : noticed.toFixed(1)}${isSteady ? '' : ' flaps'}`;
  return [
    `${row.name}: ${said.join(', ')}${via.length > 0 ? ` via ${via.join(', ')}` : ''}; ` +
      `detected ${detected?.toFixed(1)}, cleared ${cleared?.toFixed(1)}; blackbox ${noticed(blackbox.documented)}, strict ${noticed(blackbox.strict)}`,
    ...(measured ? [`measured ${measured}`] : []),
    ...complaints.map((complaint) => `!! ${complaint}`),
  ].join('\n          ');
}
