import type { Coredns, CorednsOptions } from './coredns.ts';
import {
  first,
  mendParts,
  newCoredns,
  type Parts,
  type PartsOptions,
  startParts,
} from './parts.ts';

/** What a test may say about its cluster. */
export interface ClusterOptions extends PartsOptions {
  /** For every CoreDNS. */
  readonly coredns?: CorednsOptions;
  /** How many CoreDNS servers there are, each at a port of loopback; 1 by default. */
  readonly servers?: number;
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
export interface Cluster extends Parts, AsyncDisposable {
  /** What pods have as their nameserver, as `host:port`. */
  readonly clusterDns: string;
  /** The first CoreDNS. */
  readonly dns: Coredns;
  /** All of them. */
  readonly servers: readonly Coredns[];
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
  const parts = await startParts(starting, options);
  const upstreams = parts.upstreams.map(({ address }) => address);
  const servers: Coredns[] = [];
  for (let index = 0; index < (options.servers ?? 1); index++) {
    const setting = { name: `coredns-${index}`, upstreams, options: options.coredns ?? {} };
    servers.push(await newCoredns(starting, parts, setting));
  }
  await Promise.all(servers.map((server) => server.start()));
  const dns = first(servers);
  const running = starting.move();
  return {
    ...parts,
    clusterDns: dns.address,
    dns,
    servers,
    mend: () => mendParts(parts, servers),
    stop: () => running.disposeAsync(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
