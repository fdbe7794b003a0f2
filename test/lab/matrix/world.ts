import { setTimeout as sleep } from 'node:timers/promises';
import { aliasOf } from '../../../src/model/service.ts';
import {
  type Cluster,
  type CorednsOptions,
  externalName,
  type Fault,
  type KubeObject,
  namespace,
  type PodCluster,
  startCluster,
  startPodCluster,
  until,
} from '../cluster/index.ts';
import { Program } from '../program.ts';
import { Blackbox } from './blackbox.ts';
import { type Installed, installed, type PodIps } from './installed.ts';
import {
  BACKENDS,
  FINE,
  keyOf,
  NAMESPACE,
  type Population,
  placeOf,
  servicesOf,
  usualWords,
  zonesOf,
} from './population.ts';
import { ATTEMPTS, CACHE_MS, DEADLINE_MS, INTERVAL_MS, TIMEOUT_MS } from './reach.ts';
import type { Batch, Mend } from './row.ts';
import { Watch } from './watch.ts';
import type { Said } from './words.ts';

/** A monitor and the scrape loop that reads it. */
export interface Watched extends AsyncDisposable {
  readonly program: Program;
  readonly watch: Watch;
}

/** Namespaces that no monitor watches. */
export const UNWATCHED = ['unwatched', 'probed'] as const;

const COREDNS: CorednsOptions = { ttl: 5, cacheTtl: CACHE_MS / 1_000 };

/** Of both families: a Service gets the families of its cluster's pods. */
const SERVICE_RANGE = '10.96.0.0/16,fd00:10:96::/112';

/**
 * Options of a resolver that tolerates a busy test machine. Otherwise it would add its own
 * failures.
 */
export const UNBOUND = [
  'infra-cache-min-rtt: 400',
  'infra-cache-max-rtt: 2000',
  'outbound-msg-retry: 5',
];

/** The cluster of a world. */
export interface WorldOptions {
  /** {@link FINE} by default. */
  readonly population?: Population;
  /** DNS pods have their own addresses behind a cluster IP. */
  readonly hasPods?: boolean;
  /** Addresses of pods; IPv4 by default. */
  readonly podIps?: PodIps;
}

/** One cluster with its population, the monitor that watches it, and blackbox_exporter. */
export class World implements AsyncDisposable {
  readonly cluster: Cluster;
  /** All Services without a fault: by name, with their targets. */
  readonly services: Readonly<Record<string, string>>;
  readonly blackbox: Blackbox;
  /** The right words for a Service without a fault, by its key. */
  readonly usual: (key: string) => Said;
  /** Keys of the Services that the last batch has broken. */
  lastVictims: ReadonlySet<string> = new Set();
  readonly #population: Population;
  readonly #pods: PodCluster | undefined;
  readonly #installed: Installed;
  readonly #owned: AsyncDisposableStack;
  #common: Watched | undefined;
  #zoneEdits: Promise<unknown> = Promise.resolve();

