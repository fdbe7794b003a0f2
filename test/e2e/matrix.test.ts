/** The fault matrix: see docs/fault-matrix.md, which `npm run fault-matrix` writes anew. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describePods } from '../cluster/index.ts';
import type { PodIps } from '../matrix/installed.ts';
import { type Batch, batchesWhere } from '../matrix/row.ts';
import { BATCHES, POD_BATCHES } from '../matrix/rows/index.ts';
import { runBatch } from '../matrix/run.ts';
import { World } from '../matrix/world.ts';

const WORLDS = [
  ['servers that are asked directly', BATCHES, false, 'ipv4'],
  ['pods behind a cluster IP', POD_BATCHES, true, 'ipv4'],
] as const;

/** Address families, where pods have others than IPv4. */
const FAMILIES = [
  ['dual-stack pods', batchesWhere(BATCHES, 'dual'), false, 'dual'],
  ['IPv6-only pods', batchesWhere(BATCHES, 'ipv6'), false, 'ipv6'],
] as const;

/** A machine that stalls for a second loses packets, too: a row that was disturbed is run again. */
const RETRIES = 2;

/** Defines the tests of one world; it is there from the first to the last of them. */
function rows(batches: readonly Batch[], hasPods: boolean, podIps: PodIps): void {
  let world: World;

  beforeAll(async () => {
    world = await World.start(batches, hasPods, podIps);
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
      // As one text, so that a report of this test says what it was even where a retry was better.
      expect(complaints.join('\n')).toBe('');
    },
  );
}

describePods('the fault matrix', () => {
  // Each world is a cluster of its own: they take turns with each other's pauses, and a row waits only for those before it.
  describe.concurrent.each(WORLDS)('%s', (_name, ...world) => rows(...world));
});

describePods('the fault matrix of address families', () => {
  describe.concurrent.each(FAMILIES)('%s', (_name, ...world) => rows(...world));
});
