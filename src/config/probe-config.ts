import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { hostname } from 'node:os';
import type { ProbeConfig, ReferenceConfig, Server } from '../model/messages.ts';
import type { Family } from '../model/round.ts';
import { type DefaultSettings, isInZone } from '../model/service.ts';
import { whyNoAuthorities } from './authorities.ts';
import type { Options } from './options.ts';
import { parseResolvConf, type ResolvConf } from './resolv-conf.ts';
import { MAX_SEARCH_DOMAINS, quoted, serverOf, UsageError } from './values.ts';

const RESOLV_CONF = '/etc/resolv.conf';

/**
 * The configuration of the prober: from the options, else from the resolv.conf of the pod.
 *
 * @throws UsageError if no DNS server is given and resolv.conf has none
 */
export function probeConfigOf(
  options: Options,
  env: Readonly<Record<string, string | undefined>>,
  resolvConfText: string = readIfThere(RESOLV_CONF),
): ProbeConfig {
  const resolvConf = parseResolvConf(resolvConfText);
  const servers = eachOnce(
    options.clusterDns ?? resolvConf.nameservers.map((address) => serverOf(address, 53)),
  );
  if (servers.length === 0) {
    throw new UsageError(
      `Cannot find a DNS server: ${RESOLV_CONF} has no nameserver line; give --cluster-dns=<address>, got ""`,
    );
  }
  const clusterDomain = options.clusterDomain ?? resolvConf.clusterDomain ?? 'cluster.local';
  return {
    servers,
    clusterDomain,
    isOwnDomain: clusterDomain === resolvConf.clusterDomain,
    intervalMs: options.interval,
    timeoutMs: options.timeout ?? resolvConf.timeoutMs,
    attempts: options.attempts ?? resolvConf.attempts,
    ...(resolvConf.stub ? { stub: resolvConf.stub } : {}),
    families: options.families === 'auto' ? familiesOf(env.POD_IPS) : options.families,
    recordTypes: options.recordTypes,
    hops: options.hops,
    upstreamCanary: options.upstreamCanary,
    searchDomains: options.searchDomains ?? searchDomainsOf(resolvConf, clusterDomain),
    ...(options.dnssecHorizon === 'off' ? {} : { dnssecHorizonMs: options.dnssecHorizon }),
    concurrency: options.concurrency,
    maxOutstanding: options.maxOutstanding,
    convergenceDeadlineMs: options.convergenceDeadline,
    salt: env.POD_NAME ?? hostname(),
    ...(options.referenceDns ? { reference: referenceOf(options, options.referenceDns) } : {}),
  };
}

/**
 * Search domains that pods get from their node. A file without the cluster's own search domains is
 * not a pod's file, and proves nothing about pods.
 */
function searchDomainsOf(
  { clusterDomain: found, search }: ResolvConf,
  clusterDomain: string,
): readonly string[] {
  if (found === undefined) return [];
  return search.filter((domain) => !isInZone(domain, clusterDomain)).slice(0, MAX_SEARCH_DOMAINS);
}

/** No annotation can set a shorter interval unless the operator allows it. */
const MIN_INTERVAL_MS = 5_000;

/**
 * The operator's settings for Services. There are many vantage points, so annotations cannot
 * shorten their interval.
 */
export function defaultSettingsOf(
  { intervalMs, recordTypes, families, hops }: ProbeConfig,
  { minInterval }: Pick<Options, 'minInterval'>,
): DefaultSettings {
  const fallback = hops === 'app' ? intervalMs : Math.min(MIN_INTERVAL_MS, intervalMs);
  return { intervalMs, recordTypes, families, minIntervalMs: minInterval ?? fallback };
}

/** @throws UsageError if the file of --reference-ca cannot be used */
function referenceOf(options: Options, servers: readonly Server[]): ReferenceConfig {
  const ca = options.referenceCa === undefined ? undefined : authoritiesIn(options.referenceCa);
  const withCa = ({ tls, ...server }: Server): Server =>
    tls ? { ...server, tls: { ...tls, ...(ca === undefined ? {} : { ca }) } } : server;
  return {
    servers: eachOnce(servers).map(withCa),
    intervalMs: options.referenceInterval,
    zones: options.referenceZones,
  };
}

function authoritiesIn(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { message } = error as Error;
    throw new UsageError(`Cannot read the file of --reference-ca: ${message}, got ${quoted(file)}`);
  }
  const why = whyNoAuthorities(text);
  if (why === undefined) return text;
  throw new UsageError(`Cannot use the file of --reference-ca: ${why}, got ${quoted(file)}`);
}

/** A server that is given twice would count as two. */
function eachOnce(servers: readonly Server[]): readonly Server[] {
  return [...new Map(servers.map((server) => [server.label, server])).values()];
}

/** Families of `status.podIPs`, which the downward API gives comma-separated; both if unknown. */
export function familiesOf(podIps: string | undefined): Family[] {
  const addresses = (podIps ?? '').split(',').filter(Boolean);
  const families = new Set(addresses.map((address): Family => (isIPv6(address) ? 'ipv6' : 'ipv4')));
  return families.size > 0 ? [...families] : ['ipv4', 'ipv6'];
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
