/** Whether the rest can be believed: the short form of the dashboard *Monitor*. */

import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { Seconds, Short } from '@grafana/grafana-foundation-sdk/units';
import { CLUSTER, CLUSTER_LEGEND } from '../../cluster-label.ts';
import { panelLinkTo, runbooks } from '../../links.ts';
import { colors, stat, statOfNow, yesNo } from '../../panels.ts';
import { MONITORS } from '../../queries.ts';

export function trust(board: DashboardBuilder): void {
  const small = { span: 6, height: 4 };
  const more = [panelLinkTo('monitor')];
  board
    .withRow(new RowBuilder('Monitor: is the data above reliable?'))
    .withPanel(
      statOfNow(
        {
          ...small,
          title: 'DNS servers',
          description:
            'Whether each answers the control query, kubernetes.default, as every cluster must. Failing: look there first.',
          unit: Short,
        },
        {
          expr: `min by (${CLUSTER}, server) (externalname_server_up{${MONITORS}})`,
          legend: `${CLUSTER_LEGEND} {{server}}`,
        },
        colors('red', [1, 'green']),
        yesNo('up', 'down'),
      ).links([...runbooks('ExternalNameDnsServerFailing'), ...more]),
    )
    .withPanel(
      stat(
        {
          ...small,
          title: 'Informer',
          description: 'Whether every monitor holds the list of Services.',
          unit: Short,
        },
        { expr: `min(externalname_informer_synced{${MONITORS}})`, legend: 'synced' },
        colors('red', [1, 'green']),
        yesNo('synced', 'not synced'),
      ).links(more),
    )
    .withPanel(
      stat(
        {
          ...small,
          title: 'Last word from the API server',
          description:
            'Age of the list of Services. While the API server is away the last known set goes on being probed.',
          unit: Seconds,
        },
        {
          expr: `time() - min(externalname_informer_last_contact_timestamp_seconds{${MONITORS}})`,
          legend: 'age',
        },
        // The watch's own bookmarks come about every minute.
        colors('green', [180, 'orange'], [600, 'red']),
      ).links(more),
    )
    .withPanel(
      statOfNow(
        {
          ...small,
          title: 'Monitors',
          description: 'Pods that are scraped, by version. Two versions during a rollout.',
          unit: Short,
        },
        {
          expr: `count by (version) (externalname_build_info{${MONITORS}})`,
          legend: '{{version}}',
        },
        colors('text'),
      ).links(runbooks('ExternalNameMonitorAbsent')),
    );
}
