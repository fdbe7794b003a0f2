/** What is so now, in words. */

import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DateTimeFromNow, PercentUnit, Short } from '@grafana/grafana-foundation-sdk/units';
import { CLUSTER_LEGEND } from '../../cluster-label.ts';
import { docs, runbooks } from '../../links.ts';
import { colors, statOfNow, words, yesNo } from '../../panels.ts';
import { asDate, ONE, perService, SERVICE } from '../../queries.ts';

export function now(board: DashboardBuilder): void {
  const small = { unit: Short, span: 4, height: 4 };
  const rounds = `sum by (${SERVICE}) (increase(externalname_service_rounds_total{${ONE}, result="up"}[$__range]))`;
  const all = `sum by (${SERVICE}) (increase(externalname_service_rounds_total{${ONE}}[$__range]))`;
  board
    .withRow(new RowBuilder('Now'))
    .withPanel(
      statOfNow(
        {
          ...small,
          title: 'Up',
          description:
            'Whether a pod that uses the name gets an address of a family it can use. Nothing: no round has finished yet, or the monitor itself is at fault.',
        },
        { expr: perService('externalname_service_up', ONE), legend: `up ${CLUSTER_LEGEND}` },
        colors('text'),
        yesNo('up', 'down'),
      ).links(runbooks('ExternalNameServiceUnresolvable')),
    )
    .withPanel(
      words(
        {
          ...small,
          title: 'Verdict and blame',
          description: 'The fault, and where to look. Several, if replicas differ.',
        },
        {
          expr: perService('externalname_service_verdict', ONE, 'verdict', 'blame'),
          legend: '{{verdict}} · {{blame}}',
        },
      ).links([docs('Verdicts', 'verdicts.md')]),
    )
    .withPanel(
      words(
        {
          ...small,
          title: 'Target',
          description: 'The value of spec.externalName.',
          span: 8,
        },
        {
          expr: perService('externalname_service_info', ONE, 'external_name'),
          legend: '{{external_name}}',
        },
      ),
    )
    .withPanel(
      statOfNow(
        {
          ...small,
          title: 'Good rounds',
          description:
            'In the time shown: the share of rounds in which pods got an address, regardless of the blame for the others.',
          unit: PercentUnit,
        },
        { expr: `${rounds} / ${all}`, legend: `good ${CLUSTER_LEGEND}` },
        colors('red', [0.99, 'orange'], [0.999, 'green']),
      ).decimals(2),
    )
    .withPanel(
      statOfNow(
        {
          ...small,
          title: 'Last round',
          description:
            'When a round last ended, good or bad. Much longer ago than the interval: see the dashboard Monitor.',
          unit: DateTimeFromNow,
        },
        {
          expr: asDate(perService('externalname_last_probe_timestamp_seconds', ONE)),
          legend: `ended ${CLUSTER_LEGEND}`,
        },
        colors('text'),
      ),
    );
}
