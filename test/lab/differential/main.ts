/**
 * Compares our parsing of replies, and our next steps after a failure, with those of real
 * resolvers:
 *
 *     eval "$(.ci/provide)" && node test/lab/differential/main.ts --seed=7 --replies=1000000 --failovers=20000
 *
 * Needs root's capabilities. Fails on a difference without a row in a table, and in a run of at
 * least the default size also on a row that explains no difference.
 */
import { spawnSync } from 'node:child_process';
import { argv, env, execPath, exit } from 'node:process';
import { parseArgs } from 'node:util';
import { compareFailover } from './failover.ts';
import { Configs, raiseLoopback } from './namespace.ts';
import { compareReading } from './reading.ts';
import { describeFailover, describeReading, type Explained, summary } from './report.ts';

const DEFAULTS = { seed: '1', replies: '100000', failovers: '2000' } as const;
const INSIDE = 'DIFFERENTIAL_INSIDE';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: DEFAULTS.seed },
    replies: { type: 'string', default: DEFAULTS.replies },
    failovers: { type: 'string', default: DEFAULTS.failovers },
  },
});

if (env[INSIDE] === undefined) {
  // A separate network and separate mounts, which disappear with their last process.
  const again = ['--net', '--mount', '--', execPath, ...argv.slice(1)];
  const { status } = spawnSync('unshare', again, {
    stdio: 'inherit',
    env: { ...env, [INSIDE]: 'yes' },
  });
  exit(status ?? 1);
}

raiseLoopback();
const configs = new Configs();
let isGood = false;
try {
  const seed = Number(values.seed);
  console.log(`seed ${seed}`);
  const failover = await compareFailover(configs, seed, Number(values.failovers));
  const failoverFails = report(
    `${values.failovers} failovers`,
    failover,
    describeFailover,
    Number(values.failovers) >= Number(DEFAULTS.failovers),
  );
  const reading = await compareReading(configs, seed, Number(values.replies));
  const readingFails = report(
    `${reading.replies} replies to questions for ${reading.names} names`,
    reading,
    describeReading,
    reading.replies >= Number(DEFAULTS.replies),
  );
  isGood = !failoverFails && !readingFails;
} finally {
  configs.remove();
}
// Node keeps sockets with a failed reset.
exit(isGood ? 0 : 1);

/** Prints the result; returns whether it is a failure. */
function report<T>(
  title: string,
  explained: Explained<T>,
  describe: (difference: T) => string,
  wantsAllReasons: boolean,
): boolean {
  console.log(summary(title, explained));
  for (const one of explained.unexplained.slice(0, 20)) console.error(describe(one));
  const unused = [...explained.counts].filter(([, count]) => count === 0);
  for (const [{ reason }] of wantsAllReasons ? unused : []) {
    console.error(`No difference has this reason: ${reason}`);
  }
  return explained.unexplained.length > 0 || (wantsAllReasons && unused.length > 0);
}
