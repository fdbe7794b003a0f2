/** *Overview*: is anything broken, whose fault is it, and can this page be believed? */
import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import {
  DateTimeFromNow,
  RequestsPerSecond,
  Seconds,
  Short,
} from '@grafana/grafana-foundation-sdk/units';
import { dashboard } from '../dashboard.ts';
import { colors, stacked, stat, table, timeseries, yesNo } from '../panels.ts';
import {
  count,
  INFO,
  quantile,
  SELECTED,
  SELECTED_CLUSTER,
  UP,
  unless,
  VERDICT,
  where,
  withTarget,
} from '../queries.ts';

const DOWN = `${UP} == 0`;

export function overview(): DashboardBuilder {
  const board = dashboard(
    'externalname-overview',
    'ExternalName Services / Overview',
    'Whether pods can resolve the ExternalName Services of the cluster, and if not, where to look.',
  );
  services(board);
  dns(board);
  monitor(board);
  return board;
}

function services(board: DashboardBuilder): void {
  const small = { unit: Short, span: 6, height: 4 };
  board
    .withRow(new RowBuilder('Services'))
    .withPanel(
      stat(
        {
          ...small,
          title: 'Services',
          description: 'ExternalName Services that the monitor watches.',
        },
        { expr: count(INFO), legend: 'services' },
        colors('text'),
      ),
    )
    .withPanel(
      stat(
        {
          ...small,
          title: 'Up',
          description: 'A pod that uses the name gets an address of a family it can use.',
        },
        { expr: count(`${UP} == 1`), legend: 'up' },
        colors('green'),
      ),
    )
    .withPanel(
      stat(
        {
          ...small,
          title: 'Down',
          description: 'A pod that uses the name gets no address. Confirmed by asking again.',
        },
        { expr: count(DOWN), legend: 'down' },
        colors('green', [1, 'red']),
      ),
    )
    .withPanel(
      stat(
        {
          ...small,
          title: 'Not judged',
          description:
            'Watched, but without a result: new, not asked yet, or the monitor itself is at fault. More than a few for more than a minute: see the last row.',
        },
        { expr: count(unless(INFO, UP)), legend: 'not judged' },
        colors('text'),
      ),
    )
    .withPanel(
      stacked(
        {
          title: 'Down by blame',
          description:
            'Services that are down, by where to look. Many at once through cluster_dns or upstream_dns are one fault.',
          unit: Short,
          span: 12,
          height: 8,
        },
        [{ expr: `count by (blame) (${where(VERDICT, DOWN)})`, legend: '{{blame}}' }],
      ),
    )
    .withPanel(
      stacked(
        {
          title: 'Verdicts',
          description: 'All Services by what is known of them, healthy ones included.',
          unit: Short,
          span: 12,
          height: 8,
        },
        [{ expr: `count by (verdict) (${VERDICT})`, legend: '{{verdict}}' }],
      ),
    )
    .withPanel(failing());
}

function failing(): ReturnType<typeof table> {
  const lastSuccess = `max by (cluster, namespace, service) (externalname_last_success_timestamp_seconds{${SELECTED}})`;
  return table(
    {
      title: 'Services that are down',
      description:
        'What is wrong with each, and what it points to; longest down first. No last success: it has never resolved since the monitor started.',
      unit: Short,
      span: 24,
      height: 8,
    },
    [
      where(withTarget(VERDICT), DOWN),
      // Grafana's dates are in milliseconds.
      `1000 * (${where(lastSuccess, DOWN)})`,
    ],
    {
      cluster: 'Cluster',
      namespace: 'Namespace',
      service: 'Service',
      verdict: 'Verdict',
      blame: 'Blame',
      external_name: 'Target',
      'Value #B': 'Last success',
    },
    'Last success',
  ).overrideByName('Last success', [{ id: 'unit', value: DateTimeFromNow }]);
}

