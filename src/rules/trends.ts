/** Alerts that need samples of many minutes: evaluated less often. */
import type { Rule } from './rule.ts';
import type { Terms } from './settings.ts';
import { selectService } from './templates.ts';
import { promql, text } from './text.ts';

export function trends(s: Terms): readonly Rule[] {
  const { c, inCluster, keep, rounds } = s;
  // Ranges that contain several rounds, or enough lookups of one Service.
  const quarter = rounds(4, '15m');
  const lookups = rounds(60, '1h');
  const timeouts = 'externalname_probes_total{hop="alias",outcome="timeout",vantage!="node"}';
  return [
    {
      alert: 'ExternalNameServiceSignatureExpires',
      when: 'a DNSSEC signature of the target ends within `--dnssec-horizon`; only with that option',
      wait: 'signatures are asked for once an hour. A zone that signs each answer for a day or two has been seen to renew its signature within two hours, and the finding is then gone.',
      note: 'Off unless --dnssec-horizon says how long before the end of a signature this is news: without, the series is absent.',
      expr: promql`max by (${c}, namespace, service) (externalname_finding{rule="signature_expires",vantage!="node"})`,
      for: '2h',
      keepFiringFor: keep,
      severity: 'warning',
      about: 'service',
      summary: "A DNSSEC signature of an ExternalName Service's target ends soon.",
      description: text`
        ${selectService(s)}
        A signature in the answer for {{ $labels.service }}.{{ $labels.namespace }}${inCluster} ends
        {{- range query (printf "min(externalname_target_signature_expiry_timestamp_seconds%s)" $of) }} on {{ .Value | humanizeTimestamp }}{{ end }}.
        From then on resolvers that validate answer SERVFAIL.
      `,
    },
    {
      alert: 'ExternalNameSearchPathWildcard',
      when: 'a search domain of the nodes answers for any name',
      wait: 'the monitor has confirmed it by a second name, and asks again after an hour. Five minutes outlast a rollout with another list of search domains.',
      note: 'One for each search domain of the nodes, whatever the number of Services. Pods that leave out the last dot of a name get the address of the wildcard, and connect to a stranger.',
      expr: promql`max by (${c}, domain) (externalname_search_domain_wildcard{vantage!="node"}) == 1`,
      for: '5m',
      keepFiringFor: keep,
      severity: 'warning',
      summary: 'A search domain of the nodes answers for any name.',
      description: text`
        Cluster DNS${inCluster} answers with an address for names below
        {{ $labels.domain }} that do not exist. Pods search that domain when they ask for a name without its last dot.
      `,
    },
    {
      alert: 'ExternalNameClusterDnsSlow',
      when: 'more than 1 in 100 queries that cluster DNS answers from memory take over 0.25 s or time out',
      wait: 'windows of 15 min, true for 15 more: no single burst.',
      note: "The alias hop is answered from cluster DNS's memory: no target can make it slow. 0.256 s is a bucket, and a hundred times the normal time. As p99: more than 1 in 100 took longer, or timed out. A counter of timeouts is absent before the first one, which `increase` does not see: it counts with its value.",
      expr: promql`
        1 -
        sum by (${c}) (increase(externalname_query_duration_seconds_bucket{hop="alias",le="0.256",vantage!="node"}[${quarter}]))
        /
        sum by (${c}) (
          increase(externalname_query_duration_seconds_count{hop="alias",vantage!="node"}[${quarter}])
          or
          (
            ${timeouts}
            unless
            ${timeouts} offset ${quarter}
          )
          or
          increase(${timeouts}[${quarter}])
        )
        > 0.01
        and on (${c})
        sum by (${c}) (increase(externalname_query_duration_seconds_count{hop="alias",vantage!="node"}[${quarter}])) >= 100
        unless on (${c})
        last_over_time(ALERTS{alertname="ExternalNameClusterDnsFailing",alertstate="firing"}[${quarter}])
      `,
      for: quarter,
      keepFiringFor: keep,
      severity: 'warning',
      summary: 'Cluster DNS is slow.',
      description: text`
        {{ $value | humanizePercentage }} of the queries that cluster DNS answers from memory${inCluster}
        took longer than 0.25 s or timed out.
      `,
    },
    {
      alert: 'ExternalNameServiceSlow',
      when: 'more than 1 in 100 lookups take over 1 s or time out; needs 100 lookups an hour',
      wait: 'the window is an hour; 15 min more, so that three slow queries in a row do not make a ticket the moment they leave.',
      note: 'The time that pods wait. A second is a bucket. As p99 over an hour: 240 queries at 30 s; below 100 of them a percentile means nothing. Only while the Service is up: otherwise another alert has said more. Needs --service-histograms (the default).',
      expr: promql`
        1 -
        sum by (${c}, namespace, service) (rate(externalname_probe_duration_seconds_bucket{hop="app",le=~"1|1.0",vantage!="node"}[${lookups}]))
        /
        sum by (${c}, namespace, service) (
          rate(externalname_probe_duration_seconds_count{hop="app",vantage!="node"}[${lookups}])
          or
          rate(externalname_probes_total{hop="app",outcome="timeout",vantage!="node"}[${lookups}])
        )
        > 0.01
        and on (${c}, namespace, service)
        sum by (${c}, namespace, service) (increase(externalname_probe_duration_seconds_count{hop="app",vantage!="node"}[${lookups}])) >= 100
        and on (${c}, namespace, service) service:externalname_up:max == 1
        unless on (${c}) ALERTS{alertname="ExternalNameClusterDnsSlow",alertstate="firing"}
      `,
      for: '15m',
      keepFiringFor: keep,
      severity: 'warning',
      about: 'service',
      summary: 'Lookups of an ExternalName Service are slow.',
      description: text`
        {{ $value | humanizePercentage }} of the lookups of
        {{ $labels.service }}.{{ $labels.namespace }}${inCluster} took longer than 1 s or timed out within the last hour.
      `,
    },
    {
      alert: 'ExternalNameServiceTargetReplaced',
      when: 'a target with up to four addresses changed all of them',
      wait: 'none. The monitor knows the normal changes of the target before it counts such a change (docs/drift.md). It lasts for the hour that it looks back.',
      note: 'A small pool: at most four addresses, which do not change all the time. A database that has failed over, or a target that has moved; clients that keep addresses notice late.',
      expr: promql`
        max by (${c}, namespace, service) (
          increase(externalname_target_changes_total{kind=~"replaced|network",vantage!="node"}[1h])
        ) > 0
        and on (${c}, namespace, service)
        sum by (${c}, namespace, service) (
          max by (${c}, namespace, service, family) (externalname_target_addresses{vantage!="node"})
        ) <= 4
        unless on (${c}, namespace, service)
        max by (${c}, namespace, service) (increase(externalname_target_changes_total{kind="addresses",vantage!="node"}[1h])) > 5
      `,
      for: '0s',
      keepFiringFor: keep,
      severity: 'warning',
      about: 'service',
      summary: 'The target of an ExternalName Service has moved to other addresses.',
      description: text`
        Within the last hour all addresses behind {{ $labels.service }}.{{ $labels.namespace }}${inCluster}
        became ones that were not seen before.
      `,
    },
    {
      alert: 'ExternalNameClusterDnsConvergingSlowly',
      when: 'cluster DNS takes over 30 s to serve more than 1 in 10 new or edited Services; needs five an hour',
      wait: 'one edit in ten, of at least five within the hour, by this server. The window is the patience.',
      note: 'Normally a second or so, and 30 s where cluster DNS caches that there was no such name.',
      expr: promql`
        1 -
        sum by (${c}, server) (rate(externalname_convergence_seconds_bucket{le=~"30|30.0",vantage!="node"}[1h]))
        /
        sum by (${c}, server) (rate(externalname_convergence_seconds_count{vantage!="node"}[1h]))
        > 0.1
        and on (${c}, server)
        sum by (${c}, server) (increase(externalname_convergence_seconds_count{vantage!="node"}[1h])) >= 5
      `,
      for: '5m',
      keepFiringFor: keep,
      severity: 'warning',
      summary: 'A DNS server serves new and edited ExternalName Services late.',
      description: text`
        {{ $value | humanizePercentage }} of the Services that were created or edited within the last
        hour were served by {{ $labels.server }}${inCluster} only after
        more than 30 s.
      `,
    },
  ];
}
