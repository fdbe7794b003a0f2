/** The fault matrix: see docs/fault-matrix.md, which `npm run fault-matrix` writes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describePods } from '../lab/cluster/index.ts';
import { BASELINE } from '../lab/matrix/baseline.ts';
import { type Batch, batchesWhere } from '../lab/matrix/row.ts';
import { BATCHES, CROWD_BATCHES, POD_BATCHES } from '../lab/matrix/rows/index.ts';
import { runBatch } from '../lab/matrix/run.ts';
import { World, type WorldOptions } from '../lab/matrix/world.ts';

type Worlds = readonly (readonly [
  name: string,
  batches: readonly Batch[],
  options: WorldOptions,
])[];

const WORLDS: Worlds = [
  ['servers that are asked directly', BATCHES, {}],
  ['a population as clusters have it', CROWD_BATCHES, { population: BASELINE }],
  ['pods behind a cluster IP', POD_BATCHES, { hasPods: true }],
];

/** Address families, for pods with other addresses than IPv4. */
const FAMILIES: Worlds = [
  ['dual-stack pods', batchesWhere(BATCHES, 'dual'), { podIps: 'dual' }],
  ['IPv6-only pods', batchesWhere(BATCHES, 'ipv6'), { podIps: 'ipv6' }],
];

/** A machine that stalls for a second also loses packets: a disturbed row is run again. */
const RETRIES = 2;

/** Defines the tests of one world, which exists from the first to the last of them. */
function rows(batches: readonly Batch[], options: WorldOptions): void {
  let world: World;

  beforeAll(async () => {
    world = await World.start(batches, options);
  }, 180_000);

  afterAll(() => world?.[Symbol.asyncDispose]());

  test.each(batches.map((batch) => [batch.map(({ name }) => name).join('; '), batch] as const))(
    '%s',
    { concurrent: false, retry: RETRIES, timeout: 300_000 },
    async (_names, batch) => {
      const results = await runBatch(world, batch);
      const complaints = results
        .filter(({ row }) => row.knownWrong === undefined)
        .flatMap(({ row, complaints }) => complaints.map((one) => `${row.name}: ${one}`));
      // One text, so that the report shows it even if a retry was better.
      expect(complaints.join('\n')).toBe('');
    },
  );
}

describePods('the fault matrix', () => {
  // Each world is a separate cluster. The worlds run in each other's pauses, and a row waits only
  // for the rows before it.
  describe.concurrent.each(WORLDS)('%s', (_name, ...world) => rows(...world));
});

describePods('the fault matrix of address families', () => {
  describe.concurrent.each(FAMILIES)('%s', (_name, ...world) => rows(...world));
});
