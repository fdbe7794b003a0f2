/** How the verdict came to be what it is. */

import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { PercentUnit, Short } from '@grafana/grafana-foundation-sdk/units';
import { CLUSTER, CLUSTER_LEGEND } from '../../cluster-label.ts';
import { docs, runbooks } from '../../links.ts';
import { timeline, timeseries, yesNo } from '../../panels.ts';
import { ONE, ONE_ANYWHERE, SERVICE } from '../../queries.ts';
import { verdictMeanings, verdictNumber } from '../../verdicts.ts';

export function history(board: DashboardBuilder): void {
  board
    .withRow(new RowBuilder('History'))
    .withPanel(
      timeline(
        {
          title: 'Verdict',
          description:
            'The worst among replicas. Red and purple: pods get no address. Yellow and orange: they do, but something is wrong. A failure is asked again before it shows here, a recovery shows at once.',
          unit: Short,
          span: 24,
          height: 5,
        },
        [{ expr: verdictNumber(ONE), legend: `${CLUSTER_LEGEND} verdict` }],
        verdictMeanings(),
      ).links([docs('Verdicts', 'verdicts.md')]),
    )
    .withPanel(
      timeline(
        {
          title: 'Checks',
          description:
            'up: pods get an address. alias: cluster DNS serves the target of the spec, or nothing. references: the reference resolvers do not contradict; only where there are any.',
          unit: Short,
          span: 12,
          height: 7,
        },
        [
          { expr: check('min', 'externalname_service_up'), legend: `${CLUSTER_LEGEND} up` },
          {
            expr: check('min', 'externalname_alias_matches_spec'),
            legend: `${CLUSTER_LEGEND} alias`,
          },
          {
            expr: `1 - ${check('max', 'externalname_resolver_disagreement')}`,
            legend: `${CLUSTER_LEGEND} references`,
          },
        ],
        yesNo('yes', 'no'),
      ),
    )
    .withPanel(
      timeseries(
        {
          title: 'Vantage points that get an address',
          description:
            'The share of replicas, and, where the monitor runs on every node, the share of nodes. Below 1 on some nodes only: the network or the DNS cache of those nodes.',
          unit: PercentUnit,
          span: 12,
          height: 7,
        },
        [
          {
            expr: `avg by (${CLUSTER}, vantage) (externalname_service_up{${ONE_ANYWHERE}})`,
            legend: `${CLUSTER_LEGEND} up {{vantage}}`,
          },
        ],
      )
        .links(
          runbooks(
            'ExternalNameServiceFailingOnNodes',
            'ExternalNameNodesFailing',
            'ExternalNameManyNodesFailing',
          ),
        )
        .max(1),
    );
}

/** The worse answer of replicas that differ. */
function check(worse: 'min' | 'max', family: string): string {
  return `${worse} by (${SERVICE}) (${family}{${ONE}})`;
}
