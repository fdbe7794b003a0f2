import { afterAll, beforeAll, expect } from 'vitest';
import { verdictsOf } from '../fixtures/samples.ts';
import { type Cluster, type ClusterOptions, startCluster, until } from '../lab/cluster/index.ts';
import { Program } from '../lab/program.ts';

/** A cluster and the monitor that watches it, for all tests of a `describe`. */
export interface Monitored {
  readonly cluster: Cluster;
  readonly monitor: Program;
  /**
   * Waits until /metrics reports exactly these words for every Service, as `up verdict blame` by
   * `namespace/service`; returns all words reported until then.
   */
  verdicts(expected: Readonly<Record<string, string>>): Promise<Map<string, Set<string>>>;
}

const OPTIONS = [
  '--listen=127.0.0.1:0',
  '--interval=1s',
  '--timeout=1s',
  '--attempts=1',
  '--convergence-deadline=10s',
];

/**
 * Starts both before the tests, with `prepare` in between, and stops them after the tests. `args`
 * come last and override the short default intervals.
 */
export function monitored(
  prepare: (cluster: Cluster) => Promise<void>,
  args: readonly string[] = [],
  options: ClusterOptions = {},
): Monitored {
  let cluster: Cluster | undefined;
  let monitor: Program | undefined;

  beforeAll(async () => {
    cluster = await startCluster(options);
    await prepare(cluster);
    monitor = await startMonitor(cluster, args);
  });

  afterAll(async () => {
    const status = await monitor?.stop();
    await cluster?.stop();
    expect(status).toBe(0);
  });

  return {
    get cluster() {
      return there(cluster);
    },
    get monitor() {
      return there(monitor);
    },
    verdicts: (expected) => verdicts(there(monitor), expected),
  };
}

/** The data about a cluster that the monitor needs. */
type Watchable = Pick<Cluster, 'clusterDns' | 'kubeconfig'>;

/** The real program, which watches this cluster through paths that a test can break. */
export function startMonitor(
  cluster: Watchable,
  args: readonly string[] = [],
  ...how: [env?: Readonly<Record<string, string>>, command?: readonly string[]]
): Promise<Program> {
  const all = [`--kubeconfig=${cluster.kubeconfig}`, ...monitorArgs(cluster, args)];
  return Program.start(all, ...how);
}

/**
 * Its options for this cluster, with short intervals unless `args` override them; without the
 * kubeconfig.
 */
export function monitorArgs(cluster: Watchable, args: readonly string[] = []): string[] {
  return [
    `--cluster-dns=${cluster.clusterDns}`,
    ...(args.some((arg) => arg.startsWith('--cluster-domain'))
      ? []
      : ['--cluster-domain=cluster.local']),
    ...OPTIONS.filter((option) => !args.some((arg) => arg.split('=')[0] === option.split('=')[0])),
    ...args,
  ];
}

/** The same as {@link Monitored.verdicts}. */
export async function verdicts(
  monitor: Program,
  expected: Readonly<Record<string, string>>,
): Promise<Map<string, Set<string>>> {
  let seen: Record<string, string> = {};
  const said = new Map<string, Set<string>>();
  const isThere = async (): Promise<boolean> => {
    seen = verdictsOf(await monitor.samples());
    for (const [key, words] of Object.entries(seen)) {
      said.set(key, (said.get(key) ?? new Set()).add(words));
    }
    return Object.keys({ ...expected, ...seen }).every((key) => expected[key] === seen[key]);
  };
  await until('the verdicts', isThere, { deadlineMs: 60_000 }).catch(() => {
    expect(seen).toEqual(expected);
  });
  return said;
}

function there<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('Cannot use it: it has not been started, got undefined');
  return part;
}
