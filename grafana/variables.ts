/**
 * The variables above the panels. The names are the same on every dashboard, so that a link can
 * pass them on.
 */

import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { CLUSTER } from './cluster-label.ts';
import { DATASOURCE } from './panels.ts';
import { MONITORS } from './queries.ts';

/** As after `kubectl port-forward`, see docs/status-page.md. */
const STATUS_PAGE = 'http://localhost:9953';

type Variable = Builder<VariableModel>;

export function monitorVariables(): Variable[] {
  return [datasource(), clusters(), statusPage()];
}

export function populationVariables(): Variable[] {
  return [
    ...monitorVariables(),
    several(labelValues('namespace', 'Namespace', `externalname_service_info{${MONITORS}}`)),
  ];
}

/** One namespace and one Service: there is no "all". */
export function serviceVariables(): Variable[] {
  return [
    ...monitorVariables(),
    labelValues('namespace', 'Namespace', `externalname_service_info{${MONITORS}}`),
    labelValues(
      'service',
      'Service',
      `externalname_service_info{${MONITORS}, namespace=~"$namespace"}`,
    ),
  ];
}

function datasource(): Variable {
  return new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus');
}

/** Where a browser reaches the monitor's pages. Grafana cannot know, so users enter it once and save the link. */
function statusPage(): Variable {
  return new TextBoxVariableBuilder('status_page')
    .label('Status page')
    .description('The URL of the status page of the monitor, without a slash at the end')
    .defaultValue(STATUS_PAGE);
}

function clusters(): Variable {
  return several(labelValues('cluster', 'Cluster', 'externalname_build_info', CLUSTER));
}

function labelValues(
  name: string,
  title: string,
  series: string,
  label = name,
): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(title)
    .datasource(DATASOURCE)
    .query({ query: `label_values(${series}, ${label})`, refId: name })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
}

function several(variable: QueryVariableBuilder): QueryVariableBuilder {
  return (
    variable
      .multi(true)
      .includeAll(true)
      // Grafana's own "all" lists the values, and so would drop series without this label. If one
      // Prometheus serves one cluster, that is all series.
      .allValue('.*')
      .current({ text: ['All'], value: ['$__all'], selected: true })
  );
}
