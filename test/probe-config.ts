import type { ProbeConfig, Server } from '../src/model/messages.ts';

/** What the worker is told, at the pace of tests; `change` wins. */
export function probeConfig(
  servers: readonly Server[],
  change: Partial<ProbeConfig> = {},
): ProbeConfig {
  return {
    servers,
    clusterDomain: 'cluster.local',
    isOwnDomain: false,
    intervalMs: 500,
    timeoutMs: 200,
    attempts: 1,
    families: ['ipv4', 'ipv6'],
    recordTypes: ['A', 'AAAA'],
    hops: 'all',
    upstreamCanary: '',
    concurrency: 100,
    maxOutstanding: 100,
    convergenceDeadlineMs: 3_000,
    salt: 'test',
    ...change,
  };
}