function dns(board: DashboardBuilder): void {
  const half = { span: 12, height: 8 };
  const probes = 'externalname_probe_duration_seconds';
  const queries = 'externalname_query_duration_seconds';
  board
    .withRow(new RowBuilder('DNS'))
    .withPanel(
      timeseries(
        {
          ...half,
          title: 'Latency by hop',
          description:
            'Round-trip of answered queries: app is what a pod asks, alias the Service alone, target the name behind it. A query without a reply has no latency: see the outcomes.',
          unit: Seconds,
        },
        [
          { expr: quantile(0.5, probes, 'hop', SELECTED), legend: '{{hop}} p50' },
          { expr: quantile(0.99, probes, 'hop', SELECTED), legend: '{{hop}} p99' },
        ],
      ),
    )
    .withPanel(
      timeseries(
        {
          ...half,
          title: 'Latency by DNS server, p99',
          description:
            'In finer steps, over all Services. One server slower than the others: that server. The target hop alone: what it forwards to.',
          unit: Seconds,
        },
        [
          {
            expr: quantile(0.99, queries, 'server, hop', SELECTED_CLUSTER),
            legend: '{{server}} {{hop}}',
          },
        ],
      ),
    )
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
            expr: `sum by (outcome) (rate(externalname_probes_total{${SELECTED}}[$__rate_interval]))`,
            legend: '{{outcome}}',
          },
        ],
      ),
    )
    .withPanel(
      stacked(
        {
          ...half,
          title: 'Query rate',
          description:
            'Messages sent to each DNS server: the load that the monitor puts on it. TCP follows truncated replies.',
          unit: RequestsPerSecond,
        },
        [
          {
            expr: `sum by (server, transport) (rate(externalname_exchanges_total{${SELECTED_CLUSTER}}[$__rate_interval]))`,
            legend: '{{server}} {{transport}}',
          },
        ],
      ),
    );
}

function monitor(board: DashboardBuilder): void {
  const small = { span: 6, height: 4 };
  const third = { span: 8, height: 8 };
  board
    .withRow(new RowBuilder('Monitor: can the rest be believed?'))
    .withPanel(
      stat(
        {
          ...small,
          title: 'DNS servers',
          description:
            'Whether each answers the control query, kubernetes.default, as every cluster must. Failing: look there first.',
          unit: Short,
        },
        {
          expr: `min by (server) (externalname_server_up{${SELECTED_CLUSTER}})`,
          legend: '{{server}}',
        },
        colors('red', [1, 'green']),
        yesNo('up', 'down'),
      ),
    )
    .withPanel(
      stat(
        {
          ...small,
          title: 'Informer',
          description: 'Whether every monitor holds the list of Services.',
          unit: Short,
        },
        { expr: `min(externalname_informer_synced{${SELECTED_CLUSTER}})`, legend: 'synced' },
        colors('red', [1, 'green']),
        yesNo('synced', 'not synced'),
      ),
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
          expr: `time() - min(externalname_informer_last_contact_timestamp_seconds{${SELECTED_CLUSTER}})`,
          legend: 'age',
        },
        // The watch's own bookmarks come about every minute.
        colors('green', [180, 'orange'], [600, 'red']),
      ),
    )
    .withPanel(
      stat(
        {
          ...small,
          title: 'Monitors',
          description: 'Pods that are scraped, by version. Two during a rollout.',
          unit: Short,
        },
        {
          expr: `count by (version) (externalname_build_info{${SELECTED_CLUSTER}})`,
          legend: '{{version}}',
        },
        colors('text'),
      ),
    )
    .withPanel(
      timeseries(
        {
          ...third,
          title: 'Rounds start late by, p99',
          description:
            'How long after its due time a round starts. More than a second or two: too many Services for one replica, or too little CPU.',
          unit: Seconds,
        },
        [
          {
            expr: `histogram_quantile(0.99, sum by (le) (rate(externalname_probe_schedule_delay_seconds_bucket{${SELECTED_CLUSTER}}[$__rate_interval])))`,
            legend: 'delay',
          },
        ],
      ),
    )
    .withPanel(
      timeseries(
        {
          ...third,
          title: 'Skipped rounds',
          description: 'Rounds that could not be held in time, by reason. Normally none.',
          unit: RequestsPerSecond,
        },
        [
          {
            expr: `sum by (reason) (rate(externalname_probes_skipped_total{${SELECTED_CLUSTER}}[$__rate_interval]))`,
            legend: '{{reason}}',
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
            expr: `max(externalname_probe_loop_lag_seconds{${SELECTED_CLUSTER}})`,
            legend: 'lag',
          },
        ],
      ),
    );
}
