/** Alerts about the monitor itself. */
import type { Rule } from './rule.ts';
import type { Terms } from './settings.ts';
import { promql, text } from './text.ts';

/** Bounds of externalname_probe_schedule_delay_seconds in whole seconds. */
const DELAYS = [1, 5, 10, 30] as const;

/** A round is late after about a third of the interval. */
function lateSeconds({ intervalMs }: Terms): number {
  return DELAYS.findLast((bound) => bound <= intervalMs / 3_000) ?? DELAYS[0];
}

export function monitor(s: Terms): readonly Rule[] {
  const { c, inCluster, keep, rounds } = s;
  const late = lateSeconds(s);
  return [
    {
      record: 'instance_shard:externalname_shard_info',
      expr: promql`group by (${c}, instance, shard) (externalname_shard_info{vantage!="node"})`,
    },
    {
      alert: 'ExternalNameMonitorAbsent',
      when: 'Prometheus scrapes no monitor',
      wait: 'a node drain or crash moves the pod in about 100 s (40 s until the node counts as lost, 30 s of toleration, image and start); then a scrape and an evaluation, 30 s each. Shorter than the keep_firing_for above, so that an alert never resolves unseen because its monitor has died.',
      note: 'On build_info, which is there as soon as the monitor is: a cluster without ExternalName Services is no alert, and neither is a monitor that cannot reach the API server. absent() is about everything this Prometheus sees: where it sees several clusters, write the rule once for each, with `cluster="…"`. critical: while it fires nothing else in this file can, and silence would pass for health.',
      expr: promql`absent(externalname_build_info{vantage!="node"})`,
      for: '3m',
      severity: 'critical',
      summary: 'Nothing watches the ExternalName Services.',
      description: text`
        Prometheus has had no metrics of externalname-monitor for more than 3 minutes: it does not run,
        or is not scraped. Alerts on ExternalName Services cannot fire until it is back.
      `,
    },
    {
      alert: 'ExternalNameMonitorInformerStale',
      when: 'no contact with the API server for 5 min, or no first list yet',
      wait: 'the API server is heard every 2 min at least, and a silent watch is given up after 150 s: 5 min without a word are two such attempts. Two minutes more, for the roll of a single API server. Probing goes on meanwhile.',
      expr: promql`
        time() - max by (${c}, shard) (
          externalname_informer_last_contact_timestamp_seconds{vantage!="node"}
          * on (${c}, instance) group_left (shard) instance_shard:externalname_shard_info
        ) > 300
        or
        max by (${c}, shard) (
          externalname_informer_synced{vantage!="node"}
          * on (${c}, instance) group_left (shard) instance_shard:externalname_shard_info
        ) == 0
      `,
      for: '2m',
      severity: 'warning',
      summary: 'The monitor does not hear the API server.',
      description: text`
        Shard {{ $labels.shard }} of the monitor${inCluster} has not heard
        the API server for minutes. It probes the Services that it knew; new, edited and deleted ones it does not see.
      `,
    },
    {
      alert: 'ExternalNameMonitorBehind',
      when: `more than 1 in 20 rounds start over ${late} s late or are skipped`,
      wait: 'windows of 10 min, true for 15 more: not the start of the monitor, nor one target that hangs.',
      note: `A round that is more than ${late} s (a third of the interval) late, or left out since the one before has not ended.`,
      expr: promql`
        1 -
        sum by (${c}, shard) (
          rate(externalname_probe_schedule_delay_seconds_bucket{le=~"${late}|${late}.0",vantage!="node"}[${rounds(20, '10m')}])
          * on (${c}, instance) group_left (shard) instance_shard:externalname_shard_info
        )
        /
        sum by (${c}, shard) (
          (
            rate(externalname_probe_schedule_delay_seconds_count{vantage!="node"}[${rounds(20, '10m')}])
            or
            rate(externalname_probes_skipped_total{reason="busy",vantage!="node"}[${rounds(20, '10m')}])
          )
          * on (${c}, instance) group_left (shard) instance_shard:externalname_shard_info
        )
        > 0.05
      `,
      for: '15m',
      severity: 'warning',
      summary: 'The monitor does not keep up with its rounds.',
      description: text`
        {{ $value | humanizePercentage }} of the rounds of shard {{ $labels.shard }}${inCluster}
        began more than ${late} s late or not at all. Faults show later than they should.
      `,
    },
    {
      alert: 'ExternalNameMonitorClusterDomainWrong',
      when: 'the control query is answered with NXDOMAIN',
      wait: 'six rounds. Shorter than that of ExternalNameDnsServerFailing, which is silent then.',
      note: "The control query's name exists in every cluster: that it does not, means that we ask for the wrong one.",
      expr: promql`
        max by (${c}) (externalname_server_up{vantage!="node"}) == 0
        and on (${c})
        externalname_service_verdict{verdict="unknown",blame="monitor",vantage!="node"}
      `,
      for: '3m',
      keepFiringFor: keep,
      severity: 'warning',
      summary: 'The monitor asks in the wrong cluster domain.',
      description: text`
        Cluster DNS${inCluster} says that kubernetes.default.svc does not
        exist in the domain that the monitor asks in. Verdicts are unknown until --cluster-domain is right.
      `,
    },
    {
      alert: 'ExternalNameMonitorServicesDropped',
      when: 'there are more Services than `--max-services`',
      wait: 'a wave of test namespaces comes and goes; fifteen minutes are no wave.',
      expr: promql`max by (${c}, reason) (externalname_services_dropped{vantage!="node"}) > 0`,
      for: '15m',
      severity: 'warning',
      summary: 'The monitor does not watch all ExternalName Services.',
      description: text`
        {{ $value }} ExternalName Services${inCluster} are not watched, since a limit
        is reached ({{ $labels.reason }}). There are no alerts on them.
      `,
    },
    {
      alert: 'ExternalNameMonitorReloadFailed',
      when: 'the changed policy file is invalid',
      wait: 'the file is read within seconds of a change; 10 min are time to correct a mistake just made.',
      expr: promql`min by (${c}) (externalname_config_last_reload_successful{vantage!="node"}) == 0`,
      for: '10m',
      severity: 'warning',
      summary: 'The monitor cannot use its policy file.',
      description: text`The last change of the policy file${inCluster} has a mistake. The policy before it is in force.`,
    },
    {
      alert: 'ExternalNameMonitorLabelsRenamed',
      when: 'the scrape replaces the labels `namespace` and `service` of the monitor',
      wait: 'ten minutes are more than a change of the scrape configuration takes until the old series are stale (5 min).',
      note: 'All Services are then one to the rules above, and none of them would be seen to fail. Vantage points, too.',
      expr: promql`count by (${c}, job) (externalname_service_info{exported_namespace!=""}) > 0`,
      for: '10m',
      severity: 'warning',
      summary: 'Prometheus renames the labels of ExternalName Services.',
      description: text`
        The scrape job {{ $labels.job }}${inCluster} has put its own labels in the
        place of namespace and service. Alerts on ExternalName Services do not work until it honors them.
      `,
    },
  ];
}
