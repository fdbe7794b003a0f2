import { afterAll, beforeAll } from 'vitest';
import { type Alerting, startAlerting } from '../lab/alerting/alerting.ts';
import { QUICK_RULES } from '../lab/alerting/quick-rules.ts';
import { type Cluster, freePort, startCluster, until, type Zones } from '../lab/cluster/index.ts';
import type { Program } from '../lab/program.ts';
import { startMonitor } from './monitor.ts';

/**
 * A cluster, the monitor that watches it, and the alerting that scrapes the monitor, for all tests
 * of a `describe`.
 */
export interface Alerted extends Pick<Alerting, 'prometheus' | 'webhook'> {
  readonly cluster: Cluster;
  /** Stops the monitor. Does nothing if it does not run. */
  stopMonitor(): Promise<void>;
  /** Starts it again at the address that Prometheus scrapes. Does nothing if it runs. */
  startMonitor(): Promise<void>;
  /** Waits until an expression has a value that is not 0. */
  holds(expression: string): Promise<unknown>;
}

/** Conditions usually hold within seconds; on a busy machine, within about a minute. */
export const WAIT = { deadlineMs: 90_000, everyMs: 250 };

const SCRAPE_MS = 500;

/**
 * Starts everything before the tests, and stops it after them. `prepare` runs after the start of
 * the cluster and before that of the monitor, and returns further options for the monitor.
 */
export function alerted(
  zones: Zones,
  prepare: (cluster: Cluster) => Promise<readonly string[]>,
): Alerted {
  const stack = new AsyncDisposableStack();
  let cluster: Cluster;
  let alerting: Alerting;
  let monitor: Program | undefined;
  /** A fixed port, so that Prometheus finds the monitor again after a restart. */
  let target: string;
  let args: readonly string[];

  const stop = async (): Promise<void> => {
    await monitor?.stop();
    monitor = undefined;
  };
  const start = async (): Promise<void> => {
    monitor ??= await startMonitor(cluster, [`--listen=${target}`, ...args]);
  };

  beforeAll(async () => {
    cluster = stack.use(await startCluster({ zones }));
    args = await prepare(cluster);
    target = `127.0.0.1:${await freePort()}`;
    stack.defer(stop);
    await start();
    const options = { target, scrapeMs: SCRAPE_MS, rules: QUICK_RULES };
    alerting = stack.use(await startAlerting(options));
  });

  afterAll(() => stack.disposeAsync());

  return {
    get cluster() {
      return cluster;
    },
    get prometheus() {
      return alerting.prometheus;
    },
    get webhook() {
      return alerting.webhook;
    },
    stopMonitor: stop,
    startMonitor: start,
    holds: (expression) =>
      until(
        expression,
        async () => (await alerting.prometheus.query(expression)).some(({ values }) => values[0]),
        WAIT,
      ),
  };
}
