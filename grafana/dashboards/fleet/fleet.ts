/** *Fleet*: of several clusters below one Prometheus, which one has a problem? */
import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { Short } from '@grafana/grafana-foundation-sdk/units';
import { CLUSTER, CLUSTER_LEGEND } from '../../cluster-label.ts';
import { dashboard } from '../../dashboard.ts';
import { docs, linkTo, runbooks, TO_CLUSTER, UIDS } from '../../links.ts';
import { meanings, POINTS, timeline, timeseries, yesNo } from '../../panels.ts';
import { MONITORS, perService, SELECTED, UP, where } from '../../queries.ts';
import { table } from '../../table.ts';
import { populationVariables } from '../../variables.ts';

const WATCHED = perService('externalname_service_info', SELECTED);
const DOWN = `${UP} == 0`;
const DNS_BLAMED = perService(
  'externalname_service_verdict',
  `${SELECTED}, blame=~"cluster_dns|upstream_dns"`,
  'blame',
);
const MONITOR = `externalname_build_info{${MONITORS}, vantage!="node"}`;
/** 0, not absent, for a cluster whose monitor is gone, as long as it was there in the time shown. */
const RUNNING = `count by (${CLUSTER}) (${MONITOR}) or 0 * count by (${CLUSTER}) (present_over_time(${MONITOR}[$__range]))`;

export function fleet(): DashboardBuilder {
  return dashboard({
    uid: UIDS.fleet,
    title: 'Fleet',
    description: 'Several clusters: where Services are down, and whether DNS and monitors work.',
    variables: populationVariables(),
    links: [
      linkTo('overview'),
      linkTo('service'),
      linkTo('monitor'),
      docs('About this dashboard', 'dashboards.md'),
    ],
  })
    .withRow(new RowBuilder('Clusters'))
    .withPanel(clusters())
    .withPanel(
      timeseries(
        {
          title: 'Down by cluster',
          description: 'Services that are down, whatever the reason.',
          unit: Short,
          span: 12,
          height: 8,
        },
        [{ expr: `count by (${CLUSTER}) (${DOWN})`, legend: CLUSTER_LEGEND }],
      )
        .maxDataPoints(POINTS)
        .links(runbooks('ExternalNameServiceUnresolvable')),
    )
    .withPanel(
      timeseries(
        {
          title: 'Down because of DNS, by cluster',
          description: 'Services that are down because cluster DNS or upstream DNS fails.',
          unit: Short,
          span: 12,
          height: 8,
        },
        [
          {
            expr: `count by (${CLUSTER}, blame) (${where(DNS_BLAMED, DOWN)})`,
            legend: `${CLUSTER_LEGEND} {{blame}}`,
          },
        ],
      )
        .maxDataPoints(POINTS)
        .links(runbooks('ExternalNameClusterDnsFailing', 'ExternalNameUpstreamDnsFailing')),
    )
    .withPanel(
      timeline(
        {
          title: 'Cluster DNS by cluster',
          description:
            'Whether every DNS server of the cluster answers the control query. "fails": at least one does not.',
          unit: Short,
          span: 12,
          height: 8,
        },
        [
          {
            expr: `min by (${CLUSTER}) (externalname_server_up{${MONITORS}, vantage!="node"})`,
            legend: CLUSTER_LEGEND,
          },
        ],
        yesNo('answers', 'fails'),
      ).links(runbooks('ExternalNameDnsServerFailing')),
    )
    .withPanel(
      timeline(
        {
          title: 'Monitor by cluster',
          description:
            'Whether every monitor of the cluster has the list of Services. A lane that ends: there is no monitor any more.',
          unit: Short,
          span: 12,
          height: 8,
        },
        [
          {
            expr: `min by (${CLUSTER}) (externalname_informer_synced{${MONITORS}, vantage!="node"})`,
            legend: CLUSTER_LEGEND,
          },
        ],
        yesNo('has the list', 'has no list'),
      ).links(runbooks('ExternalNameMonitorAbsent', 'ExternalNameMonitorInformerStale')),
    );
}

function clusters(): ReturnType<typeof table> {
  const state = [
    { id: 'mappings', value: yesNo('works', 'fails') },
    { id: 'custom.cellOptions', value: { type: 'color-text' } },
  ];
  return table(
    {
      title: 'Clusters',
      description:
        'One row for each cluster, the one with the most Services down first. Click a cluster to see it in Overview. "none" under Monitors: its monitor is gone.',
      unit: Short,
      span: 24,
      height: 9,
    },
    [
      `count by (${CLUSTER}) (${DOWN}) or 0 * count by (${CLUSTER}) (${WATCHED})`,
      `count by (${CLUSTER}) (${WATCHED})`,
      `min by (${CLUSTER}) (externalname_server_up{${MONITORS}, vantage!="node"})`,
      `min by (${CLUSTER}) (externalname_upstream_up{${MONITORS}, vantage!="node"})`,
      RUNNING,
    ],
    {
      [CLUSTER]: 'Cluster',
      'Value #A': 'Down',
      'Value #B': 'Services',
      'Value #C': 'Cluster DNS',
      'Value #D': 'Upstream DNS',
      'Value #E': 'Monitors',
    },
    [{ by: 'Down', desc: true }, { by: 'Cluster' }],
  )
    .overrideByName('Cluster', [TO_CLUSTER])
    .overrideByName('Cluster DNS', state)
    .overrideByName('Upstream DNS', state)
    .overrideByName('Monitors', [
      { id: 'mappings', value: meanings(['none', 'red']) },
      { id: 'custom.cellOptions', value: { type: 'color-text' } },
    ]);
}
