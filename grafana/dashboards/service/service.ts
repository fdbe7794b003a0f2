/** *Service*: one Service, now and how it came to be so. */
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard } from '../../dashboard.ts';
import { docs, linkTo, runbooks, statusPage, UIDS } from '../../links.ts';
import { serviceVariables } from '../../variables.ts';
import { answers } from './answers.ts';
import { history } from './history.ts';
import { hops } from './hops.ts';
import { now } from './now.ts';

export function service(): DashboardBuilder {
  const board = dashboard({
    uid: UIDS.service,
    title: 'Service',
    description: 'One ExternalName Service: the fault, since when, and in which hop.',
    variables: serviceVariables(),
    links: [
      linkTo('fleet'),
      linkTo('overview'),
      linkTo('monitor'),
      ...runbooks('ExternalNameServiceUnresolvable'),
      docs('Verdicts', 'verdicts.md'),
      statusPage('services/$namespace/$service'),
      docs('About this dashboard', 'dashboards.md'),
    ],
  });
  for (const addRow of [now, history, hops, answers]) addRow(board);
  return board;
}
