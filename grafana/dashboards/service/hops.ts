/** Each hop: how long it takes, and how it ends. */

import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { RequestsPerSecond, Seconds } from '@grafana/grafana-foundation-sdk/units';
import { CLUSTER, CLUSTER_LEGEND } from '../../cluster-label.ts';
import { stacked, timeseries } from '../../panels.ts';
import { ONE, perService, quantile, rate, SERVICE } from '../../queries.ts';

const LAST = 'externalname_probe_last_duration_seconds';

export function hops(board: DashboardBuilder): void {
  const half = { span: 12, height: 8 };
  board
    .withRow(new RowBuilder('Hops'))
    .withPanel(
      timeseries(
        {
          ...half,
          title: 'Latency by hop',
          description:
            'Round-trip of answered queries: app is the query of a pod, alias the Service alone, target the name behind it. From histograms, or with --service-histograms=false from the last round-trip at each scrape.',
          unit: Seconds,
        },
        [0.5, 0.9, 0.99].map((q) => ({
          expr: hopQuantile(q),
          legend: `${CLUSTER_LEGEND} {{hop}} p${q * 100}`,
        })),
      ),
    )
    .withPanel(
      timeseries(
        {
          ...half,
          title: 'Last round-trip',
          description:
            'By hop and type. A gap: the query got no reply. app and target take turns in going first, so that neither always meets the cache that the other has warmed.',
          unit: Seconds,
        },
        [
          {
            expr: perService(LAST, ONE, 'hop', 'type'),
            legend: `${CLUSTER_LEGEND} {{hop}} {{type}}`,
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
            'How queries end, by hop. nodata is normal for AAAA of a target without IPv6; nodata on app beside an error on target is that error, hidden by cluster DNS.',
          unit: RequestsPerSecond,
        },
        [
          {
            expr: `sum by (${CLUSTER}, hop, outcome) (${rate('externalname_probes_total', ONE)}) > 0`,
            legend: `${CLUSTER_LEGEND} {{hop}} {{outcome}}`,
          },
        ],
      ),
    )
    .withPanel(
      timeseries(
        {
          ...half,
          title: 'TTL',
          description:
            "The smallest of the last answer, as the server's cache reports it: it counts down between two answers of the target. Always 0: served stale, or may not be cached.",
          unit: Seconds,
        },
        [
          {
            expr: perService('externalname_answer_ttl_seconds', ONE, 'hop', 'type'),
            legend: `${CLUSTER_LEGEND} {{hop}} {{type}}`,
          },
        ],
      ),
    );
}

/** Where there are no histograms of Services, of what the gauges showed: of all replicas together either way. */
function hopQuantile(q: number): string {
  const by = `${SERVICE}, hop`;
  const histogram = quantile(q, 'externalname_probe_duration_seconds', by, ONE);
  const gauges = `max by (${by}) (quantile_over_time(${q}, ${LAST}{${ONE}}[$__rate_interval]))`;
  return `${histogram} or ${gauges}`;
}
