import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

/**
 * Logic without sockets, programs or settings of the process: these files share their workers, and so their imports.
 * Who spies on the clock here restores it after each test.
 */
const PURE = ['config', 'diagnosis', 'metrics', 'model', 'views'].map(
  (room) => `test/units/${room}/**/*.test.ts`,
);

const timeouts = { testTimeout: 120_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    globalSetup: ['test/setup.ts'],
    // Tests of real servers mostly wait: two files at a time, also on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'pure',
          include: PURE,
          isolate: false,
          ...timeouts,
        },
      },
      {
        test: {
          name: 'rest',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...PURE],
          ...timeouts,
        },
      },
    ],
  },
});
