/**
 * The answers of cluster DNS as a pure function: CoreDNS 1.14 with the plugins kubernetes, forward
 * and cache (plugin/kubernetes, plugin/backend_lookup.go).
 */
import { isIP } from 'node:net';
import { type Internet, soa } from './internet.ts';
import type { Answer, Rcode, ResourceRecord } from './message.ts';

/** The fields of a Service that DNS needs. */
export interface ClusterService {
  /** `spec.type`. */
  type: string;
  externalName?: string;
  /** `spec.clusterIPs`, or the ready endpoints of a headless Service. */
  addresses?: readonly string[];
}

/** The current Service with this namespace and name in cluster DNS, if there is one. */
export type ServiceLookup = (namespace: string, name: string) => ClusterService | undefined;

export interface ClusterDns {
  /** The cluster domain, such as `cluster.local`. */
  zone: string;
  services: ServiceLookup;
  internet: Internet;
  /**
   * How long cluster DNS waits for an upstream before it answers SERVFAIL, in ms. CoreDNS's forward
   * plugin reads for 2 s.
   */
  forwardTimeoutMs: number;
}

/** kubeadm's Corefile sets `ttl 30`. */
const ttl = 30;

/** plugin/backend_lookup.go leaves out a CNAME after this many. */
const maxInZoneChain = 7;

/** The Service that exists in every cluster, even if it is not scripted. */
const kubernetesService: ClusterService = { type: 'ClusterIP', addresses: ['10.96.0.1'] };

/** Answers one query at `now` (ms since the epoch). */
export function resolveInCluster(dns: ClusterDns, name: string, type: string, now: number): Answer {
  if (!isWithin(dns.zone, name)) return forward(dns, name, type, now);
  const service = serviceAt(dns, name);
  if (service === 'namespace') return empty(dns, 'NOERROR');
  if (service === undefined || !exists(service)) return empty(dns, 'NXDOMAIN');
  const target = externalTarget(service);
  if (type === 'CNAME') {
    if (target === undefined) return empty(dns, 'NOERROR');
    // A CNAME query does not look up the target, so it succeeds even if the target is dead.
    return found([{ name, type: 'CNAME', ttl, data: target }], 0);
  }
  if (type !== 'A' && type !== 'AAAA') return empty(dns, 'NOERROR');
  const { records, delayMs } = addresses(dns, name, type, now, []);
  return records.length === 0 ? empty(dns, 'NOERROR', delayMs) : found(records, delayMs);
}

/** backend_lookup.go, func A: a CNAME within the zone is kept only if a record follows it. */
function addresses(
  dns: ClusterDns,
  name: string,
  type: 'A' | 'AAAA',
  now: number,
  before: readonly string[],
): { records: ResourceRecord[]; delayMs: number } {
  const service = serviceAt(dns, name);
  if (service === undefined || service === 'namespace') return { records: [], delayMs: 0 };
  const target = externalTarget(service);
  if (target === undefined) {
    const family = type === 'A' ? 4 : 6;
    const own = (service.addresses ?? []).filter((address) => isIP(address) === family);
    return { records: own.map((data) => ({ name, type, ttl, data })), delayMs: 0 };
  }
  if (before.length > maxInZoneChain || before.includes(fold(target))) {
    return { records: [], delayMs: 0 };
  }
  const cname: ResourceRecord = { name, type: 'CNAME', ttl, data: target };
  if (isWithin(dns.zone, target)) {
    const next = addresses(dns, target, type, now, [...before, fold(name)]);
    return {
      records: next.records.length > 0 ? [cname, ...next.records] : [],
      delayMs: next.delayMs,
    };
  }
  // If the lookup of the target fails, its rcode is dropped and the bare CNAME is served.
  const { answers, delayMs } = forward(dns, target, type, now);
  return { records: [cname, ...answers], delayMs };
}

function forward(dns: ClusterDns, name: string, type: string, now: number): Answer {
  const answer = dns.internet.resolve(name, type, now);
  if (answer.delayMs <= dns.forwardTimeoutMs) return answer;
  return { rcode: 'SERVFAIL', answers: [], authorities: [], delayMs: dns.forwardTimeoutMs };
}

function serviceAt(dns: ClusterDns, name: string): ClusterService | 'namespace' | undefined {
  const path = fold(name).slice(0, -fold(dns.zone).length).split('.').filter(Boolean).reverse();
  const [svc, namespace, service, ...more] = path;
  if (svc === undefined) return 'namespace';
  if (svc !== 'svc' || more.length > 0) return undefined;
  if (namespace === undefined || service === undefined) return 'namespace';
  const known = dns.services(namespace, service);
  return (
    known ?? (`${namespace}/${service}` === 'default/kubernetes' ? kubernetesService : undefined)
  );
}

/**
 * An IP literal is left out by design (coredns#2324), and so is a headless Service without
 * endpoints.
 */
function exists(service: ClusterService): boolean {
  if (service.type === 'ExternalName') return externalTarget(service) !== undefined;
  return (service.addresses ?? []).length > 0;
}

function externalTarget(service: ClusterService): string | undefined {
  const { type, externalName } = service;
  if (type !== 'ExternalName' || externalName === undefined || isIP(externalName)) return undefined;
  return externalName;
}

function found(records: readonly ResourceRecord[], delayMs: number): Answer {
  // The cache plugin gives every record of a message the smallest TTL among them.
  const smallest = Math.min(...records.map((record) => record.ttl));
  const answers = records.map((record) => ({ ...record, ttl: smallest }));
  return { rcode: 'NOERROR', answers, authorities: [], delayMs };
}

function empty(dns: ClusterDns, rcode: Rcode, delayMs = 0): Answer {
  return { rcode, answers: [], authorities: [soa(dns.zone)], delayMs };
}

/** Whether `name` is equal to `parent` or below it. */
function isWithin(parent: string, name: string): boolean {
  return `.${fold(name)}`.endsWith(`.${fold(parent)}`);
}

function fold(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