  private constructor(
    clusters: readonly [Cluster, PodCluster | undefined],
    services: Readonly<Record<string, string>>,
    population: Population,
    installed: Installed,
    blackbox: Blackbox,
    owned: AsyncDisposableStack,
  ) {
    [this.cluster, this.#pods] = clusters;
    this.services = services;
    this.usual = usualWords(population);
    this.#population = population;
    this.#installed = installed;
    this.blackbox = blackbox;
    this.#owned = owned;
  }

  /**
   * Starts everything that these rows need. Returns once every Service has its usual words, and is
   * no longer new.
   */
  static async start(
    batches: readonly Batch[],
    { population = FINE, hasPods = false, podIps = 'ipv4' }: WorldOptions = {},
  ): Promise<World> {
    await using starting = new AsyncDisposableStack();
    const rows = batches.flat();
    const zones = zonesOf(rows, population, podIps);
    const options = { coredns: COREDNS, ttl: 5, zones, upstreamConfig: UNBOUND };
    const pods = hasPods ? starting.use(await startPodCluster(options)) : undefined;
    const cluster =
      pods ??
      starting.use(
        await startCluster({ ...options, servers: 2, upstreams: 2, serviceRange: SERVICE_RANGE }),
      );
    population.spoil?.(cluster);
    const services = servicesOf(batches, population);
    const namespaces = new Set(Object.keys(services).map((name) => placeOf(name).namespace));
    for (const name of [...UNWATCHED, ...namespaces]) {
      if (name !== NAMESPACE) await cluster.kube.create(namespace(name));
    }
    for (const name of BACKENDS) await cluster.kube.create(backend(name, podIps));
    for (const [name, target] of Object.entries(services)) {
      await cluster.kube.create(service(name, target));
    }
    const created = rows.flatMap(({ victims }) => (Array.isArray(victims) ? victims : []));
    const probed = rows.flatMap(({ blackbox = [] }) => blackbox);
    const aliases = [...Object.keys(services), ...created].map((name) => aliasNamed(name));
    const blackbox = starting.use(await Blackbox.start([...new Set([...aliases, ...probed])]));
    const world = new World(
      [cluster, pods],
      services,
      population,
      installed(podIps, hasPods),
      blackbox,
      starting.move(),
    );
    for (const server of cluster.servers) await server.reload(world.#usualCorefile);
    world.#common = await world.monitor();
    // All Services are new to it: until the deadline it would tolerate a missing alias.
    const grown = sleep(DEADLINE_MS);
    await world.allUsual();
    await grown;
    return world;
  }

  /** The monitor that all rows share. */
  get common(): Watched {
    if (this.#common === undefined) throw new Error('Cannot use the monitor: it has not started');
    return this.#common;
  }

  /** @throws Error in a world with DNS servers that are no pods */
  get pods(): PodCluster {
    if (this.#pods === undefined) throw new Error('Cannot use pods: this world has none');
    return this.#pods;
  }

  /**
   * Another monitor, as installed; `args` override the interval of the matrix. It ends with the
   * world, if not earlier.
   */
  async monitor(args: readonly string[] = []): Promise<Watched> {
    const usual = {
      '--kubeconfig': this.cluster.kubeconfig,
      '--cluster-dns': this.cluster.clusterDns,
      '--cluster-domain': 'cluster.local',
      '--listen': '127.0.0.1:0',
      '--interval': `${INTERVAL_MS}ms`,
      '--timeout': `${TIMEOUT_MS}ms`,
      '--attempts': ATTEMPTS,
      '--convergence-deadline': `${DEADLINE_MS}ms`,
      '--service-histograms': false,
      '--exclude-namespaces': UNWATCHED,
    };
    const pace = Object.entries(usual).map(([flag, value]) => `${flag}=${value}`);
    const byFlag = [...this.#installed.args, ...pace, ...args].map(
      (arg) => [arg.split('=')[0], arg] as const,
    );
    const program = await Program.start([...new Map(byFlag).values()], this.#installed.env);
    const watch = new Watch(program);
    const stack = new AsyncDisposableStack();
    stack.defer(async () => void (await program.stop()));
    stack.use(watch);
    this.#owned.use(stack);
    return { program, watch, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  }

  /**
   * Waits until a monitor reports the usual words for every Service. The common one, by default,
   * has all Services; another one has `keys` and maybe more.
   */
  async allUsual(
    { watch }: Pick<Watched, 'watch'> = this.common,
    keys: readonly string[] = Object.keys(this.services).map(keyOf),
  ): Promise<void> {
    const wrong = (): string[] =>
      [...new Set([...watch.keys, ...keys])]
        .filter((key) => (watch.now(key) ?? 'gone') !== this.usual(key))
        .map((key) => `${key} ${watch.now(key) ?? 'gone'}`);
    await until('all Services as usual', () => wrong().length === 0, {
      deadlineMs: 60_000,
    }).catch((cause) => {
      throw new Error(`Cannot go on: not all Services are as usual, got ${wrong()}`, { cause });
    });
  }

  /** Ends every fault except those of the population. */
  async mend(): Promise<void> {
    await this.cluster.mend();
    this.#population.spoil?.(this.cluster);
  }

  /**
   * Changes CoreDNS's Corefile without an interruption; returns a function that restores it in the
   * same way.
   */
  async corefile(options: CorednsOptions): Promise<Mend> {
    await this.cluster.dns.reload({ ...this.#usualCorefile, ...options });
    return () => this.cluster.dns.reload(this.#usualCorefile);
  }

  /** A fault on the path from CoreDNS to its resolvers. */
  upstream(fault: Fault): Mend {
    const mends = this.cluster.upstreams.map((upstream) => upstream.inject(fault));
    return () => {
      for (const mend of mends) mend();
    };
  }

  /**
   * Replaces the records of a name outside the cluster; returns a function that restores the
   * earlier ones.
   */
  async records(name: string, ...records: string[]): Promise<Mend> {
    const before = await this.#edit(name, records);
    return () => this.#edit(name, before);
  }

  /** Edits the target of a Service; returns a function that restores the usual one. */
  async target(name: string, target: string): Promise<Mend> {
    const edit = (externalName: string) =>
      this.cluster.kube.patch(service(name), { spec: { externalName } });
    await edit(target);
    return () => edit(this.services[name] ?? '');
  }

  /** Creates a Service for the duration of the fault. */
  async create(name: string, target: string): Promise<Mend> {
    await this.cluster.kube.create(service(name, target));
    return () => this.cluster.kube.delete(service(name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }

  /** The usual resolver is the first of the two. */
  get #usualCorefile(): CorednsOptions {
    return this.#pods ? {} : { forwardTo: [this.cluster.upstream.address] };
  }

  /**
   * One edit after the other, because a zone file is written as a whole. Returns the earlier
   * records.
   */
  #edit(name: string, records: readonly string[]): Promise<readonly string[]> {
    const edit = this.#zoneEdits.then(async () => {
      const { authority } = this.cluster;
      const [zone = '', there = {}] =
        Object.entries(authority.zones).find(([zone]) => name.endsWith(`.${zone}`)) ?? [];
      await authority.set(name, ...records);
      return there[name.slice(0, -zone.length - 1)] ?? [];
    });
    this.#zoneEdits = edit.catch(() => {});
    return edit;
  }
}

/** A Service, or a reference to it. */
export function service(name: string, target = ''): KubeObject {
  const { namespace, name: rest } = placeOf(name);
  return externalName(rest, target, namespace);
}

export function aliasNamed(name: string, where?: string): string {
  return aliasOf({ ...placeOf(name), ...(where && { namespace: where }) }, 'cluster.local');
}

function backend(name: string, podIps: PodIps): KubeObject {
  const ipFamilies = { ipv4: ['IPv4'], dual: ['IPv4', 'IPv6'], ipv6: ['IPv6'] }[podIps];
  const ipFamilyPolicy = podIps === 'dual' ? 'RequireDualStack' : 'SingleStack';
  const spec = { ipFamilies, ipFamilyPolicy, ports: [{ port: 80 }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: NAMESPACE }, spec };
}
