/** What it takes, to set requests and limits by: of the largest pod, since limits are for each. */
import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { BytesIEC, PercentUnit, Short } from '@grafana/grafana-foundation-sdk/units';
import { timeseries } from '../../panels.ts';
import { GROUP_LEGEND, ofMonitors, perGroup } from './expressions.ts';

export function resources(board: DashboardBuilder): void {
  const quarter = { span: 6, height: 8 };
  const largest = (expression: string, what: string) => ({
    expr: perGroup('max', ofMonitors(expression)),
    legend: `${GROUP_LEGEND} ${what}`,
  });
  board
    .withRow(new RowBuilder('Resources'))
    .withPanel(
      timeseries(
        {
          ...quarter,
          title: 'CPU',
          description: 'Cores. Near the number of cores or the limit: rounds start late.',
          unit: Short,
        },
        [largest('rate(process_cpu_seconds_total[$__rate_interval])', 'cores')],
      ),
    )
    .withPanel(
      timeseries(
        {
          ...quarter,
          title: 'Memory',
          description:
            'Resident, which the limit is for, and the JavaScript heap in use, the only sign of a leak.',
          unit: BytesIEC,
        },
        [
          largest('process_resident_memory_bytes', 'resident'),
          largest('nodejs_heap_size_used_bytes', 'heap in use'),
        ],
      ),
    )
    .withPanel(
      timeseries(
        {
          ...quarter,
          title: 'Garbage collection',
          description:
            'The share of time that goes into it. More than a tenth: give it more memory.',
          unit: PercentUnit,
        },
        [
          {
            expr: perGroup(
              'max',
              `sum without (kind) ${ofMonitors('rate(nodejs_gc_duration_seconds_sum[$__rate_interval])')}`,
            ),
            legend: `${GROUP_LEGEND} of time`,
          },
        ],
      ),
    )
    .withPanel(
      timeseries(
        {
          ...quarter,
          title: 'File descriptors',
          description:
            'Open, and allowed. Each round under way takes a socket; at the limit rounds fail for our own fault.',
          unit: Short,
        },
        [
          largest('process_open_fds', 'open'),
          {
            expr: perGroup('min', ofMonitors('process_max_fds')),
            legend: `${GROUP_LEGEND} allowed`,
          },
        ],
      ),
    );
}
