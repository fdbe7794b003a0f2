/** What to do about each alert, in short. The runbook has the commands. */
export interface Advice {
  /** The first thing to look at. */
  readonly look: string;
  readonly act: string;
}

/** By the name of the alert without its prefix. */
const ADVICE: Readonly<Record<string, Advice>> = {
  ClusterDnsFailing: {
    look: 'The pods of cluster DNS: do they run, and do they answer `kubernetes.default.svc`? The description names resolvers that failed.',
    act: 'Restart or scale CoreDNS after you have saved its logs; undo its last change.',
  },
  UpstreamDnsFailing: {
    look: 'The `forward` lines of the Corefile, and whether these resolvers answer a query from a pod.',
    act: 'Inform the operators of the resolvers, or forward to another one meanwhile.',
  },
  TargetDomainFailing: {
    look: 'The number of failing and of all Services in the domain, in the description; then the name servers of the domain.',
    act: 'Inform the owner of the domain, or the operators of its private resolver or VPN.',
  },
  TargetFailing: {
    look: 'The target itself, at cluster DNS and at a resolver outside.',
    act: 'Restore the record of the target, or point the Services to another name.',
  },
  ServiceUnresolvable: {
    look: 'The annotations verdict and blame, then the page of the Service: it marks the broken link.',
    act: "Correct the component at fault: the target's record, spec.externalName, cluster DNS or its upstream.",
  },
  NamespaceNeverUp: {
    look: 'The list of Services in the description: does anything still use them?',
    act: 'Delete the Services that nothing uses; correct or annotate the others.',
  },
  ServiceDanglingTarget: {
    look: 'Whether the target was deleted, renamed or mistyped, and who can register its domain.',
    act: 'Delete the Service, or correct spec.externalName.',
  },
  ServiceNeverUp: {
    look: 'The annotations verdict and blame, and the last edit of the Service.',
    act: 'Correct spec.externalName, or delete the Service if nothing uses it.',
  },
  DnsServerFailing: {
    look: 'The pod behind this address: does it run, and is it ready?',
    act: 'Replace the pod or the server; remove the address from the list of DNS servers.',
  },
  ServiceAliasMismatch: {
    look: 'The CNAME that cluster DNS serves, compared with spec.externalName.',
    act: 'Restart CoreDNS if it has lost its watch; remove a rewrite that answers for this name.',
  },
  ServiceDegraded: {
    look: 'The annotation blame, and which rounds or servers fail in the history of the Service.',
    act: 'Correct the failing server or hop; see the page of the Service for each one.',
  },
  ServiceFamilyFailing: {
    look: 'Which of A and AAAA fails, and at which hop.',
    act: 'Correct the zone of the target, so that the missing family answers NODATA and not an error.',
  },
  ServiceUntrustedAnswer: {
    look: 'The finding: is the target forbidden, or an address? Then who edited the Service.',
    act: 'Undo the edit, or allow the target in the policy.',
  },
  ServiceCriticalFinding: {
    look: 'The label rule: `explain` with that word describes it.',
    act: 'Follow the advice for that finding.',
  },
  ServiceResolverDisagreement: {
    look: 'The addresses from cluster DNS and from the reference resolvers, and their owners.',
    act: 'If the difference is not a planned one, treat it as a forged answer: stop traffic, and inform the owner.',
  },
  ServiceSignatureExpires: {
    look: 'The end of the signature, in the description.',
    act: 'Inform the owner of the zone: it must be signed again before that time.',
  },
  SearchPathWildcard: {
    look: 'The label domain: who owns this search domain, and its wildcard record?',
    act: 'Remove the wildcard, or the search domain from the nodes.',
  },
  ClusterDnsSlow: {
    look: 'CPU and limits of the CoreDNS pods, and the number of queries.',
    act: 'Scale CoreDNS, or remove its CPU limit; use a node-local cache.',
  },
  ServiceSlow: {
    look: "Which hop is slow: alias is cluster DNS, target is the path to the target's name servers.",
    act: 'Cache longer, or use nearer resolvers; inform the owner of the target.',
  },
  ServiceTargetReplaced: {
    look: 'The kind and the time of the change: was it planned?',
    act: 'Restart clients that keep old addresses; update firewalls by address.',
  },
  ClusterDnsConvergingSlowly: {
    look: 'The watch of CoreDNS on the API server, and the TTL of its negative cache.',
    act: 'Restart CoreDNS if its watch is stale; lower `cache` for denials.',
  },
  ErrorBudgetBurningFast: {
    look: 'The dashboard: when do Services fail, and for how long?',
    act: 'Correct the cause of the repeated short failures in cluster DNS or its upstream.',
  },
  ErrorBudgetBurningSlowly: {
    look: 'The dashboard: which failures of the last days cost the most rounds?',
    act: 'Plan the correction; nothing has to be done at night.',
  },
  MonitorAbsent: {
    look: 'The pods of the monitor, then the targets of Prometheus.',
    act: 'Start the monitor, or correct the scrape. Until then failures are not reported.',
  },
  MonitorInformerStale: {
    look: 'The log of the replica, for the reason of failed lists and watches.',
    act: 'Correct its RBAC, its token or the network to the API server.',
  },
  MonitorBehind: {
    look: 'CPU throttling of the monitor, and the number of targets that hang.',
    act: 'Raise its CPU limit or --max-outstanding, or use shards.',
  },
  MonitorClusterDomainWrong: {
    look: 'The search line in /etc/resolv.conf of a pod.',
    act: 'Set --cluster-domain to the domain of the cluster.',
  },
  MonitorReplicaDown: {
    look: 'The pod of the replica, and the error of its scrape in Prometheus.',
    act: 'Correct the cause, or delete the pod.',
  },
  MonitorHistogramsMissing: {
    look: 'The scrape configuration: convert_classic_histograms_to_nhcb.',
    act: 'Set always_scrape_classic_histograms, or scrapeClassicHistograms in the ServiceMonitor.',
  },
  MonitorServicesDropped: {
    look: 'The label reason, and the number of Services.',
    act: 'Raise --max-services, or watch fewer namespaces.',
  },
  MonitorReloadFailed: {
    look: 'The log: it names the file, the line and the value.',
    act: 'Correct the file. Do not restart the monitor before that.',
  },
  MonitorLabelsRenamed: {
    look: 'The scrape job in the label job.',
    act: 'Set honor_labels (honorLabels) in that job.',
  },
  MonitorShardMissing: {
    look: 'The pods of the StatefulSet.',
    act: 'Start the missing shard; its Services are not watched.',
  },
  MonitorShardDoubled: {
    look: 'The arguments and ordinals of the pods with this shard.',
    act: 'Give each monitor its own --shard, or end the additional one.',
  },
  MonitorShardsDisagree: {
    look: '--total-shards of each monitor.',
    act: 'Finish the rollout, so that all of them have the same number.',
  },
  ManyNodesFailing: {
    look: 'A common property of the nodes in the description: a rollout, a zone, node-local DNS.',
    act: 'Correct DNS on these nodes; move urgent pods off them.',
  },
  NodesFailing: {
    look: 'node-local DNS and the network of the nodes in the description.',
    act: 'Drain the node if it cannot be corrected soon.',
  },
  ServiceFailingOnNodes: {
    look: 'The page of the vantage point on one of these nodes.',
    act: 'Correct the cache or the network of that node.',
  },
};

/** @throws Error if there is no advice for the alert */
export function adviceFor(alert: string): Advice {
  const advice = ADVICE[alert.replace(/^ExternalName/, '')];
  if (!advice)
    throw new Error(`Cannot explain an alert: src/rules/advice.ts has no row for it, got ${alert}`);
  return advice;
}
