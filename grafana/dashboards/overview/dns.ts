/** How long DNS takes, hop by hop, and how its answers end. */
import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { RequestsPerSecond, Seconds } from '@grafana/grafana-foundation-sdk/units';
import { panelLinkTo, runbooks, TO_SERVICE } from '../../links.ts';
import { POINTS, stacked, timeseries } from '../../panels.ts';
import { MONITORS, perService, quantile, rate, SELECTED, where } from '../../queries.ts';
import { SERVICE_COLUMNS, table } from '../../table.ts';

const QUERIES = 'externalname_query_duration_seconds';
const CENTRAL = `${MONITORS}, vantage!="node"`;
/** Of all hops and types. */
const SLOWEST = perService('externalname_probe_last_duration_seconds', SELECTED);

export function dns(board: DashboardBuilder): void {
  const half = { span: 12, height: 8 };
  board
    .withRow(new RowBuilder('DNS'))
    .withPanel(
      timeseries(
        {
          ...half,
          title: 'Latency by hop',
          description:
            'Round-trip of answered queries over all Services, whatever their namespace: app is the query of a pod, alias the Service alone, target the name behind it. A query without a reply has no latency: see the outcomes.',
          unit: Seconds,
        },
        [
          { expr: quantile(0.5, QUERIES, 'hop', CENTRAL), legend: '{{hop}} p50' },
          { expr: quantile(0.99, QUERIES, 'hop', CENTRAL), legend: '{{hop}} p99' },
        ],
      ).links([...runbooks('ExternalNameClusterDnsSlow'), panelLinkTo('monitor')]),
    )
    .withPanel(slowest())
    .withPanel(
      stacked(
        {
          ...half,
          title: 'Outcomes',
          description:
            'How queries end. nodata is normal for AAAA of a target without IPv6; timeout and error are not.',
          unit: RequestsPerSecond,
        },
        [
          {
            expr: `sum by (outcome) (${rate('externalname_probes_total', SELECTED)})`,
            legend: '{{outcome}}',
          },
        ],
      ).maxDataPoints(POINTS),
    )
    .withPanel(
      stacked(
        {
          ...half,
          title: 'Failures by hop',
          description:
            'Queries that end badly. On alias: cluster DNS itself. On target and app: its upstream resolvers, or the target. On app alone: how cluster DNS follows its own CNAME.',
          unit: RequestsPerSecond,
        },
        [
          {
            expr: `sum by (hop, outcome) (${rate('externalname_probes_total', `${SELECTED}, outcome=~"nxdomain|mismatch|error|timeout"`)})`,
            legend: '{{hop}} {{outcome}}',
          },
        ],
      ).maxDataPoints(POINTS),
    );
}

function slowest(): ReturnType<typeof table> {
  const top = `topk(10, ${SLOWEST})`;
  const hops = ['app', 'alias', 'target'].map((hop) =>
    perService('externalname_probe_last_duration_seconds', `${SELECTED}, hop="${hop}"`),
  );
  return table(
    {
      title: 'Slowest Services',
      description:
        'The ten with the longest last round-trip, by hop. Slow on target and app: the target. Slow on alias as well: cluster DNS.',
      unit: Seconds,
      span: 12,
      height: 8,
    },
    [...hops.map((hop) => where(hop, top)), where(SLOWEST, top)],
    {
      ...SERVICE_COLUMNS,
      'Value #A': 'app',
      'Value #B': 'alias',
      'Value #C': 'target',
      'Value #D': 'Slowest',
    },
    [{ by: 'Slowest', desc: true }],
  )
    .links(runbooks('ExternalNameServiceSlow'))
    .overrideByName('Service', [TO_SERVICE]);
}
