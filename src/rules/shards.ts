/** Alerts about the shards of the monitor. */
import type { Rule } from './rule.ts';
import type { Terms } from './settings.ts';
import { promql, text } from './text.ts';

export function shards(s: Terms): readonly Rule[] {
  const { c, inCluster } = s;
  return [
    {
      alert: 'ExternalNameMonitorShardMissing',
      when: 'there are fewer shards than `--total-shards`',
      wait: 'a StatefulSet replaces a pod only after the old one has gone, and moves it off a lost node late: 100 s as above, then an image and a start. Five minutes.',
      note: 'Of as many as they say that there are. The Services of a missing one are not watched, and nothing else says so: critical, as ExternalNameMonitorAbsent.',
      expr: promql`
        max by (${c}) (externalname_total_shards{vantage!="node"})
        - count by (${c}) (group by (${c}, shard) (externalname_shard_info{vantage!="node"}))
        > 0
      `,
      for: '5m',
      severity: 'critical',
      summary: 'A part of the ExternalName Services is not watched.',
      description: text`
        {{ $value }} of
        {{- range query (printf "max(externalname_total_shards{${c}=%q,vantage!=\"node\"})" $labels.${c}) }} {{ .Value }}{{ end }} shards
        of the monitor${inCluster} are missing. There are no alerts on their Services.
      `,
    },
    {
      alert: 'ExternalNameMonitorShardDoubled',
      when: 'one shard has more monitors than another',
      wait: 'longer than a rollout of several shards takes, one after the other, at a minute or two each.',
      note: 'More monitors than another shard has: two for each, as replicas, are fine.',
      expr: promql`
        count by (${c}, shard) (group by (${c}, shard, instance) (externalname_shard_info{vantage!="node"}))
        > on (${c}) group_left ()
        min by (${c}) (count by (${c}, shard) (group by (${c}, shard, instance) (externalname_shard_info{vantage!="node"})))
      `,
      for: '15m',
      severity: 'warning',
      summary: 'Several monitors have the same shard of the ExternalName Services.',
      description: text`
        {{ $value }} monitors${inCluster} have shard {{ $labels.shard }}, more
        than have another. Cluster DNS is asked about its Services that many times.
      `,
    },
    {
      alert: 'ExternalNameMonitorShardsDisagree',
      when: 'monitors differ in `--total-shards`',
      wait: 'as above: while their number is being changed they differ.',
      expr: promql`count by (${c}) (group by (${c}, total_shards) (externalname_shard_info{vantage!="node"})) > 1`,
      for: '15m',
      severity: 'warning',
      summary: 'Monitors disagree on how many shards there are.',
      description: text`
        Monitors${inCluster} are set to {{ $value }} different numbers of shards, so that
        some Services are watched twice and some not at all.
      `,
    },
  ];
}
