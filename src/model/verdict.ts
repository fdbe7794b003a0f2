/** Where to look. A public contract, as the verdicts are. */
export const BLAMES = {
  none: 'nothing is wrong, or nothing is known yet',
  config: 'the Service itself: its spec.externalName can never work',
  cluster_dns: 'cluster DNS: the servers that pods ask (CoreDNS, kube-dns, NodeLocal DNSCache)',
  upstream_dns: 'the resolvers that cluster DNS forwards to, or the way to them',
  target: 'the owner of the target domain, or its name servers',
  policy: 'your own policy: it resolves to a place that you forbade',
  monitor: 'this monitor: its configuration, or its connection to the API server',
} as const;

export type Blame = keyof typeof BLAMES;

interface VerdictText {
  /** What it says of the Service, as a sentence about "it". */
  readonly meaning: string;
  /** What a person should try first. */
  readonly advice: string;
}

/** The bounded result for one Service. The order is that of the table in docs/verdicts.md. */
export const VERDICTS = {
  pending: {
    meaning:
      'No round has finished yet, or the Service is new and cluster DNS has not caught up with it.',
    advice: 'Wait: it lasts at most the convergence deadline.',
  },
  unknown: {
    meaning:
      'The monitor cannot tell: the cluster domain looks wrong, or the last word from the API server is stale and DNS disagrees with it.',
    advice: 'Check --cluster-domain against the search line of a pod, and externalname_informer_*.',
  },
  untrusted_answer: {
    meaning: 'It resolves, but policy forbids where to.',
    advice: 'Look at the addresses and at the policy; find out who changed spec.externalName.',
  },
  alias_mismatch: {
    meaning:
      'Cluster DNS serves another CNAME than spec.externalName, past the convergence deadline.',
    advice: 'Cluster DNS is stale: check its connection to the API server; restart the stale pod.',
  },
  degraded: {
    meaning:
      'Pods get addresses, yet another hop fails, one of several servers does, or rounds alternate.',
    advice: 'Look at externalname_probes_total by hop and outcome for the failing part.',
  },
  family_failing: {
    meaning:
      'One address family resolves, the other fails with an error: getaddrinfo stalls, and on musl fails.',
    advice: 'Ask the target for A and AAAA at cluster DNS; the failing type is broken upstream.',
  },
  healthy: {
    meaning: 'Pods that use the name get an address, and every hop agrees.',
    advice: 'Nothing to do.',
  },
  invalid_target: {
    meaning:
      'spec.externalName can never work: not encodable, an IP literal, a loop, or unqualified.',
    advice: 'Correct spec.externalName: it must be a fully qualified DNS name.',
  },
  cluster_dns_failing: {
    meaning: 'Cluster DNS does not answer for the alias, or answers with an error.',
    advice: 'Look at cluster DNS: its pods, their logs, the network to them.',
  },
  alias_missing: {
    meaning: 'Cluster DNS does not know the Service, past the convergence deadline.',
    advice: 'Cluster DNS is stale: check its connection to the API server and its RBAC.',
  },
  target_nxdomain: {
    meaning:
      'The target does not exist: a dangling alias. In the cluster zone: no such Service, or headless with no ready endpoint.',
    advice:
      'Correct spec.externalName, or restore the target; if anyone may claim the name, do it now.',
  },
  target_no_address: {
    meaning: 'The target exists, but has no address of a family that pods can use.',
    advice: 'Ask the owner of the target for an A record, or enable the other family for pods.',
  },
  target_failing: {
    meaning: 'The target cannot be resolved: an error or a time-out, while the alias itself works.',
    advice: 'Ask the same name at the upstream resolvers and at the name servers of the domain.',
  },
  app_view_broken: {
    meaning: 'Alias and target resolve, yet what a pod asks gets no address.',
    advice:
      'Cluster DNS fails to follow its own CNAME: look at its forward plugin, cache and loops.',
  },
} as const satisfies Record<string, VerdictText>;

export type Verdict = keyof typeof VERDICTS;
