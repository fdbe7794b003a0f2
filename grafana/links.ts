/** Links from a panel to another dashboard, a runbook, or a page of the docs. */

import {
  DashboardLinkBuilder,
  DashboardLinkType,
  type DynamicConfigValue,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { CLUSTER } from './cluster-label.ts';

export const UIDS = {
  fleet: 'externalname-fleet',
  overview: 'externalname-overview',
  service: 'externalname-service',
  monitor: 'externalname-monitor',
} as const;

type Board = keyof typeof UIDS;

const TITLES: Readonly<Record<Board, string>> = {
  fleet: 'Fleet',
  overview: 'Overview',
  service: 'Service',
  monitor: 'Monitor',
};

const DOCS = 'https://github.com/externalname-monitor/externalname-monitor/blob/main/docs';

/**
 * Variables that links pass on. The namespace is not passed on: a filter from one dashboard would
 * hide Services on another.
 */
const COMMON = `\${datasource:queryparam}&\${status_page:queryparam}&\${cluster:queryparam}`;

/** A link at the top of a dashboard. */
export function linkTo(board: Board): DashboardLinkBuilder {
  return link(TITLES[board], `/d/${UIDS[board]}?${COMMON}`).keepTime(true).icon('dashboard');
}

/**
 * A link from a panel to a dashboard. A panel's own links do not keep the time range by themselves.
 */
export function panelLinkTo(board: Board): DashboardLinkBuilder {
  return link(TITLES[board], `/d/${UIDS[board]}?${COMMON}&\${__url_time_range}`);
}

/** A link at the top of a dashboard to the status page of the monitor, or to a page below it. */
export function statusPage(page = ''): DashboardLinkBuilder {
  return link('Status page', `\${status_page}/${page}`).targetBlank(true);
}

/** The runbooks of the alerts for the data in the panel. */
export function runbooks(...alerts: string[]): DashboardLinkBuilder[] {
  return alerts.map((alert) =>
    link(`Runbook ${alert}`, `${DOCS}/runbooks/${alert}.md`).targetBlank(true),
  );
}

export function docs(title: string, page: string): DashboardLinkBuilder {
  return link(title, `${DOCS}/${page}`).targetBlank(true);
}

/**
 * The cluster of the row. A table whose rows have no cluster leaves it empty, which selects the series without that
 * label.
 */
const OF_ROW = `\${datasource:queryparam}&\${status_page:queryparam}&var-cluster=\${__data.fields.${CLUSTER}}`;

/** A cell link, in a table of Services, to the dashboard and to the status page of that Service. */
export const TO_SERVICE: DynamicConfigValue = {
  id: 'links',
  value: [
    {
      title: 'This Service',
      url: `/d/${UIDS.service}?${OF_ROW}&var-namespace=\${__data.fields.namespace}&var-service=\${__data.fields.service}&\${__url_time_range}`,
    },
    {
      title: 'Its status page',
      url: `\${status_page}/services/\${__data.fields.namespace}/\${__data.fields.service}`,
      targetBlank: true,
    },
  ],
};

/** A cell link, in a table of clusters, to that cluster. */
export const TO_CLUSTER: DynamicConfigValue = {
  id: 'links',
  value: [{ title: 'This cluster', url: `/d/${UIDS.overview}?${OF_ROW}&\${__url_time_range}` }],
};

/** A cell link from a bounded word to the page that explains it. */
export function explainedIn(page: string): DynamicConfigValue {
  return {
    id: 'links',
    value: [{ title: 'Meaning', url: `${DOCS}/${page}`, targetBlank: true }],
  };
}

function link(title: string, url: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(title).type(DashboardLinkType.Link).url(url);
}
