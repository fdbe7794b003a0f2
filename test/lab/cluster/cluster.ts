import type { Coredns, CorednsOptions } from './coredns.ts';
import {
  first,
  mendParts,
  newCoredns,
  type Parts,
  type PartsOptions,
  startParts,
} from './parts.ts';

export interface ClusterOptions extends PartsOptions {
  /** For every CoreDNS. */
  readonly coredns?: CorednsOptions;
  /** Number of CoreDNS servers, each on a port of loopback; 1 by default. */
  readonly servers?: number;
}

/**
 * A real cluster API and real cluster DNS for one test, on loopback:
 *
 * ```
 *                        ┌─ apiLink ─ kube-apiserver ─ etcd
 * monitor, pods ─┬─ kubeconfig
 *                └─ dns.address ▸ CoreDNS ─┬─ dns.apiLink ─ kube-apiserver
 *                                          └─ upstream.address ▸ unbound ─ authority.address ▸ knot
 * ```
 * Each `▸` is an interceptor, each `link` a TCP path. A test injects its faults there.
 *
 * @example
 * await using cluster = await startCluster();
 * await cluster.kube.create(externalName('db', 'db.other.test'));
 * await ask(cluster.dns.address, 'db.default.svc.cluster.local');
 * await cluster.upstream.stop();
 */
export interface Cluster extends Parts, AsyncDisposable {
  /** The nameserver of pods, as `host:port`. */
  readonly clusterDns: string;
  /** The first CoreDNS. */
  readonly dns: Coredns;
  readonly servers: readonly Coredns[];
  /** Ends every fault, and starts every stopped part. */
  mend(): Promise<void>;
  /** Ends every part, and removes its files. */
  stop(): Promise<void>;
}

/**
 * Starts a cluster; returns once cluster DNS answers for the API server's own Service.
 *
 * @throws Error if a part does not start, with its name and output. No process is left running.
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
