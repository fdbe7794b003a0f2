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
      when: 'Prometheus scrapes no monitor, or none of a cluster that had one within a week',
      wait: 'a node drain or crash moves the pod in about 100 s (40 s until the node counts as lost, 30 s of toleration, image and start); then a scrape and an evaluation, 30 s each. Shorter than the keep_firing_for above, so that an alert never resolves unseen because its monitor has died.',
      note: 'On build_info, which is there as soon as the monitor is: a cluster without ExternalName Services is no alert, and neither is a monitor that cannot reach the API server. One alert for each cluster that had a monitor within a week: a cluster that is removed fires for that long, unless it is silenced. Without a cluster label, and where no cluster had one, absent() fires: so a label that is added later makes no cluster of the old series. critical: while it fires no other alert in this file can, and silence would pass for health.',
      expr: promql`
        group by (${c}) (last_over_time(externalname_build_info{${c}!="",vantage!="node"}[7d]))
        unless on (${c}) externalname_build_info{vantage!="node"}
        or
        absent(externalname_build_info{vantage!="node"})
        unless on () last_over_time(externalname_build_info{${c}!="",vantage!="node"}[7d])
      `,
      for: '3m',
      severity: 'critical',
      summary: 'Nothing watches the ExternalName Services.',
      description: text`
        Prometheus has had no metrics of externalname-monitor${inCluster} for more than 3 minutes: it does not run,
        or is not scraped. Alerts on ExternalName Services cannot fire until it is back.
      `,
    },
    {
      alert: 'ExternalNameMonitorInformerStale',
      when: 'a replica has had no contact with the API server for 5 min, or has no first list yet',
      wait: 'the API server sends at least a bookmark every 2 min, and the monitor ends a silent watch after 150 s: 5 min without contact are two such attempts. Two minutes more, for the restart of a single API server. Probing continues meanwhile.',
      note: 'For each replica: the metrics of the others do not hide one that has lost contact, and that misses changes if it becomes the only one.',
      expr: promql`
        time() - max by (${c}, shard, instance) (
          externalname_informer_last_contact_timestamp_seconds{vantage!="node"}
          * on (${c}, instance) group_left (shard) instance_shard:externalname_shard_info
        ) > 300
        or
        max by (${c}, shard, instance) (
          externalname_informer_synced{vantage!="node"}
          * on (${c}, instance) group_left (shard) instance_shard:externalname_shard_info
        ) == 0
      `,
      for: '2m',
      severity: 'warning',
      summary: 'The monitor has lost contact with the API server.',
      description: text`
        The monitor at {{ $labels.instance }} (shard {{ $labels.shard }})${inCluster} has had no contact with the API
        server for minutes. Known Services are still probed; new, changed and deleted ones are missed.
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
      alert: 'ExternalNameMonitorReplicaDown',
      when: 'a replica cannot be scraped, while another monitor of the same scrape job can',
      wait: 'longer than a node drain or a rollout, and than that of ExternalNameMonitorShardMissing, which says more about a shard without replicas.',
      note: 'Discovery names a pod as soon as it runs, so a replica that never starts to serve is seen as well. Not for a scrape job that also has other programs: a target of it that is down may be one of these. While no monitor can be scraped, ExternalNameMonitorAbsent fires.',
      expr: promql`
        max by (${c}, job, instance) (up{vantage!="node"}) == 0
        and on (${c}, job) group by (${c}, job) (externalname_build_info{vantage!="node"})
        unless on (${c}, job) (up{vantage!="node"} == 1 unless on (${c}, job, instance) externalname_build_info{vantage!="node"})
        unless on (${c}) ALERTS{alertname="ExternalNameMonitorShardMissing",alertstate="firing"}
      `,
      for: '10m',
      severity: 'warning',
      summary: 'A replica of the monitor is down.',
      description: text`
        Prometheus cannot scrape the monitor at {{ $labels.instance }}${inCluster}. Another replica still watches the
        Services; if it fails as well, there are no alerts on them.
      `,
    },
    {
      alert: 'ExternalNameMonitorHistogramsMissing',
      when: 'Prometheus does not store the classic histograms of the monitor, so four alerts cannot fire',
      wait: 'longer than a start of the monitor and a change of the scrape configuration take.',
      note: 'Prometheus 3 can convert classic histograms to native ones with custom buckets (convert_classic_histograms_to_nhcb). The series that ExternalNameClusterDnsSlow, ExternalNameServiceSlow, ExternalNameClusterDnsConvergingSlowly and ExternalNameMonitorBehind read then disappear.',
      expr: promql`
        group by (${c}, job) (externalname_build_info{vantage!="node"})
        unless on (${c}, job) externalname_probe_schedule_delay_seconds_count{vantage!="node"}
      `,
      for: '15m',
      severity: 'warning',
      summary: 'Prometheus does not store the classic histograms of the monitor.',
      description: text`
        The scrape job {{ $labels.job }}${inCluster} converts or drops the classic histograms of the monitor. The alerts on slow DNS,
        slow convergence and late rounds cannot fire until it keeps them.
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
      when: 'a file that is reloaded is invalid: the policy in the file of `--config`, or the file of `--web.config.file`',
      wait: 'the file is read within seconds of a change; 10 min are time to correct a mistake just made.',
      expr: promql`min by (${c}) (externalname_config_last_reload_successful{vantage!="node"}) == 0`,
      for: '10m',
      severity: 'warning',
      summary: 'The monitor cannot use a changed configuration file.',
      description: text`
        The last change of a file that the monitor${inCluster} reloads has a mistake: the policy in the file of --config, or
        the file of --web.config.file. The content before that change is in force. The log names the file and the mistake.
      `,
    },
    {
      alert: 'ExternalNameMonitorLabelsRenamed',
      when: 'the scrape replaces the labels `namespace` and `service` of the monitor',
      wait: 'ten minutes are more than a change of the scrape configuration takes until the old series are stale (5 min).',
      note: 'All Services are then one to the rules above, and no failure of any of them would be visible. The same holds for vantage points.',
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
