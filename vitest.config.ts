import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { lacksForClusters } from './test/lab/cluster/lacks.ts';
import { LongestFirst } from './test/longest-first.ts';

const timeouts = { testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    globalSetup: ['test/setup.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'units',
          include: ['test/units/**/*.test.ts'],
          // Files share their workers, and so their imports: each restores what it changes of the process.
          isolate: false,
          // Many wait for timeouts and pauses: more files at a time than cores, and tests that are side by side.
          maxConcurrency: 8,
          maxWorkers: 2 * availableParallelism(),
          sequence: { groupOrder: 0 },
          ...timeouts,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          // Without the servers all are left out, and loading them is all that there is to do.
          isolate: lacksForClusters().length === 0,
          // Tests of real servers mostly wait: two files at a time, also on two cores.
          maxWorkers: Math.max(2, availableParallelism() - 1),
          sequence: { groupOrder: 1 },
          ...timeouts,
        },
      },
    ],
  },
});
