/** Does it keep up with what is due? */
import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { CountsPerSecond, Seconds, Short } from '@grafana/grafana-foundation-sdk/units';
import { runbooks } from '../../links.ts';
import { timeseries } from '../../panels.ts';
import { MONITORS, quantile, rate } from '../../queries.ts';
import { GROUP, GROUP_LEGEND, ofMonitors, own, perGroup } from './expressions.ts';

const DELAY = 'externalname_probe_schedule_delay_seconds';

export function pacing(board: DashboardBuilder): void {
  const third = { span: 8, height: 8 };
  board
    .withRow(new RowBuilder('Pacing'))
    .withPanel(
      timeseries(
        {
          ...third,
          title: 'Rounds start late by',
          description:
            'How long after its due time a round starts. More than a second or two: too many Services for one replica, not enough CPU, or many targets that hang (--max-outstanding).',
          unit: Seconds,
        },
        [0.5, 0.99].map((q) => ({
          expr: quantile(q, DELAY, GROUP, MONITORS),
          legend: `${GROUP_LEGEND} p${q * 100}`,
        })),
      ).links(runbooks('ExternalNameMonitorBehind', 'ExternalNameMonitorHistogramsMissing')),
    )
    .withPanel(
      timeseries(
        {
          ...third,
          title: 'Rounds',
          description:
            'Started, and due by the number of Services and --interval. New Services, confirmation and intervals by annotation make some difference; started well below due is not normal.',
          unit: CountsPerSecond,
        },
        [
          {
            expr: perGroup('sum', rate(`${DELAY}_count`, MONITORS)),
            legend: `${GROUP_LEGEND} started`,
          },
          {
            expr: perGroup(
              'sum',
              `${own('externalname_services')} / ${own('externalname_probe_interval_seconds')}`,
            ),
            legend: `${GROUP_LEGEND} due`,
          },
        ],
      ),
    )
    .withPanel(
      timeseries(
        {
          ...third,
          title: 'Skipped rounds',
          description:
            'Due and not started. busy: the one before was still under way. silent: cluster DNS is silent, only a sample is asked. reference: the same as busy, of a reference resolver.',
          unit: CountsPerSecond,
        },
        [
          {
            expr: perGroup('sum', rate('externalname_probes_skipped_total', MONITORS), 'reason'),
            legend: `${GROUP_LEGEND} {{reason}}`,
          },
        ],
      ),
    )
    .withPanel(
      timeseries(
        {
          ...third,
          title: 'Rounds under way',
          description: 'The most of any monitor. It grows with targets that hang.',
          unit: Short,
        },
        [
          {
            expr: perGroup('max', own('externalname_probe_inflight')),
            legend: `${GROUP_LEGEND} under way`,
          },
        ],
      ),
    )
    .withPanel(
      timeseries(
        {
          ...third,
          title: 'Event-loop lag of the prober',
          description:
            'Our own delay, which would be measured as latency of DNS if it grew. Milliseconds are normal.',
          unit: Seconds,
        },
        [
          {
            expr: perGroup('max', own('externalname_probe_loop_lag_seconds')),
            legend: `${GROUP_LEGEND} lag`,
          },
        ],
      ),
    )
    .withPanel(
      timeseries(
        {
          ...third,
          title: 'Event-loop lag of the rest, p99',
          description:
            'Of the thread that follows the API server and serves /metrics, in which nothing is timed. It is sampled every 40 ms, so that 40 ms are rest.',
          unit: Seconds,
        },
        [
          {
            expr: perGroup('max', ofMonitors('nodejs_eventloop_lag_p99_seconds')),
            legend: `${GROUP_LEGEND} lag`,
          },
        ],
      ),
    );
}
