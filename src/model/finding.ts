import type { Verdict } from './verdict.ts';

/**
 * Levels of a finding, least severe first. They are not called `severity`, because alert rules
 * decide that.
 */
export const LEVELS = ['info', 'warning', 'critical'] as const;
export type Level = (typeof LEVELS)[number];

export interface RuleText {
  readonly level: Level;
  /** The level if that condition does not hold. */
  readonly other?: { readonly level: Level; readonly when: string };
  /** The source of the finding. */
  readonly from: string;
  /**
   * Verdicts that already state the finding. While one of these is the verdict, the finding needs
   * no alert of its own.
   */
  readonly statedBy: readonly Verdict[];
  /** The meaning for the Service, as a sentence about "it". */
  readonly meaning: string;
  /** The first thing that a person should try. */
  readonly advice: string;
}

/**
 * Risks and mistakes that are visible whether or not the name resolves. A public contract: a word
 * is never changed, and never reused with another meaning. The order is that of the table in
 * docs/findings.md.
 */
export const FINDINGS = {
  ip_literal_target: {
    level: 'critical',
    from: 'spec',
    statedBy: ['invalid_target'],
    meaning:
      'spec.externalName is an IP address. A CNAME cannot point to an address, so pods get no answer.',
    advice: 'Use a Service without a selector and an EndpointSlice with that address instead.',
  },
  name_not_encodable: {
    level: 'critical',
    from: 'spec',
    statedBy: ['invalid_target'],
    meaning:
      'No DNS message can contain spec.externalName: a label is empty or over 63 bytes, or the name is over 255 bytes.',
    advice: 'Correct spec.externalName; the API server does not check the length of labels.',
  },
  loop: {
    level: 'critical',
    from: 'spec and answers',
    statedBy: ['invalid_target'],
    meaning: 'Its chain of CNAMEs is a loop, so no resolver reaches an address.',
    advice:
      'Follow spec.externalName and the CNAMEs behind it, and correct the one that points back.',
  },
  unqualified_target: {
    level: 'critical',
    other: { level: 'warning', when: 'it resolves, or there is no answer yet' },
    from: 'spec and answers',
    statedBy: ['invalid_target', 'target_nxdomain'],
    meaning:
      'spec.externalName looks like a short name. Search domains do not apply to it: cluster DNS looks up exactly this name.',
    advice: 'Write the full name, such as <service>.<namespace>.svc.<cluster domain>.',
  },
  wrong_cluster_domain: {
    level: 'critical',
    other: { level: 'warning', when: 'it has not been answered yet' },
    from: 'spec and answers',
    statedBy: ['invalid_target'],
    meaning:
      'spec.externalName looks like a Service of a cluster, but does not end with the cluster domain.',
    advice:
      'Write the cluster domain after svc: the search line of /etc/resolv.conf in a pod shows it.',
  },
  incomplete_cluster_name: {
    level: 'critical',
    other: { level: 'warning', when: 'it has not been answered yet' },
    from: 'spec and answers',
    statedBy: ['invalid_target'],
    meaning: 'spec.externalName is in the cluster domain, but svc or the namespace is missing.',
    advice:
      'Write the full name: <service>.<namespace>.svc.<cluster domain>. For a pod, its name comes first.',
  },
  ip_like_target: {
    level: 'critical',
    other: { level: 'warning', when: 'it resolves' },
    from: 'spec and answers',
    statedBy: ['invalid_target'],
    meaning:
      'spec.externalName looks like an IP address but is not a valid one. DNS has no such name, and programs may read it as another address.',
    advice:
      'Write a DNS name. For an address, use a Service without a selector and an EndpointSlice.',
  },
  localhost_target: {
    level: 'critical',
    other: { level: 'warning', when: 'it resolves' },
    from: 'spec and answers',
    statedBy: ['invalid_target'],
    meaning:
      'spec.externalName is a name of the local machine. Pods get no address, or each pod gets its own.',
    advice:
      'Write the name of the intended Service or server. If the target is on purpose, find out why pods should reach themselves.',
  },
  shadows_public_name: {
    level: 'critical',
    from: 'spec',
    statedBy: [],
    meaning:
      'Its namespace is a public top-level domain. Because of search domains, pods in all namespaces that look up <service>.<namespace> get this Service.',
    advice:
      'Find out who created it: it may be an attack. Use another namespace, or end public names with a dot.',
  },
  shadows_cluster_zone: {
    level: 'critical',
    other: {
      level: 'info',
      when: 'the namespace is a label of the cluster domain, and not the last one',
    },
    from: 'spec',
    statedBy: [],
    meaning:
      'Programs look up its name or namespace for another purpose. Because of search domains, such pods get this Service.',
    advice: 'Find out who created it: it may be an attack. Use another name or namespace.',
  },
  loopback_answer: {
    level: 'critical',
    from: 'answers',
    statedBy: [],
    meaning: 'It resolves to a loopback address, so each pod connects to itself.',
    advice:
      'Find out who created the record. It is a mistake, or an attempt to reach servers inside a pod.',
  },
  link_local_answer: {
    level: 'critical',
    from: 'answers',
    statedBy: [],
    meaning: 'It resolves to a link-local address, which is a different machine on each node.',
    advice: 'Find out who created the record. Nodes have internal services at such addresses.',
  },
  metadata_answer: {
    level: 'critical',
    from: 'answers',
    statedBy: [],
    meaning:
      "It resolves to a cloud's metadata service, which gives out the credentials of the node.",
    advice: 'Treat it as an attack: find out who created the record, and which pods used the name.',
  },
  unspecified_answer: {
    level: 'critical',
    from: 'answers',
    statedBy: [],
    meaning:
      'It resolves to the unspecified address (0.0.0.0 or ::). On Linux, such a connection goes to the pod itself.',
    advice: 'Correct the record. The blocklist of a DNS filter may also be the reason.',
  },
  dangling_claimable: {
    level: 'critical',
    from: 'answers',
    statedBy: [],
    meaning:
      'The name at the end of its chain has not existed for two rounds, and anyone can claim that name. Its new owner then receives the traffic of pods.',
    advice:
      'Claim the name at the provider now, or delete the Service or the CNAME that points to it.',
  },
  dangling_unregistered: {
    level: 'critical',
    from: 'answers',
    statedBy: [],
    meaning:
      'The domain at the end of its chain is not registered: the parent zone has answered NXDOMAIN for two rounds. Anyone can register the domain, and then receives the traffic of pods.',
    advice: 'Register the domain now, or delete the Service or the CNAME that points to it.',
  },
  in_cluster_target: {
    level: 'warning',
    from: 'spec',
    statedBy: [],
    meaning:
      'Its target is a Service or pod in another namespace. Through an ingress controller or mesh, traffic can bypass the NetworkPolicies between the two namespaces.',
    advice:
      'Find out whether the other namespace agrees. A policy (allowed-suffixes) can list the intended targets.',
  },
  target_not_allowed: {
    level: 'warning',
    from: 'policy',
    statedBy: ['untrusted_answer'],
    meaning: 'spec.externalName is not below a suffix that your policy allows.',
    advice: 'Find out who set spec.externalName, then correct it or add the suffix to the policy.',
  },
  address_not_allowed: {
    level: 'warning',
    from: 'policy',
    statedBy: ['untrusted_answer'],
    meaning: 'It resolves to an address that your policy does not allow.',
    advice: 'Find the owner of the address, then correct the record or the policy.',
  },
  unknown_annotation: {
    level: 'warning',
    from: 'spec',
    statedBy: [],
    meaning:
      'It has an annotation that looks like one of this monitor, but is unknown and has no effect.',
    advice: 'Correct the name of the annotation, or remove it.',
  },
  resolvers_differ: {
    level: 'warning',
    from: 'answers',
    statedBy: [],
    meaning:
      'Some resolvers in pods cannot use the answer, because of the order or the kind of its records.',
    advice:
      'Update the DNS server that reorders records, or ask the owner of the zone for one CNAME at each name, placed before the records that it points to (RFC 1034 §3.6.2 and §4.3.2).',
  },
  signature_expires: {
    level: 'warning',
    from: 'answers with DNSSEC signatures',
    statedBy: [],
    meaning:
      'A DNSSEC signature in the answer expires within --dnssec-horizon, or has expired. After that, resolvers that validate answer SERVFAIL.',
    advice:
      'Ask the owner of the zone to sign it again, and to find out why it was not signed automatically.',
  },
  needs_tcp: {
    level: 'info',
    other: { level: 'warning', when: 'cluster DNS does not answer over TCP' },
    from: 'answers',
    statedBy: [],
    meaning: 'The answer does not fit into 512 bytes, so pods need DNS over TCP.',
    advice:
      'Allow TCP port 53 in network policies. musl before 1.2.4 cannot use TCP: it needs fewer addresses in the answer.',
  },
  edns_dropped: {
    level: 'info',
    from: 'answers',
    statedBy: [],
    meaning:
      'Queries with EDNS for the target are lost or refused on the way. Queries without EDNS are answered, so pods are not affected unless they use `options edns0`.',
    advice:
      'Find the firewall or old DNS server on the way that does not support EDNS (RFC 6891), and update it.',
  },
  private_answer: {
    level: 'info',
    from: 'answers',
    statedBy: [],
    meaning: 'It resolves to a private address: normal for databases in a cloud network.',
    advice: 'Nothing to do, unless the target should be public.',
  },
  unusable_family: {
    level: 'info',
    from: 'answers',
    statedBy: [],
    meaning:
      'It also resolves to IPv6 addresses, but pods have only IPv4. Programs that try IPv6 first fail once before they connect.',
    advice:
      'Nothing to do for programs that try the next address; for others, set the annotation externalname-monitor/record-types to A and prefer IPv4 in the program.',
  },
  zero_ttl: {
    level: 'info',
    from: 'answers',
    statedBy: [],
    meaning:
      'The answer has had a TTL of 0 for three rounds: a cache serves an expired answer, or the answer must not be cached.',
    advice:
      "Query the target's name servers. If they do not answer, a cache on the way hides an outage (serve_stale, serve-expired).",
  },
  long_chain: {
    level: 'info',
    from: 'answers',
    statedBy: [],
    meaning: 'There are eight or more CNAMEs behind the target. Resolvers give up after 8 to 11.',
    advice: 'Use a name closer to the end of the chain, or ask its owner to shorten the chain.',
  },
  ports_ignored: {
    level: 'info',
    from: 'spec',
    statedBy: [],
    meaning:
      'It lists ports. Cluster DNS and kube-proxy ignore them; ingress controllers and meshes may use them.',
    advice: 'Nothing to do, unless you expect a port mapping: there is none.',
  },
  selector_ignored: {
    level: 'info',
    from: 'spec',
    statedBy: [],
    meaning:
      'It has a selector, which a Service of the type ExternalName ignores: it selects no pods.',
    advice: 'Remove spec.selector. If the Service should select pods, change its type.',
  },
  filled_by_controller: {
    level: 'info',
    from: 'spec',
    statedBy: [],
    meaning:
      'Its annotations are for a controller, which sets spec.externalName (Tailscale operator) or publishes it (external-dns).',
    advice:
      'Nothing to do while it resolves. If it does not, check the controller. If no pod uses the name, set externalname-monitor/enabled to "false".',
  },
  tls_name_differs: {
    level: 'info',
    from: 'spec',
    statedBy: [],
    meaning:
      "It has a TLS port, but the certificate of the server is for the target's name, and not for the name of the Service.",
    advice:
      "Set the target's name as the TLS server name in clients, and as the host in HTTP clients.",
  },
  single_address: {
    level: 'info',
    from: 'answers',
    statedBy: [],
    meaning: 'The answer has one address, so DNS provides neither balancing nor failover.',
    advice:
      'Nothing to do if it is a load balancer. If not, expect an outage when the address changes.',
  },
  split_horizon: {
    level: 'info',
    from: 'answers of reference resolvers',
    statedBy: [],
    meaning:
      'Reference resolvers give a different answer: on one side it is a private address or NXDOMAIN.',
    advice: 'Nothing to do if cluster DNS should see another view of the zone.',
  },
} as const satisfies Record<string, RuleText>;

