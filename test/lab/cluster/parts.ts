import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiServer } from './api-server.ts';
import { Authority } from './authority.ts';
import { Coredns, type CorednsSetting } from './coredns.ts';
import { Etcd } from './etcd.ts';
import type { Kube } from './kube.ts';
import { Recursive } from './recursive.ts';
import type { TcpLink } from './tcp-link.ts';
import { defaultZones, type Zones } from './zones.ts';

/** Options of a cluster, apart from those of its CoreDNS. */
export interface PartsOptions {
  /** Number of recursive resolvers that CoreDNS forwards to; 1 by default. */
  readonly upstreams?: number;
  /** More lines of unbound's `server:` section, for each resolver. */
  readonly upstreamConfig?: readonly string[];
  /** The same, for the first resolver only. */
  readonly firstUpstreamConfig?: readonly string[];
  /** The zones outside the cluster; {@link defaultZones} by default. */
  readonly zones?: Zones;
  /** How long the resolvers cache an answer, in seconds; not at all by default. */
  readonly upstreamCacheTtl?: number;
  /** TTL of every record outside the cluster, and of negative answers, in seconds; 1 by default. */
  readonly ttl?: number;
  /** The range of the Services' cluster IPs, as CIDR. */
  readonly serviceRange?: string;
}

/** The parts of every cluster, apart from its CoreDNS. */
export interface Parts {
  /** The folder with their files. */
  readonly folder: string;
  /** The API server; its `stop` and `start` affect all clients. */
  readonly api: ApiServer;
  /** The tests' own client of the API server, which no broken link affects. */
  readonly kube: Kube;
  /** A kubeconfig for the monitor with all permissions, through {@link apiLink}. */
  readonly kubeconfig: string;
  /** The monitor's path to the API server. */
  readonly apiLink: TcpLink;
  /** The first recursive resolver. */
  readonly upstream: Recursive;
  /** All recursive resolvers. */
  readonly upstreams: readonly Recursive[];
  /** Authoritative for all zones outside the cluster; its zones can be edited. */
  readonly authority: Authority;
}

/**
 * Starts them; `stack` ends them and removes their files.
 *
 * @throws Error if a part does not start, with its name and output
 */
export async function startParts(
  stack: AsyncDisposableStack,
  options: PartsOptions,
): Promise<Parts> {
  const owned = <T extends { stop(graceMs: number): Promise<void> }>(part: T): T =>
    stack.adopt(part, () => part.stop(0));

  const folder = await mkdtemp(join(tmpdir(), 'cluster-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));

  const { ttl = 1, zones = defaultZones, serviceRange } = options;
  const etcd = await Etcd.create(folder);
  stack.defer(() => etcd.daemon.stop(0));
  const api = owned(await ApiServer.create(folder, etcd, serviceRange));
  const authority = owned(await Authority.create(folder, { zones, ttl }));
  const upstreams: Recursive[] = [];
  for (let index = 0; index < (options.upstreams ?? 1); index++) {
    const name = `upstream-${index}`;
    const {
      upstreamConfig = [],
      firstUpstreamConfig = [],
      upstreamCacheTtl: cacheTtl = 0,
    } = options;
    const config = [...upstreamConfig, ...(index === 0 ? firstUpstreamConfig : [])];
    const from = { name, authority: authority.address, cacheTtl, config };
    upstreams.push(owned(await Recursive.create(folder, from)));
  }
  await etcd.daemon.start();
  await Promise.all([api, authority, ...upstreams].map((part) => part.start()));

  const apiLink = await newLink(stack, api);
  const kubeconfig = await api.kubeconfig({ link: apiLink });
  const kube = stack.adopt(await api.client(), (client) => client.close());
  const upstream = first(upstreams);
  return { folder, api, kube, kubeconfig, apiLink, upstream, upstreams, authority };
}

/** Creates a CoreDNS of this cluster with its own path to the API server; it is not started yet. */
export async function newCoredns(
  stack: AsyncDisposableStack,
  { folder, api }: Parts,
  setting: Omit<CorednsSetting, 'apiLink' | 'kubeconfig'>,
): Promise<Coredns> {
  const apiLink = await newLink(stack, api);
  const kubeconfig = await api.kubeconfig({ link: apiLink });
  const coredns = await Coredns.create(folder, { ...setting, apiLink, kubeconfig });
  return stack.adopt(coredns, () => coredns.stop(0));
}

/** Ends every fault of all parts, and starts the stopped ones. */
export async function mendParts(parts: Parts, servers: readonly Coredns[]): Promise<void> {
  const { api, apiLink, authority, upstreams } = parts;
  const dnsParts = [authority, ...upstreams, ...servers];
  for (const part of [api, ...dnsParts]) part.resume();
  for (const part of dnsParts) part.restore();
  for (const link of [apiLink, ...servers.map((server) => server.apiLink)]) await link.restore();
  await api.start();
  await Promise.all(dnsParts.map((part) => part.start()));
}

/** The first of several parts of one kind. */
export function first<T>(parts: readonly T[]): T {
  const [part] = parts;
  if (part === undefined)
    throw new Error('Cannot start a cluster: it needs one of each part, got 0');
  return part;
}

async function newLink(stack: AsyncDisposableStack, api: ApiServer): Promise<TcpLink> {
  return stack.adopt(await api.link(), (link) => link.refuse());
}
