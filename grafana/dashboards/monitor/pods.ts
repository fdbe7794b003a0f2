/** Are they there, do they know the Services, and which of them is which? */

import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { BytesIEC, DateTimeFromNow, Seconds, Short } from '@grafana/grafana-foundation-sdk/units';
import { CLUSTER } from '../../cluster-label.ts';
import { runbooks } from '../../links.ts';
import { colors, stat, statOfNow, yesNo } from '../../panels.ts';
import { asDate, MONITORS } from '../../queries.ts';
import { table } from '../../table.ts';
import { ofMonitors, own, POD } from './expressions.ts';

const SHARD = `max by (${POD}, shard) (externalname_shard_info{${MONITORS}, vantage!="node"})`;

/** Replicas have the same Services, shards have each their own. */
function counted(family: string): string {
  const each = `${own(family)} * on (${POD}) group_left (shard) ${SHARD}`;
  return `sum(max by (${CLUSTER}, shard) (${each}))`;
}

export function pods(board: DashboardBuilder): void {
  const small = { unit: Short, span: 4, height: 4 };
  board.withRow(new RowBuilder('Monitors'));
  const panels = [
    statOfNow(
      {
        ...small,
        title: 'Monitors',
        description:
          'Pods that are scraped, by version; those on every node by themselves. Two versions during a rollout.',
      },
      {
        expr: `count by (version, vantage) (${own('externalname_build_info')})`,
        legend: '{{version}} {{vantage}}',
      },
      colors('text'),
    ).links(
      runbooks(
        'ExternalNameMonitorAbsent',
        'ExternalNameMonitorReplicaDown',
        'ExternalNameMonitorLabelsRenamed',
      ),
    ),
    stat(
      {
        ...small,
        title: 'Informer',
        description: 'Whether every monitor holds the list of Services.',
      },
      { expr: `min(${own('externalname_informer_synced')})`, legend: 'synced' },
      colors('red', [1, 'green']),
      yesNo('synced', 'not synced'),
    ).links(runbooks('ExternalNameMonitorInformerStale')),
    stat(
      {
        ...small,
        title: 'Last word from the API server',
        description:
          'The oldest among all monitors. Bookmarks come about every minute; while the API server is away the last known Services go on being probed.',
        unit: Seconds,
      },
      {
        expr: `time() - min(${own('externalname_informer_last_contact_timestamp_seconds')})`,
        legend: 'age',
      },
      colors('green', [180, 'orange'], [600, 'red']),
    ),
    stat(
      {
        ...small,
        title: 'Services watched',
        description: 'Replicas counted once, shards added up.',
      },
      { expr: counted('externalname_services'), legend: 'watched' },
      colors('text'),
    ),
    statOfNow(
      {
        ...small,
        title: 'Left out',
        description:
          'Services that are not watched: disabled by their annotation, or dropped by a limit (--max-services). The latter should be 0.',
      },
      [
        { expr: counted('externalname_services_disabled'), legend: 'disabled' },
        { expr: counted('externalname_services_dropped'), legend: 'dropped' },
      ],
      colors('text'),
    ).links(runbooks('ExternalNameMonitorServicesDropped')),
    stat(
      {
        ...small,
        title: 'Policy',
        description:
          'Whether every monitor could use its file of --config when it last read it. If not, the policy before is in force. Without a file there is nothing to fail.',
      },
      { expr: `min(${own('externalname_config_last_reload_successful')})`, legend: 'read' },
      colors('red', [1, 'green']),
      yesNo('read', 'not usable'),
    ).links(runbooks('ExternalNameMonitorReloadFailed')),
  ];
  for (const panel of panels) board.withPanel(panel);
  board.withPanel(podTable());
}

function podTable(): ReturnType<typeof table> {
  const by = `${POD}, pod, vantage`;
  const ofPod = (expression: string) => `max by (${by}) (${ofMonitors(expression)})`;
  return table(
    {
      title: 'Pods',
      description: 'Each monitor, the largest first.',
      unit: Short,
      span: 24,
      height: 7,
    },
    [
      `max by (${by}, version, node_version) (${own('externalname_build_info')})`,
      `max by (${by}, shard, total_shards) (${own('externalname_shard_info')})`,
      `max by (${by}) (${own('externalname_services')})`,
      ofPod('process_resident_memory_bytes'),
      ofPod('rate(process_cpu_seconds_total[$__rate_interval])'),
      asDate(ofPod('process_start_time_seconds')),
    ],
    {
      [CLUSTER]: 'Cluster',
      pod: 'Pod',
      instance: 'Instance',
      vantage: 'Vantage',
      version: 'Version',
      node_version: 'Node.js',
      shard: 'Shard',
      total_shards: 'of',
      'Value #C': 'Services',
      'Value #D': 'Memory',
      'Value #E': 'CPU',
      'Value #F': 'Started',
    },
    [{ by: 'Memory', desc: true }],
  )
    .links(
      runbooks(
        'ExternalNameMonitorShardMissing',
        'ExternalNameMonitorShardDoubled',
        'ExternalNameMonitorShardsDisagree',
      ),
    )
    .overrideByName('Memory', [{ id: 'unit', value: BytesIEC }])
    .overrideByName('CPU', [{ id: 'decimals', value: 3 }])
    .overrideByName('Started', [{ id: 'unit', value: DateTimeFromNow }]);
}
