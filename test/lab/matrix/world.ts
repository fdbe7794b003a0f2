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

/** A monitor and who reads it. */
export interface Watched extends AsyncDisposable {
  readonly program: Program;
  readonly watch: Watch;
}

/** Namespaces that no monitor watches. */
export const UNWATCHED = ['unwatched', 'probed'] as const;

const COREDNS: CorednsOptions = { ttl: 5, cacheTtl: CACHE_MS / 1_000 };

/** Of both families: a Service takes those that its cluster's pods have. */
const SERVICE_RANGE = '10.96.0.0/16,fd00:10:96::/112';

/** A resolver that is patient with a busy test machine: else it would make up failures of its own. */
export const UNBOUND = [
  'infra-cache-min-rtt: 400',
  'infra-cache-max-rtt: 2000',
  'outbound-msg-retry: 5',
];

/** Which cluster a world has. */
export interface WorldOptions {
  /** {@link FINE} by default. */
  readonly population?: Population;
  /** DNS pods have addresses of their own behind a cluster IP. */
  readonly hasPods?: boolean;
  /** Which addresses pods have; IPv4 by default. */
  readonly podIps?: PodIps;
}

/** One cluster with its population, the monitor that watches it, and blackbox_exporter beside. */
export class World implements AsyncDisposable {
  readonly cluster: Cluster;
  /** All Services while nothing is broken: by name, with their targets. */
  readonly services: Readonly<Record<string, string>>;
  readonly blackbox: Blackbox;
  /** What is right to say of a Service while nothing is broken, by its key. */
  readonly usual: (key: string) => Said;
  /** Services, by key, that the last batch has broken. */
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

  /** Starts all that these rows need. Returns once every Service is as usual, and new no more. */
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
    // All of them are new to it: until then it would forgive cluster DNS that an alias is missing.
    const grown = sleep(DEADLINE_MS);
    await world.allUsual();
    await grown;
    return world;
  }

  /** The monitor that is there for all rows. */
  get common(): Watched {
    if (this.#common === undefined) throw new Error('Cannot use the monitor: it has not started');
    return this.#common;
  }

  /** @throws in a world whose DNS servers are no pods */
  get pods(): PodCluster {
    if (this.#pods === undefined) throw new Error('Cannot use pods: this world has none');
    return this.#pods;
  }

  /** One more monitor, as installed; `args` win over the pace of the matrix. It is ended with the world, if not before. */
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
   * Waits until a monitor says of every Service what it should while nothing is broken. The common one, by default, knows all
   * Services; another one knows `keys` and maybe more.
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

  /** Takes every fault away but those of the population. */
  async mend(): Promise<void> {
    await this.cluster.mend();
    this.#population.spoil?.(this.cluster);
  }

  /** CoreDNS with a changed Corefile, without a break; mended in the same way. */
  async corefile(options: CorednsOptions): Promise<Mend> {
    await this.cluster.dns.reload({ ...this.#usualCorefile, ...options });
    return () => this.cluster.dns.reload(this.#usualCorefile);
  }

  /** A fault on the way from CoreDNS to its resolvers. */
  upstream(fault: Fault): Mend {
    const mends = this.cluster.upstreams.map((upstream) => upstream.inject(fault));
    return () => {
      for (const mend of mends) mend();
    };
  }

  /** Gives a name outside these records and no others, and when mended those that it had. */
  async records(name: string, ...records: string[]): Promise<Mend> {
    const before = await this.#edit(name, records);
    return () => this.#edit(name, before);
  }

  /** Edits the target of a Service; mended by the one that it should have. */
  async target(name: string, target: string): Promise<Mend> {
    const edit = (externalName: string) =>
      this.cluster.kube.patch(service(name), { spec: { externalName } });
    await edit(target);
    return () => edit(this.services[name] ?? '');
  }

  /** Creates a Service for as long as the fault is there. */
  async create(name: string, target: string): Promise<Mend> {
    await this.cluster.kube.create(service(name, target));
    return () => this.cluster.kube.delete(service(name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }

  /** Of the two resolvers there are, the usual one is the first. */
  get #usualCorefile(): CorednsOptions {
    return this.#pods ? {} : { forwardTo: [this.cluster.upstream.address] };
  }

  /** One edit after the other: a zone file is written as a whole. Returns what was there before. */
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
