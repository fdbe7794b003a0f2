import type { CorednsOptions } from './coredns.ts';

/**
 * Faults that are a Corefile.
 *
 * @example
 * await cluster.dns.reconfigure(corefiles.noIpv6);
 */
export const corefiles = {
  /** NXDOMAIN for every AAAA, of aliases too: how some switch IPv6 off, and wrong, since A is there. */
  noIpv6: { plugins: ['template IN AAAA . {', '    rcode NXDOMAIN', '}'] },
  /** Knows no name of the cluster, as without its `kubernetes` plugin. */
  withoutZone: { plugins: ['template IN ANY cluster.local {', '    rcode NXDOMAIN', '}'] },
  /** Knows the Services of these namespaces alone. */
  servingOnly: (namespaces: string) => ({ kubernetesConfig: [`namespaces ${namespaces}`] }),
  /** Refuses whatever must be forwarded while this many queries are: slow upstreams then fail all. */
  refusingBeyond: (queries: number) => ({ forwardConfig: [`max_concurrent ${queries}`] }),
  /** Answers from its cache, with TTL 0, long after that has expired, while the upstreams fail. */
  servingStale: {
    cacheTtl: 1,
    cacheConfig: [
      'disable success cluster.local',
      'disable denial cluster.local',
      'serve_stale 1h',
    ],
  },
  /** Asks the first upstream first however often it fails: with that one dead, answers take over 2 s. */
  firstUpstreamFirst: {
    forwardConfig: ['policy sequential', 'max_fails 0', 'max_concurrent 1000'],
  },
} as const satisfies Record<string, CorednsOptions | ((value: never) => CorednsOptions)>;
