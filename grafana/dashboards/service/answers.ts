/** What the target answers, how that changes, and what is wrong with it. */

import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DateTimeFromNow, Short } from '@grafana/grafana-foundation-sdk/units';
import { CLUSTER, CLUSTER_LEGEND } from '../../cluster-label.ts';
import { docs, explainedIn } from '../../links.ts';
import { events, timeseries } from '../../panels.ts';
import { asDate, happened, ONE, perService } from '../../queries.ts';
import { table } from '../../table.ts';

export function answers(board: DashboardBuilder): void {
  board
    .withRow(new RowBuilder('Answers'))
    .withPanel(
      timeseries(
        {
          title: 'Addresses of the target',
          description:
            'How many the last answer held, by family. 0: it has none of that family. Unchanged while it answers with errors.',
          unit: Short,
          span: 12,
          height: 8,
        },
        [
          {
            expr: perService('externalname_target_addresses', ONE, 'family'),
            legend: `${CLUSTER_LEGEND} {{family}}`,
          },
        ],
      ),
    )
    .withPanel(
      events(
        {
          title: 'Changes',
          description:
            'addresses: another set, normal for pools that rotate. replaced: none was seen before. network: none lies in a network that was seen before. chain: another chain of CNAMEs. spec edited: spec.externalName was changed.',
          unit: Short,
          span: 12,
          height: 8,
        },
        [
          { expr: happened('externalname_target_changes_total', ONE, 'kind'), legend: '{{kind}}' },
          { expr: happened('externalname_spec_changes_total', ONE), legend: 'spec edited' },
        ],
      ).links([docs('Drift', 'drift.md')]),
    )
    .withPanel(
      table(
        {
          title: 'Last events',
          description:
            'When the target last changed in each way, since the monitor started, and when the name was last of use to pods.',
          unit: DateTimeFromNow,
          span: 12,
          height: 7,
        },
        [lastEvents()],
        { [CLUSTER]: 'Cluster', kind: 'Event', Value: 'When' },
        [{ by: 'When', desc: true }],
      ),
    )
    .withPanel(
      table(
        {
          title: 'Findings',
          description: 'Risks and mistakes that are visible whether or not the name resolves.',
          unit: Short,
          span: 12,
          height: 7,
        },
        [perService('externalname_finding', ONE, 'rule', 'level')],
        { [CLUSTER]: 'Cluster', level: 'Level', rule: 'Rule' },
        [{ by: 'Level' }],
      ).overrideByName('Rule', [explainedIn('findings.md')]),
    );
}

/** A Service that never changed still has a line. */
function lastEvents(): string {
  const changes = perService('externalname_target_last_change_timestamp_seconds', ONE, 'kind');
  const success = perService('externalname_last_success_timestamp_seconds', ONE);
  return asDate(`${changes} or label_replace(${success}, "kind", "up", "", "")`);
}
