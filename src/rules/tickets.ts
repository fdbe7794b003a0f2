/** Tickets about Services, and about what explains them. */
import type { Members, Rule } from './rule.ts';
import type { Terms } from './settings.ts';
import { blame, memberNames, memberValues, selectMembers, verdict } from './templates.ts';
import { promql, text } from './text.ts';

const NEVER_UP: Members = { series: 'service:externalname_never_up', by: ['namespace'] };

export function tickets(s: Terms): readonly Rule[] {
  const { c, inCluster, keep, rounds } = s;
  return [
    {
      record: 'service:externalname_never_up',
      note: 'Value 0, for each Service that is down and has no known success: it was dead before the monitor came. Not in its first day, if the monitor was there before it: then it is new, and has its own ticket.',
      expr: promql`
        service:externalname_up:max == 0
        unless service:externalname_last_success_timestamp_seconds:max
        unless on (${c}, namespace, service) (
          service:externalname_up:max
          unless last_over_time(service:externalname_up:max[1h] offset 1d)
          and on (${c}) last_over_time(externalname_build_info{vantage!="node"}[1h] offset 1d)
        )
        unless on (${c}, namespace, service) externalname_service_info{annotation_severity="none",vantage!="node"}
      `,
    },
    {
      alert: 'ExternalNameNamespaceNeverUp',
      when: 'Services of a namespace are down, and have not been up since the monitor watches them: one ticket for all of them',
      wait: 'as for ExternalNameServiceDanglingTarget below.',
      expr: promql`count by (${c}, namespace) (service:externalname_never_up)`,
      for: rounds(30, '15m'),
      keepFiringFor: keep,
      severity: 'warning',
      about: NEVER_UP,
      summary: 'ExternalName Services of a namespace have never resolved.',
      description: text`
        ${selectMembers(s, NEVER_UP)}
        Pods get no address for {{ $value }} ExternalName Services in namespace {{ $labels.namespace }}${inCluster}, which
        have not resolved since the monitor watches them. Among them:
        ${memberNames(NEVER_UP)}
        .
      `,
      annotations: {
        verdict: memberValues(s, NEVER_UP, 'externalname_service_verdict', 'verdict'),
        target: memberValues(s, NEVER_UP, 'externalname_service_info', 'external_name'),
      },
    },
    {
      alert: 'ExternalNameServiceDanglingTarget',
      when: 'a Service is down, was up before the last 24 h or is new, and its target does not exist',
      wait: "external-dns and the like take minutes to make the record of a new target, and the negative answer is cached for up to 5 min more (a zone's usual SOA minimum).",
      note: 'Of a Service that is down there is one alert: the page above for a day, then one of these two tickets. If it was never up, it is part of the ticket of its namespace.',
      expr: promql`
        service:externalname_up:max == 0
        and on (${c}, namespace, service) externalname_service_verdict{verdict="target_nxdomain",vantage!="node"}
        unless service:externalname_went_down
        unless service:externalname_never_up
      `,
      for: rounds(30, '15m'),
      keepFiringFor: keep,
      severity: 'warning',
      about: 'service',
      summary: 'An ExternalName Service is an alias of a name that does not exist.',
      description: text`
        The target of {{ $labels.service }}.{{ $labels.namespace }}${inCluster} does not exist,
        and the Service has not resolved within the last 24 hours.
      `,
    },
    {
      alert: 'ExternalNameServiceNeverUp',
      when: 'a Service is down, was up before the last 24 h or is new, and its target exists or is not known to be missing',
      wait: 'as above. A minute longer, because some rulers see that ExternalNameServiceDanglingTarget fires only in the next evaluation: otherwise both would fire.',
      expr: promql`
        service:externalname_up:max == 0
        unless service:externalname_went_down
        unless service:externalname_never_up
        unless on (${c}, namespace, service) (
          externalname_service_verdict{verdict="target_nxdomain",vantage!="node"}
          and on (${c}, namespace, service) ALERTS{alertname="ExternalNameServiceDanglingTarget",alertstate="firing"}
        )
      `,
      for: rounds(32, '16m'),
      keepFiringFor: keep,
      severity: 'warning',
      about: 'service',
      summary: 'An ExternalName Service does not resolve, and has not for a day or ever.',
      description: text`Pods get no address for {{ $labels.service }}.{{ $labels.namespace }}${inCluster}, and have got none within the last 24 hours.`,
      annotations: {
        verdict: verdict(s),
        blame: blame(s),
      },
    },
    {
      alert: 'ExternalNameDnsServerFailing',
      when: 'a DNS server does not answer the control query',
      wait: 'a pod of cluster DNS that is replaced is gone from the list within seconds; one that starts on a slow node, or is drained, takes a minute or two. It must be shorter than that of ExternalNameServiceDegraded.',
      note: 'Where pods have several DNS servers, or --discover-dns-pods finds those behind it. The control query needs neither a Service nor a target. Silent while all of them fail, or the question itself is wrong: others say so.',
      expr: promql`
        max by (${c}, server) (externalname_server_up{vantage!="node"}) == 0
        unless on (${c})
        ALERTS{alertname=~"ExternalNameClusterDnsFailing|ExternalNameMonitorClusterDomainWrong",alertstate="firing"}
      `,
      for: rounds(10, '5m'),
      keepFiringFor: keep,
      severity: 'warning',
      summary: 'A DNS server that pods ask does not answer.',
      description: text`
        The DNS server {{ $labels.server }}${inCluster} does not
        resolve the API server's own name. Pods that ask it wait for a timeout, or get no address.
      `,
    },
    {
      alert: 'ExternalNameServiceAliasMismatch',
      when: 'pods get an address, but cluster DNS serves another target than the one in the spec',
      wait: 'the verdict waits for the convergence deadline (60 s) itself. Five minutes more outlast a restart of cluster DNS, after which it has a new list of Services.',
      note: 'Pods get an address, but of the old target. (While they get none, one of the alerts above says so.)',
      expr: promql`
        service:externalname_up:max == 1
        and on (${c}, namespace, service) externalname_service_verdict{verdict="alias_mismatch",vantage!="node"}
      `,
      for: rounds(10, '5m'),
      keepFiringFor: keep,
      severity: 'warning',
      about: 'service',
      summary: 'Cluster DNS serves another target than an ExternalName Service says.',
      description: text`Cluster DNS serves an outdated or foreign CNAME for {{ $labels.service }}.{{ $labels.namespace }}${inCluster}, and pods connect to where it leads.`,
    },
    {
      alert: 'ExternalNameServiceDegraded',
      when: 'pods get an address, but a hop or one of several servers fails, or rounds alternate',
      wait: 'a verdict `degraded` for rounds that alternate needs three of eight, and lasts as long: 4 min. Three times that is no longer a passing disturbance.',
      expr: promql`
        max by (${c}, namespace, service) (externalname_service_verdict{verdict="degraded",vantage!="node"})
        unless on (${c}, namespace, service) (
          externalname_service_verdict{verdict="degraded",blame="cluster_dns",vantage!="node"}
          and on (${c}) ALERTS{alertname="ExternalNameDnsServerFailing",alertstate="firing"}
        )
      `,
      for: rounds(30, '15m'),
      keepFiringFor: keep,
      severity: 'warning',
      about: 'service',
      summary: 'An ExternalName Service resolves for pods, but not always.',
      description: text`
        Pods get addresses for {{ $labels.service }}.{{ $labels.namespace }}${inCluster}, yet a hop of its
        resolution fails, one of several DNS servers does, or rounds alternate.
      `,
      annotations: {
        blame: blame(s),
      },
    },
    {
      alert: 'ExternalNameServiceFamilyFailing',
      when: 'one of A and AAAA ends in an error',
      wait: 'as above.',
      expr: promql`max by (${c}, namespace, service) (externalname_service_verdict{verdict="family_failing",vantage!="node"})`,
      for: rounds(30, '15m'),
      keepFiringFor: keep,
      severity: 'warning',
      about: 'service',
      summary: 'One address family of an ExternalName Service fails, and lookups stall.',
      description: text`
        One of A and AAAA of {{ $labels.service }}.{{ $labels.namespace }}${inCluster} gives an address, the other
        an error. glibc waits for both; musl fails.
      `,
      annotations: {
        blame: blame(s),
      },
    },
    {
      alert: 'ExternalNameServiceUntrustedAnswer',
      when: 'policy forbids the target or an address of a Service',
      wait: 'ten rounds. An address that a rotating pool gives now and then shows as long as it is the answer.',
      note: "The policy of the monitor's own configuration. Without one there is no such verdict.",
      expr: promql`max by (${c}, namespace, service) (externalname_service_verdict{verdict="untrusted_answer",vantage!="node"})`,
      for: rounds(10, '5m'),
      keepFiringFor: keep,
      severity: 'warning',
      about: 'service',
      summary: 'An ExternalName Service leads to where policy forbids.',
      description: text`The policy of the monitor does not allow where {{ $labels.service }}.{{ $labels.namespace }}${inCluster} leads to, and pods get an address.`,
    },
    {
      alert: 'ExternalNameServiceCriticalFinding',
      when: 'a Service has a critical finding that its verdict does not already state',
      wait: 'ten rounds; a finding from answers holds until the next answer without it.',
      note: 'Not a fact that the verdict already states (docs/findings.md): another ticket or page reports it.',
      expr: promql`
        max by (${c}, namespace, service, rule) (
          externalname_finding{level="critical",rule!~"ip_literal_target|name_not_encodable|loop|wrong_cluster_domain|incomplete_cluster_name|ip_like_target|localhost_target|unqualified_target",vantage!="node"}
        )
        or
        max by (${c}, namespace, service, rule) (
          externalname_finding{level="critical",rule=~"ip_literal_target|name_not_encodable|loop|wrong_cluster_domain|incomplete_cluster_name|ip_like_target|localhost_target",vantage!="node"}
        )
        unless on (${c}, namespace, service) externalname_service_verdict{verdict="invalid_target",vantage!="node"}
        or
        max by (${c}, namespace, service, rule) (
          externalname_finding{level="critical",rule="unqualified_target",vantage!="node"}
        )
        unless on (${c}, namespace, service) externalname_service_verdict{verdict=~"invalid_target|target_nxdomain",vantage!="node"}
      `,
      for: rounds(10, '5m'),
      keepFiringFor: keep,
      severity: 'warning',
      about: 'service',
      summary: 'An ExternalName Service has a critical finding.',
      description: text`{{ $labels.service }}.{{ $labels.namespace }}${inCluster}: {{ $labels.rule }}.`,
    },
    {
      alert: 'ExternalNameServiceResolverDisagreement',
      when: 'reference resolvers contradict cluster DNS; only with `--reference-dns`',
      wait: 'after a planned move both sides keep the old record for its TTL, seldom more than an hour. Lookups are 5 min apart, so an hour is twelve of them.',
      note: 'Off unless --reference-dns names resolvers to compare with: without, the series is absent.',
      expr: promql`max by (${c}, namespace, service) (externalname_resolver_disagreement{vantage!="node"}) == 1`,
      for: '1h',
      keepFiringFor: keep,
      severity: 'warning',
      about: 'service',
      summary:
        'Cluster DNS and the reference resolvers lead an ExternalName Service to different places.',
      description: text`
        For {{ $labels.service }}.{{ $labels.namespace }}${inCluster} cluster DNS answers with
        addresses of other networks and owners than the reference resolvers do.
      `,
    },
  ];
}
