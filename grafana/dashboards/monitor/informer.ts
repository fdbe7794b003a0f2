/** Does it know the Services as they are? */
import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { CountsPerSecond, Seconds, Short } from '@grafana/grafana-foundation-sdk/units';
import { events, stacked, timeseries } from '../../panels.ts';
import { MONITORS, rate } from '../../queries.ts';
import { GROUP_LEGEND, own, perGroup } from './expressions.ts';

export function informer(board: DashboardBuilder): void {
  const third = { span: 8, height: 8 };
  board
    .withRow(new RowBuilder('Informer'))
    .withPanel(
      stacked(
        {
          ...third,
          title: 'Changes of Services',
          description: 'Seen by the watch, over all monitors: made or edited (upsert), and gone.',
          unit: CountsPerSecond,
        },
        [
          {
            expr: perGroup('sum', rate('externalname_informer_events_total', MONITORS), 'event'),
            legend: `${GROUP_LEGEND} {{event}}`,
          },
        ],
      ),
    )
    .withPanel(
      events(
        {
          ...third,
          title: 'Restarts',
          description:
            'Lists and watches restarted after a failure, by reason. forbidden and unauthorized: its ServiceAccount. connection, server_error, throttled: the API server.',
          unit: Short,
        },
        [
          {
            expr: perGroup(
              'sum',
              `increase(${own('externalname_informer_restarts_total')}[$__rate_interval])`,
              'reason',
            ),
            legend: `${GROUP_LEGEND} {{reason}}`,
          },
        ],
      ),
    )
    .withPanel(
      timeseries(
        {
          ...third,
          title: 'Age of the list of Services',
          description:
            'Since the last full list, which follows every 10 to 20 minutes, and since the last word of any kind. The oldest of any monitor.',
          unit: Seconds,
        },
        [
          {
            expr: `time() - ${perGroup('min', own('externalname_informer_last_list_timestamp_seconds'))}`,
            legend: `${GROUP_LEGEND} list`,
          },
          {
            expr: `time() - ${perGroup('min', own('externalname_informer_last_contact_timestamp_seconds'))}`,
            legend: `${GROUP_LEGEND} contact`,
          },
        ],
      ),
    );
}
