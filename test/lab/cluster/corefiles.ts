import type { CorednsOptions } from './coredns.ts';

/**
 * Faults in the form of a Corefile.
 *
 * @example
 * await cluster.dns.reconfigure(corefiles.noIpv6);
 */
export const corefiles = {
  /**
   * NXDOMAIN for every AAAA query, including aliases. Some users turn IPv6 off this way; it is
   * wrong, because the A record exists.
   */
  noIpv6: { plugins: ['template IN AAAA . {', '    rcode NXDOMAIN', '}'] },
  /** Serves no name of the cluster, like without its `kubernetes` plugin. */
  withoutZone: { plugins: ['template IN ANY cluster.local {', '    rcode NXDOMAIN', '}'] },
  /** Serves only the Services of these namespaces. */
  servingOnly: (namespaces: string) => ({ kubernetesConfig: [`namespaces ${namespaces}`] }),
  /**
   * Refuses queries that it must forward while this many are forwarded: slow upstreams then make
   * all of them fail.
   */
  refusingBeyond: (queries: number) => ({ forwardConfig: [`max_concurrent ${queries}`] }),
  /**
   * Serves expired answers from its cache for a long time, with TTL 0, while the upstreams fail.
   */
  servingStale: {
    cacheTtl: 1,
    cacheConfig: [
      'disable success cluster.local',
      'disable denial cluster.local',
      'serve_stale 1h',
    ],
  },
  /**
   * Always queries the first upstream first, however often it fails: if that one is dead, answers
   * take over 2 s.
   */
  firstUpstreamFirst: {
    forwardConfig: ['policy sequential', 'max_fails 0', 'max_concurrent 1000'],
  },
} as const satisfies Record<string, CorednsOptions | ((value: never) => CorednsOptions)>;
