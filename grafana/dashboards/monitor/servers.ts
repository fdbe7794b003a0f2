/** The DNS servers: each by itself. */
import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { RequestsPerSecond, Seconds, Short } from '@grafana/grafana-foundation-sdk/units';
import { runbooks } from '../../links.ts';
import { stacked, timeline, timeseries, yesNo } from '../../panels.ts';
import { MONITORS, quantile, rate } from '../../queries.ts';
import { GROUP, GROUP_LEGEND, own, perGroup } from './expressions.ts';

export function servers(board: DashboardBuilder): void {
  const half = { span: 12, height: 8 };
  const queries = 'externalname_query_duration_seconds';
  board
    .withRow(new RowBuilder('DNS servers'))
    .withPanel(
      timeline(
        {
          title: 'Control query',
          description:
            'Whether each server gives an address for kubernetes.default, as every cluster must. The worst among monitors. Failing everywhere: the network, or --cluster-domain is wrong.',
          unit: Short,
          span: 24,
          height: 6,
        },
        [
          {
            expr: perGroup('min', own('externalname_server_up'), 'server'),
            legend: `${GROUP_LEGEND} {{server}}`,
          },
        ],
        yesNo('answers', 'fails'),
      ).links(runbooks('ExternalNameDnsServerFailing', 'ExternalNameMonitorClusterDomainWrong')),
    )
    .withPanel(
      timeseries(
        {
          ...half,
          title: 'Latency by server and hop, p99',
          description:
            "Round-trip of answered queries in CoreDNS's own buckets. One server slower than the others: that server. The target hop alone: the resolvers that it forwards to.",
          unit: Seconds,
        },
        [
          {
            expr: quantile(0.99, queries, `${GROUP}, server, hop`, MONITORS),
            legend: `${GROUP_LEGEND} {{server}} {{hop}}`,
          },
        ],
      ),
    )
    .withPanel(
      timeseries(
        {
          ...half,
          title: 'Convergence, p99',
          description:
            'From when the informer saw a new spec.externalName until the server served it, in steps that double. Changes that took longer than the deadline are not in it: alias_missing and alias_mismatch.',
          unit: Seconds,
        },
        [
          {
            expr: quantile(0.99, 'externalname_convergence_seconds', `${GROUP}, server`, MONITORS),
            legend: `${GROUP_LEGEND} {{server}}`,
          },
        ],
      ).links(runbooks('ExternalNameClusterDnsConvergingSlowly')),
    )
    .withPanel(
      stacked(
        {
          ...half,
          title: 'Messages by outcome',
          description:
            'All that was sent, and how it ended, in all words. truncated is followed by TCP; timeout and unreachable had no reply.',
          unit: RequestsPerSecond,
        },
        [
          {
            expr: `sum by (outcome) (${rate('externalname_exchanges_total', MONITORS)})`,
            legend: '{{outcome}}',
          },
        ],
      ),
    )
    .withPanel(
      stacked(
        {
          ...half,
          title: 'Messages by server',
          description:
            'The load that the monitor puts on each DNS server. TCP follows truncated replies.',
          unit: RequestsPerSecond,
        },
        [
          {
            expr: `sum by (${GROUP}, server, transport) (${rate('externalname_exchanges_total', MONITORS)})`,
            legend: `${GROUP_LEGEND} {{server}} {{transport}}`,
          },
        ],
      ),
    )
    .withPanel(
      timeseries(
        {
          ...half,
          title: 'Asked again',
          description:
            'Queries sent again, by the outcome of the message before. timeout: packets are lost on the way. truncated: pods also need TCP for that answer.',
          unit: RequestsPerSecond,
        },
        [
          {
            expr: perGroup(
              'sum',
              rate('externalname_query_retries_total', MONITORS),
              'server',
              'reason',
            ),
            legend: `${GROUP_LEGEND} {{server}} {{reason}}`,
          },
        ],
      ),
    )
    .withPanel(
      timeseries(
        {
          ...half,
          title: 'Latency by hop',
          description: 'Over all servers. A pod waits for the hop app.',
          unit: Seconds,
        },
        [0.5, 0.99].map((q) => ({
          expr: quantile(q, queries, `${GROUP}, hop`, MONITORS),
          legend: `${GROUP_LEGEND} {{hop}} p${q * 100}`,
        })),
      ),
    );
}
