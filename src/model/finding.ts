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
      'spec.externalName is an IP address: a CNAME cannot lead to one, so cluster DNS gives pods nothing.',
    advice: 'Use a Service without a selector and an EndpointSlice with that address instead.',
  },
  name_not_encodable: {
    level: 'critical',
    from: 'spec',
    statedBy: ['invalid_target'],
    meaning:
      'spec.externalName cannot be put into a DNS message: a label is over 63 bytes or empty, or the name is over 255.',
    advice: 'Correct spec.externalName; the API server does not check the length of labels.',
  },
  loop: {
    level: 'critical',
    from: 'spec and answers',
    statedBy: ['invalid_target'],
    meaning:
      'Its chain of names leads back to where it was, so that no resolver reaches an address.',
    advice: 'Follow spec.externalName and the CNAMEs behind it, and break the circle.',
  },
  unqualified_target: {
    level: 'critical',
    other: { level: 'warning', when: 'it resolves, or nobody has answered yet' },
    from: 'spec and answers',
    statedBy: ['invalid_target', 'target_nxdomain'],
    meaning:
      'spec.externalName is asked for as it stands: search domains do not apply, and this looks as if they were meant to.',
    advice: 'Write the full name, such as redis.shop.svc.cluster.local.',
  },
  wrong_cluster_domain: {
    level: 'critical',
    other: { level: 'warning', when: 'it has not been answered yet' },
    from: 'spec and answers',
    statedBy: ['invalid_target'],
    meaning:
      'spec.externalName has the form of a Service of a cluster, and another domain than the cluster domain, or a part of it.',
    advice:
      'Write the cluster domain after svc: the search line of /etc/resolv.conf in a pod shows it.',
  },
  incomplete_cluster_name: {
    level: 'critical',
    other: { level: 'warning', when: 'it has not been answered yet' },
    from: 'spec and answers',
    statedBy: ['invalid_target'],
    meaning: 'spec.externalName is in the cluster domain, and svc or the namespace is missing.',
    advice:
      'Write the full name, <service>.<namespace>.svc.<cluster domain>, with the pod before it if one is meant.',
  },
  ip_like_target: {
    level: 'critical',
    other: { level: 'warning', when: 'it resolves' },
    from: 'spec and answers',
    statedBy: ['invalid_target'],
    meaning:
      'spec.externalName looks like an IP address and is none: DNS has no such name, and programs may read it as another address.',
    advice:
      'Write a DNS name; for an address use a Service without a selector and an EndpointSlice.',
  },
  localhost_target: {
    level: 'critical',
    other: { level: 'warning', when: 'it resolves' },
    from: 'spec and answers',
    statedBy: ['invalid_target'],
    meaning:
      'spec.externalName is a name of the machine itself: pods get no address, or each pod gets its own.',
    advice:
      'Write the name of the Service or server that is meant, or find out who wants pods to reach themselves.',
  },
  shadows_public_name: {
    level: 'critical',
    from: 'spec',
    statedBy: [],
    meaning:
      'Its namespace is a public top-level domain: pods in all namespaces that ask for the domain <service>.<namespace> get this Service, by their search domains.',
    advice:
      'Find out who made it, since it may be an attack; use another namespace, or end public names with a dot.',
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
      'Its name or namespace is one that programs look up for another purpose: pods that do so get this Service, by their search domains.',
    advice: 'Find out who made it, since it may be an attack; use another name or namespace.',
  },
  loopback_answer: {
    level: 'critical',
    from: 'answers',
    statedBy: [],
    meaning: 'It resolves to a loopback address: each pod then talks to itself.',
    advice:
      'Find out who made the record: a mistake, or an attempt to reach what listens inside a pod.',
  },
  link_local_answer: {
    level: 'critical',
    from: 'answers',
    statedBy: [],
    meaning: 'It resolves to a link-local address, which means another machine on each node.',
    advice: 'Find out who made the record; nodes keep services for themselves at such addresses.',
  },
  metadata_answer: {
    level: 'critical',
    from: 'answers',
    statedBy: [],
    meaning:
      "It resolves to a cloud's metadata service, which hands out the credentials of the node.",
    advice: 'Treat it as an attack: find out who made the record, and what asked through the name.',
  },
  unspecified_answer: {
    level: 'critical',
    from: 'answers',
    statedBy: [],
    meaning:
      'It resolves to the unspecified address (0.0.0.0 or ::), which Linux takes for the pod itself.',
    advice: 'Correct the record; blocklists of DNS filters answer so, too.',
  },
  dangling_claimable: {
    level: 'critical',
    from: 'answers',
    statedBy: [],
    meaning:
      'The name at its end has not existed for two rounds, and lies where anyone may claim it and so receive what pods send.',
    advice: 'Claim the name at the provider now, or delete the Service or the CNAME before it.',
  },
  dangling_unregistered: {
    level: 'critical',
    from: 'answers',
    statedBy: [],
    meaning:
      'The domain of the name at its end is not registered: the zone above has answered NXDOMAIN for two rounds. Anyone may register the domain and so receive what pods send.',
    advice: 'Register the domain now, or delete the Service or the CNAME before it.',
  },
  in_cluster_target: {
    level: 'warning',
    from: 'spec',
    statedBy: [],
    meaning:
      'It leads to a Service or pod of another namespace: through an ingress controller or mesh, traffic passes by the NetworkPolicies between the two.',
    advice:
      'Find out whether the other namespace agrees; policy (allowed-suffixes) can say which targets are meant.',
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
    advice: 'Find out whose address that is, then correct the record or the policy.',
  },
  unknown_annotation: {
    level: 'warning',
    from: 'spec',
    statedBy: [],
    meaning:
      'It has an annotation that looks like one of this monitor and is not: it has no effect.',
    advice: 'Correct the name of the annotation, or remove it.',
  },
  resolvers_differ: {
    level: 'warning',
    from: 'answers',
    statedBy: [],
    meaning:
      'The records of the answer are in an order, or of a kind, that some resolvers in pods cannot use.',
    advice:
      'Have the owner of the answer put each CNAME before the records of the name that it leads to, and one CNAME at each name, or update the DNS server that reorders them (RFC 1034 §3.6.2 and §4.3.2).',
  },
  signature_expires: {
    level: 'warning',
    from: 'answers with DNSSEC signatures',
    statedBy: [],
    meaning:
      'A DNSSEC signature in the answer ends within --dnssec-horizon, or has ended: from then on resolvers that validate answer SERVFAIL.',
    advice:
      'Have the owner of the zone sign it again, and find out why that did not happen by itself.',
  },
  needs_tcp: {
    level: 'info',
    other: { level: 'warning', when: 'cluster DNS does not answer over TCP' },
    from: 'answers',
    statedBy: [],
    meaning: 'The answer does not fit into 512 bytes, so that pods need DNS over TCP.',
    advice:
      'Allow TCP port 53 in network policies; musl before 1.2.4 cannot do it, so fewer addresses are better.',
  },
  edns_dropped: {
    level: 'info',
    from: 'answers',
    statedBy: [],
    meaning:
      'Queries with EDNS to the target are lost or refused on the way, queries without it are answered: pods are not affected unless they use `options edns0`.',
    advice:
      'Look for a firewall or an old DNS server on the way that does not know EDNS (RFC 6891), and update it.',
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
      'It also resolves to IPv6 addresses, and pods have IPv4 only: programs that try IPv6 first fail once before they connect.',
    advice:
      'Nothing to do for programs that try the next address; for others, set the annotation externalname-monitor/record-types to A and prefer IPv4 in the program.',
  },
  zero_ttl: {
    level: 'info',
    from: 'answers',
    statedBy: [],
    meaning:
      'The answer has had a TTL of 0 for three rounds: it is served stale, or may not be cached.',
    advice:
      "Ask the target's name servers: if they do not answer, a cache on the way hides an outage (serve_stale, serve-expired).",
  },
  long_chain: {
    level: 'info',
    from: 'answers',
    statedBy: [],
    meaning: 'Eight CNAMEs or more lie behind the target; resolvers give up after 8 to 11.',
    advice: 'Name something nearer to the end of the chain, or have its owner shorten it.',
  },
  ports_ignored: {
    level: 'info',
    from: 'spec',
    statedBy: [],
    meaning:
      'It lists ports: cluster DNS and kube-proxy ignore them, ingress controllers and meshes may not.',
    advice: 'Nothing to do, unless somebody expects a port to be mapped: it is not.',
  },
  selector_ignored: {
    level: 'info',
    from: 'spec',
    statedBy: [],
    meaning: 'It has a selector: Services of the type ExternalName ignore it and select no pods.',
    advice: 'Remove spec.selector, or the type ExternalName if pods are meant.',
  },
  filled_by_controller: {
    level: 'info',
    from: 'spec',
    statedBy: [],
    meaning:
      'Its annotations address a controller, which fills in spec.externalName (Tailscale operator) or publishes it (external-dns).',
    advice:
      'Nothing to do while it resolves; else look at the controller. If no pod uses the name, set externalname-monitor/enabled to "false".',
  },
  tls_name_differs: {
    level: 'info',
    from: 'spec',
    statedBy: [],
    meaning:
      "It has a TLS port: the certificate will be for the target's name, and not for that of the Service.",
    advice: "Tell clients the target's name as the TLS server name, and HTTP clients as the host.",
  },
  single_address: {
    level: 'info',
    from: 'answers',
    statedBy: [],
    meaning: 'The answer holds one address: DNS neither balances nor fails over.',
    advice: 'Nothing to do where that is a load balancer; else expect an outage when it moves.',
  },
  split_horizon: {
    level: 'info',
    from: 'answers of reference resolvers',
    statedBy: [],
    meaning:
      'Reference resolvers answer otherwise, with a private address or with NXDOMAIN at one side.',
    advice: 'Nothing to do if cluster DNS is meant to see another view of the zone.',
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
      'A search domain of the node answers for any name: a pod that leaves out the last dot of a name, as in db.shop.svc.cluster.local, is led to the address of the wildcard.',
    advice:
      "Remove the wildcard record or the search domain from the node's resolv.conf; until then write names with their last dot, or set ndots: 1 in the pod's dnsConfig.",
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
