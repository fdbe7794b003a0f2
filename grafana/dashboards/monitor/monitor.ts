/** *Monitor*: is the monitor itself well, and are the DNS servers that it asks? */
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard } from '../../dashboard.ts';
import { docs, linkTo, statusPage, UIDS } from '../../links.ts';
import { monitorVariables } from '../../variables.ts';
import { informer } from './informer.ts';
import { pacing } from './pacing.ts';
import { pods } from './pods.ts';
import { resources } from './resources.ts';
import { servers } from './servers.ts';

export function monitor(): DashboardBuilder {
  const board = dashboard({
    uid: UIDS.monitor,
    title: 'Monitor',
    description:
      'Whether the monitor keeps up and knows all Services, and whether its DNS servers answer.',
    variables: monitorVariables(),
    links: [
      linkTo('fleet'),
      linkTo('overview'),
      linkTo('service'),
      docs('Metrics', 'metrics.md'),
      statusPage(),
      docs('About this dashboard', 'dashboards.md'),
    ],
  });
  for (const addRow of [pods, servers, pacing, informer, resources]) addRow(board);
  return board;
}
