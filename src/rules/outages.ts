/** Services that went down: one page by cause, by domain, or for the Service. */
import type { Members, Rule } from './rule.ts';
import type { Terms } from './settings.ts';
import {
  blame,
  memberNames,
  memberValues,
  selectMembers,
  selectService,
  verdict,
} from './templates.ts';
import { promql, text } from './text.ts';

const BY_BLAME: Members = { series: 'service_blame:externalname_went_down', by: ['blame'] };
const BY_DOMAIN: Members = {
  series: 'service_domain:externalname_went_down',
  by: ['target_domain'],
};
const BY_TARGET: Members = {
  series: 'service_domain:externalname_went_down',
  by: ['target_domain', 'external_name'],
};

export function outages(s: Terms): readonly Rule[] {
  const { c, inCluster, keep, many, rounds } = s;
  // Also the range within which a cause counts: while causes alternate, one page fires, and not none.
  const page = rounds(4, '2m');
  return [
    {
      record: 'service:externalname_up:max',
      expr: promql`max by (${c}, namespace, service) (externalname_service_up{vantage!="node"})`,
    },
    {
      record: 'service:externalname_last_success_timestamp_seconds:max',
      note: 'The monitor forgets on a restart when a Service was last up; this does not, and goes on from its own last value for a day (also over an hour without Prometheus). Otherwise a restart would turn pages into tickets.',
      expr: promql`
        max by (${c}, namespace, service) (
          externalname_last_success_timestamp_seconds{vantage!="node"}
          or
          last_over_time(service:externalname_last_success_timestamp_seconds:max[1h]) > time() - 86400
        )
      `,
    },
    {
      record: 'service:externalname_went_down',
      note: '1 for each Service that is down and was up within 24 h. A Service that has never worked, or is known to be dead, does not page.',
      expr: promql`
        1 - service:externalname_up:max > 0
        and
        service:externalname_last_success_timestamp_seconds:max > time() - 86400
      `,
    },
    {
      record: 'service_blame:externalname_went_down',
      note: "Services that fail because of DNS itself, by the part of it. Where replicas differ, cluster DNS: one series each. Within 2 min, the `for` of a single Service's page: while blames alternate, one page speaks, and not none.",
      expr: promql`
        (
          max by (${c}, namespace, service, blame) (
            last_over_time(externalname_service_verdict{blame="cluster_dns",vantage!="node"}[${page}])
          )
          or on (${c}, namespace, service)
          max by (${c}, namespace, service, blame) (
            last_over_time(externalname_service_verdict{blame="upstream_dns",vantage!="node"}[${page}])
          )
        )
        and on (${c}, namespace, service) service:externalname_went_down
      `,
    },
    {
      record: 'blame:externalname_went_down:count',
      expr: promql`count by (${c}, blame) (service_blame:externalname_went_down)`,
    },
    {
      alert: 'ExternalNameClusterDnsFailing',
      when: 'three or more Services that were up within 24 h are down because of cluster DNS',
      wait: "three Services, each confirmed, are no chance; one minute is two further rounds, longer than a rolling restart of cluster DNS. Less than that of a single Service's page, since an outage shows on the third Service up to a minute (interval, breaker, scrape) later than on the first: until then the first waits alone.",
      note: 'Three Services make many: one page for them all.',
      expr: promql`blame:externalname_went_down:count{blame="cluster_dns"} >= ${many}`,
      for: rounds(2, '1m'),
      keepFiringFor: keep,
      severity: 'critical',
      summary: 'Cluster DNS fails for many ExternalName Services.',
      description: text`
        Pods get no address for {{ $value }} ExternalName Services${inCluster} that
        resolved within the last 24 hours, and the blame is {{ $labels.blame }}. Among them:
        ${selectMembers(s, BY_BLAME)}
        ${memberNames(BY_BLAME)}
        .
        ${failedResolvers(s)}
        Alerts on each of them are silent meanwhile.
      `,
    },
    {
      alert: 'ExternalNameUpstreamDnsFailing',
      when: 'three or more Services that were up within 24 h are down because of the resolvers that cluster DNS forwards to',
      wait: 'as above.',
      expr: promql`blame:externalname_went_down:count{blame="upstream_dns"} >= ${many}`,
      for: rounds(2, '1m'),
      keepFiringFor: keep,
      severity: 'critical',
      summary: 'The resolvers behind cluster DNS fail for many ExternalName Services.',
      description: text`
        Pods get no address for {{ $value }} ExternalName Services${inCluster} that
        resolved within the last 24 hours, and the blame is {{ $labels.blame }}. Among them:
        ${selectMembers(s, BY_BLAME)}
        ${memberNames(BY_BLAME)}
        {{- $domains := query (printf "group by (target_domain) (externalname_service_info{target_domain!=\"\",vantage!=\"node\"} and on (${c}, namespace, service) service_blame:externalname_went_down%s)" $of) | sortByLabel "target_domain" -}}
        .
        {{- if $domains }} Domains of their targets:
        {{- range $i, $s := $domains -}}
        {{- if lt $i 5 }}{{ if $i }},{{ end }} {{ $s.Labels.target_domain }}{{ else if eq $i 5 }} and others{{ end -}}
        {{- end }}.{{ end }}
        ${failedResolvers(s)}
        Alerts on each of them are silent meanwhile.
      `,
    },
    {
      record: 'service_domain:externalname_went_down',
      note: 'The others that their targets or upstream DNS fail, by the target and its domain, which may be empty. Filtered first: of 10,000 Services few are down. topk: during an edit replicas differ in the target, and each Service counts once. Within 2 min, as above.',
      expr: promql`
        topk by (${c}, namespace, service) (
          1,
          max by (${c}, namespace, service, target_domain, external_name) (
            externalname_service_info{vantage!="node"}
            and on (${c}, namespace, service) service:externalname_went_down
          )
          and on (${c}, namespace, service)
          last_over_time(externalname_service_verdict{blame=~"target|upstream_dns",vantage!="node"}[${page}])
          unless on (${c}, namespace, service) (
            service_blame:externalname_went_down and on (${c}, blame) blame:externalname_went_down:count >= ${many}
          )
        )
      `,
    },
    {
      record: 'domain:externalname_went_down:count',
      expr: promql`count by (${c}, target_domain) (service_domain:externalname_went_down{target_domain!=""})`,
    },
    {
      record: 'target:externalname_went_down:count',
      expr: promql`count by (${c}, target_domain, external_name) (service_domain:externalname_went_down)`,
    },
    {
      record: 'domain:externalname_went_down:targets',
      note: 'The number of different targets in a domain. If it is 1, the target is at fault, and not the domain.',
      expr: promql`count by (${c}, target_domain) (target:externalname_went_down:count{target_domain!=""})`,
    },
    {
      alert: 'ExternalNameTargetDomainFailing',
      when: 'three or more Services that were up within 24 h, with different targets in one domain, are down, and upstream DNS is not blamed for three of them',
      wait: 'as for the two above, and for the same reason: the page of the first Service must still wait when the third is down.',
      note: 'The name servers of a domain are dead, for example: one page, and it names the domain.',
      expr: promql`
        domain:externalname_went_down:count >= ${many}
        and on (${c}, target_domain) max_over_time(domain:externalname_went_down:targets[${page}]) > 1
      `,
      for: rounds(2, '1m'),
      keepFiringFor: keep,
      severity: 'critical',
      about: BY_DOMAIN,
      summary: 'Many ExternalName Services with targets in one domain do not resolve.',
      description: text`
        ${selectMembers(s, BY_DOMAIN)}
        Pods get no address for {{ $value }} of
        {{- range query (printf "count(group by (namespace, service) (externalname_service_info{${c}=%q,target_domain=%q,vantage!=\"node\"}))" $labels.${c} $labels.target_domain) }} {{ .Value }}{{ end }}
        ExternalName Services${inCluster} with a target in {{ $labels.target_domain }}. All of the {{ $value }} resolved within
        the last 24 hours. Among them:
        ${memberNames(BY_DOMAIN)}
        . Alerts on each of them are silent meanwhile.
      `,
      annotations: {
        domain: '{{ $labels.target_domain }}',
        verdict: memberValues(s, BY_DOMAIN, 'externalname_service_verdict', 'verdict'),
        blame: memberValues(s, BY_DOMAIN, 'externalname_service_verdict', 'blame'),
        target: memberValues(s, BY_DOMAIN, 'externalname_service_info', 'external_name'),
      },
    },
    {
      alert: 'ExternalNameTargetFailing',
      when: 'three or more Services that were up within 24 h share one target and are down, and no other target in its domain fails',
      wait: 'as above.',
      note: 'A target that many Services share: one page, and it names the target. Other targets of the domain count for as long as the `for` of a single Service: while one of them alternates, one of both pages still lasts.',
      expr: promql`
        target:externalname_went_down:count >= ${many}
        unless on (${c}, target_domain) max_over_time(domain:externalname_went_down:targets[${page}]) > 1
      `,
      for: rounds(2, '1m'),
      keepFiringFor: keep,
      severity: 'critical',
      about: BY_TARGET,
      summary: 'A target that many ExternalName Services share does not resolve.',
      description: text`
        ${selectMembers(s, BY_TARGET)}
        Pods get no address for {{ $value }} ExternalName Services${inCluster} with the target {{ $labels.external_name }}.
        All of them resolved within the last 24 hours. Among them:
        ${memberNames(BY_TARGET)}
        . Alerts on each of them are silent meanwhile.
      `,
      annotations: {
        target: '{{ $labels.external_name }}',
        verdict: memberValues(s, BY_TARGET, 'externalname_service_verdict', 'verdict'),
        blame: memberValues(s, BY_TARGET, 'externalname_service_verdict', 'blame'),
      },
    },
    {
      alert: 'ExternalNameServiceUnresolvable',
      when: 'a Service that was up within 24 h is down, and none of the alerts on several Services covers it',
      wait: "`up` is never a single lost packet. Two minutes are three further rounds, each confirmed: longer than a restart of cluster DNS or a slow zone transfer, shorter than users' patience. From break to page: 2 to 4 min, depending on the scrape interval.",
      note: 'Silent where one of the four above covers this Service, or is about to: 10,000 pages that wait would cost more than all other rules. If you drop those four, drop these clauses as well. Once they are no longer true it counts from nothing, while their keep_firing_for is longer than its `for`: there is no gap.',
      expr: promql`
        service:externalname_went_down
        unless on (${c}, namespace, service) (
          service_blame:externalname_went_down and on (${c}, blame) blame:externalname_went_down:count >= ${many}
        )
        unless on (${c}, namespace, service) (
          service_domain:externalname_went_down
          and on (${c}, target_domain) domain:externalname_went_down:count >= ${many}
        )
        unless on (${c}, namespace, service) (
          service_domain:externalname_went_down
          and on (${c}, target_domain, external_name) target:externalname_went_down:count >= ${many}
        )
      `,
      for: page,
      keepFiringFor: keep,
      severity: 'critical',
      about: 'service',
      summary: 'Pods cannot resolve an ExternalName Service.',
      description: text`
        Pods get no address for {{ $labels.service }}.{{ $labels.namespace }}${inCluster}
        ${selectService(s)}
        {{- range query (printf "group by (external_name) (externalname_service_info%s)" $of) | sortByLabel "external_name" -}}
        , an alias of {{ .Labels.external_name }}
        {{- end -}}
        .
        {{- range query (printf "group by (verdict, blame) (externalname_service_verdict%s)" $of) | sortByLabel "verdict" }}
        Verdict {{ .Labels.verdict }}, blame {{ .Labels.blame }}.
        {{- end }}
      `,
      annotations: {
        verdict: verdict(s),
        blame: blame(s),
      },
    },
  ];
}

/** Resolvers behind cluster DNS that have failed. A counter that has just appeared has no increase. */
function failedResolvers({ c }: Terms): string {
  return text`
    {{- $in := printf "{${c}=%q,vantage!=\"node\",outcome!~\"ok|nodata|nxdomain\"}" $labels.${c} -}}
    {{- $all := printf "externalname_upstream_resolver_answers_total%s" $in -}}
    {{- $late := printf "increase(%s[15m]) > 0 or (%s unless %s offset 15m)" $all $all $all -}}
    {{- with query (printf "group by (resolver, outcome, extended_error) (%s)" $late) }}
    Resolvers behind cluster DNS that failed within 15 minutes:
    {{- range $i, $s := . | sortByLabel "resolver" -}}
    {{- if lt $i 5 }}{{ if $i }},{{ end }} {{ $s.Labels.resolver }} ({{ $s.Labels.outcome }}{{ with $s.Labels.extended_error }}, {{ . }}{{ end }}){{ end -}}
    {{- end -}}
    .
    {{- end }}
  `;
}
