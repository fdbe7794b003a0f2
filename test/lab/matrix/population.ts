import type { Cluster, Zone, Zones } from '../cluster/index.ts';
import type { PodIps } from './installed.ts';
import type { Batch, Row } from './row.ts';
import { HEALTHY, type Said } from './words.ts';

export const NAMESPACE = 'default';
const CLUSTER = 'svc.cluster.local';

/**
 * Registrable domains of the population: enough that one of them proves nothing about upstream DNS.
 */
const DOMAINS = 10;

/** The Services of a world, apart from those of its rows. */
export interface Population {
  /** Their targets, by name; see {@link keyOf}. */
  readonly services: Readonly<Record<string, string>>;
  /** The zones outside the cluster for them. */
  readonly zones: (podIps: PodIps) => Zones;
  /** The right words for Services that never work, by name. */
  readonly usual?: Readonly<Record<string, Said>>;
  /** Starts permanent faults for some of these Services. */
  readonly spoil?: (cluster: Cluster) => void;
}

/** Addresses for both families. */
export const WWW: Zone = { www: ['A 192.0.2.10', 'AAAA 2001:db8::10'] };

/** Services that only cluster-wide faults affect: by name, with their targets. */
export function healthyServices(): Record<string, string> {
  const services: Record<string, string> = {};
  for (let i = 0; i < DOMAINS; i++) {
    services[`fine-${i}-dual`] = `www.fine-${i}.test`;
    services[`fine-${i}-single`] = `single.fine-${i}.test`;
    services[`fine-${i}-chain`] = `chain.fine-${i}.test`;
    services[`fine-${i}-pool`] = `pool.fine-${i}.test`;
  }
  for (let i = 0; i < 6; i++) {
    services[`fine-in-zone-${i}`] = inZone(`backend-${i % 3}`);
    services[`fine-alias-${i}`] = inZone(`fine-${i}-dual`);
  }
  return services;
}

/** The name of a Service in the cluster's zone. */
export function inZone(name: string): string {
  return `${name}.${NAMESPACE}.${CLUSTER}`;
}

/** ClusterIP Services that are the targets inside the cluster. */
export const BACKENDS = ['backend-0', 'backend-1', 'backend-2'];

/**
 * Services that only cluster-wide faults affect. Addresses of a single family are ones that pods
 * can use.
 */
export const FINE: Population = { services: healthyServices(), zones: healthyZones };

function healthyZones(podIps: PodIps): Zones {
  const [type, prefix] = podIps === 'ipv6' ? ['AAAA', '2001:db8:1::'] : ['A', '198.51.100.'];
  const zones: Record<string, Zone> = {};
  for (let i = 0; i < DOMAINS; i++) {
    zones[`fine-${i}.test`] = {
      ...WWW,
      single: [`${type} ${prefix}9`],
      chain: [`CNAME www.fine-${(i + 1) % DOMAINS}.test.`],
      pool: Array.from({ length: 6 }, (_, host) => `${type} ${prefix}${10 + host}`),
    };
  }
  return zones;
}

/** The zones of a population, and those of rows. */
export function zonesOf(
  rows: readonly Row[],
  population: Population = FINE,
  podIps: PodIps = 'ipv4',
): Zones {
  const zones: Record<string, Zone> = { ...population.zones(podIps) };
  for (const { services = {}, zones: own = {} } of rows) {
    for (const target of Object.values(services)) {
      const [, domain] = /^www\.(.+\.test)$/.exec(target) ?? [];
      if (domain !== undefined) zones[domain] = { ...WWW, ...zones[domain] };
    }
    for (const [domain, zone] of Object.entries(own)) zones[domain] = { ...zones[domain], ...zone };
  }
  return zones;
}

/** All Services that exist without a fault. */
export function servicesOf(
  batches: readonly Batch[],
  population: Population,
): Record<string, string> {
  const services = { ...population.services };
  for (const { name: row, services: own = {} } of batches.flat()) {
    for (const [name, target] of Object.entries(own)) {
      if (name in services) {
        throw new Error(
          `Cannot make the Service of a row: it is there already, got ${name}, ${row}`,
        );
      }
      services[name] = target;
    }
  }
  return services;
}

/** The victims of a row, among all Services. */
export function victimsOf(row: Row, services: Readonly<Record<string, string>>): string[] {
  const { victims = Object.keys(row.services ?? {}) } = row;
  if (victims === 'all') return Object.keys(services);
  if (victims === 'external')
    return Object.keys(services).filter((name) => isOutside(name, services));
  if ('allBut' in victims)
    return Object.keys(services).filter((name) => placeOf(name).namespace !== victims.allBut);
  return [...victims];
}

/** Whether a target is outside the cluster, also through another Service. */
function isOutside(name: string, services: Readonly<Record<string, string>>): boolean {
  const target = services[name] ?? '';
  if (!target.endsWith(`.${CLUSTER}`)) return true;
  const [next = ''] = target.split('.');
  return next in services && isOutside(next, services);
}

/** The key of a name, which is in the default namespace or written as `namespace/name`. */
export function keyOf(name: string): string {
  return name.includes('/') ? name : `${NAMESPACE}/${name}`;
}

/** The namespace, and the name in it. */
export function placeOf(name: string): { readonly namespace: string; readonly name: string } {
  const [namespace = '', rest = ''] = keyOf(name).split('/');
  return { namespace, name: rest };
}

/** The words for a Service without a fault, by its key. */
export function usualWords({ usual = {} }: Population): (key: string) => Said {
  const byKey = new Map(Object.entries(usual).map(([name, words]) => [keyOf(name), words]));
  return (key) => byKey.get(key) ?? HEALTHY;
}
