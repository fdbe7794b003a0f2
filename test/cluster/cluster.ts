import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiServer } from './api-server.ts';
import { Authority } from './authority.ts';
import { Coredns, type CorednsOptions } from './coredns.ts';
import { Etcd } from './etcd.ts';
import type { Kube } from './kube.ts';
import { Recursive } from './recursive.ts';
import type { TcpLink } from './tcp-link.ts';
import { defaultZones, type Zones } from './zones.ts';

/** What a test may say about its cluster. */
export interface ClusterOptions {
  /** For every CoreDNS. */
  readonly coredns?: CorednsOptions;
  /** How many CoreDNS servers there are, as pods behind one Service; 1 by default. */
  readonly servers?: number;
  /** How many recursive resolvers CoreDNS forwards to; 1 by default. */
  readonly upstreams?: number;
  /** More lines of unbound's `server:` section. */
  readonly upstreamConfig?: readonly string[];
  /** What is outside the cluster; {@link defaultZones} by default. */
  readonly zones?: Zones;
  /** How long the resolvers keep an answer, in seconds; not at all by default. */
  readonly upstreamCacheTtl?: number;
  /** TTL of every record outside, and of negative answers, in seconds; 1 by default. */
  readonly ttl?: number;
}

/**
 * A real cluster API and real cluster DNS of a test's own, on loopback:
 *
 * ```
 *                        ┌─ apiLink ─ kube-apiserver ─ etcd
 * monitor, pods ─┬─ kubeconfig
 *                └─ dns.address ▸ CoreDNS ─┬─ dns.apiLink ─ kube-apiserver
 *                                          └─ upstream.address ▸ unbound ─ authority.address ▸ knot
 * ```
 * Each `▸` is an interceptor, each `link` a TCP path: the places where a test breaks things.
 *
 * @example
 * await using cluster = await startCluster();
 * await cluster.kube.create(externalName('db', 'db.other.test'));
 * await ask(cluster.dns.address, 'db.default.svc.cluster.local');
 * await cluster.upstream.stop();
 */
export interface Cluster extends AsyncDisposable {
  /** The API server; its `stop` and `start` meet everybody. */
  readonly api: ApiServer;
  /** The tests' own client of the API server, that no broken link meets. */
  readonly kube: Kube;
  /** A kubeconfig for the monitor: everything allowed, by way of {@link apiLink}. */
  readonly kubeconfig: string;
  /** The monitor's way to the API server. */
  readonly apiLink: TcpLink;
  /** The first CoreDNS. */
  readonly dns: Coredns;
  /** All of them. */
  readonly servers: readonly Coredns[];
  /** The first recursive resolver. */
  readonly upstream: Recursive;
  /** All of them. */
  readonly upstreams: readonly Recursive[];
  /** Authoritative for everything outside; its zones can be edited. */
  readonly authority: Authority;
  /** Takes every fault away, and starts what does not run. */
  mend(): Promise<void>;
  /** Ends every part, and removes its files. */
  stop(): Promise<void>;
}

/**
 * Starts a cluster; returns once cluster DNS answers for the API server's own Service.
 *
 * @throws when a part does not start: says which, and what it printed. Nothing is left running.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  await using starting = new AsyncDisposableStack();
  const owned = <T extends { stop(graceMs: number): Promise<void> }>(part: T): T =>
    starting.adopt(part, () => part.stop(0));

  const folder = await mkdtemp(join(tmpdir(), 'cluster-'));
  starting.defer(() => rm(folder, { recursive: true, force: true }));

  const { ttl = 1, zones = defaultZones, coredns = {} } = options;
  const etcd = await Etcd.create(folder);
  starting.defer(() => etcd.daemon.stop(0));
  const api = owned(await ApiServer.create(folder, etcd));
  const authority = owned(await Authority.create(folder, { zones, ttl }));
  const upstreams: Recursive[] = [];
  for (let index = 0; index < (options.upstreams ?? 1); index++) {
    const name = `upstream-${index}`;
    const { upstreamConfig: config = [], upstreamCacheTtl: cacheTtl = 0 } = options;
    const from = { name, authority: authority.address, cacheTtl, config };
    upstreams.push(owned(await Recursive.create(folder, from)));
  }
  await etcd.daemon.start();
  await Promise.all([api, authority, ...upstreams].map((part) => part.start()));

  const newLink = async () => starting.adopt(await api.link(), (link) => link.refuse());
  const servers: Coredns[] = [];
  for (let index = 0; index < (options.servers ?? 1); index++) {
    const apiLink = await newLink();
    const kubeconfig = await api.kubeconfig({ link: apiLink });
    const setting = {
      name: `coredns-${index}`,
      kubeconfig,
      apiLink,
      upstreams: upstreams.map(({ address }) => address),
      options: coredns,
    };
    servers.push(owned(await Coredns.create(folder, setting)));
  }
  await Promise.all(servers.map((server) => server.start()));
  const apiLink = await newLink();
  const kube = starting.adopt(await api.client(), (client) => client.close());
  const running = starting.move();
  return {
    api,
    kube,
    kubeconfig: await api.kubeconfig({ link: apiLink }),
    apiLink,
    dns: first(servers),
    servers,
    upstream: first(upstreams),
    upstreams,
    authority,
    mend: async () => {
      const parts = [...servers, ...upstreams, authority, api];
      for (const part of parts) part.resume();
      for (const part of [...servers, ...upstreams, authority]) part.restore();
      for (const link of [apiLink, ...servers.map((server) => server.apiLink)]) {
        await link.restore();
      }
      await api.start();
      await Promise.all([authority, ...upstreams, ...servers].map((part) => part.start()));
    },
    stop: () => running.disposeAsync(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function first<T>(parts: readonly T[]): T {
  const [part] = parts;
  if (part === undefined)
    throw new Error('Cannot start a cluster: it needs one of each part, got 0');
  return part;
}