/**
 * Findings about the whole cluster and not about one Service. Each has its own metric, and
 * `externalname_finding` does not include it.
 */
export const CLUSTER_FINDINGS = {
  search_path_wildcard: {
    level: 'warning',
    from: 'answers',
    statedBy: [],
    meaning:
      'A search domain of the node answers for any name. A pod that looks up a name without a final dot, such as db.shop.svc.cluster.local, can get the address of that wildcard.',
    advice:
      "Remove the wildcard record, or remove the search domain from the node's resolv.conf. Until then, write names with a final dot, or set ndots: 1 in the pod's dnsConfig.",
  },
} as const satisfies Record<string, RuleText>;

export type Rule = keyof typeof FINDINGS;

export const RULES = Object.keys(FINDINGS) as Rule[];

export interface Finding {
  readonly rule: Rule;
  readonly level: Level;
  /**
   * A text for people, never a label: the corrected name or the address at fault. At most
   * `MAX_DETAIL` printable ASCII characters.
   */
  readonly detail?: string;
}

/** Enough for two names of maximum length and a few words. */
export const MAX_DETAIL = 600;

/** No findings: one array for all Services. */
export const NO_FINDINGS: readonly Finding[] = [];

/** Whether a level is at least as bad as another. */
export function isAtLeast(level: Level, least: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}

/** Whether a verdict already states a finding, so that one alert is enough. */
export function isStated({ rule }: Pick<Finding, 'rule'>, verdict: Verdict): boolean {
  const { statedBy }: RuleText = FINDINGS[rule];
  return statedBy.includes(verdict);
}
