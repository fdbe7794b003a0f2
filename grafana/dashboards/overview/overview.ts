/** *Overview*: is anything broken, whose fault is it, and can this page be believed? */
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard } from '../../dashboard.ts';
import { docs, linkTo, statusPage, UIDS } from '../../links.ts';
import { populationVariables } from '../../variables.ts';
import { changes } from './changes.ts';
import { dns } from './dns.ts';
import { errorBudget } from './error-budget.ts';
import { findings } from './findings.ts';
import { services } from './services.ts';
import { trust } from './trust.ts';

export function overview(): DashboardBuilder {
  const board = dashboard({
    uid: UIDS.overview,
    title: 'Overview',
    description:
      'Whether pods can resolve the ExternalName Services of the cluster, and if not, where to look.',
    variables: populationVariables(),
    links: [
      linkTo('fleet'),
      linkTo('service'),
      linkTo('monitor'),
      docs('Verdicts', 'verdicts.md'),
      statusPage(),
      docs('About this dashboard', 'dashboards.md'),
    ],
  });
  for (const addRow of [services, errorBudget, dns, changes, findings, trust]) addRow(board);
  return board;
}
