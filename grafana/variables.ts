/**
 * The variables above the panels. The names are the same on every dashboard, so that a link can
 * pass them on.
 */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DATASOURCE } from './panels.ts';

type Variable = Builder<VariableModel>;

export function monitorVariables(): Variable[] {
  return [datasource(), clusters()];
}

export function populationVariables(): Variable[] {
  return [
    ...monitorVariables(),
    several(
      labelValues('namespace', 'Namespace', 'externalname_service_info{cluster=~"$cluster"}'),
    ),
  ];
}

/** One namespace and one Service: there is no "all". */
export function serviceVariables(): Variable[] {
  const chosen = 'cluster=~"$cluster"';
  return [
    ...monitorVariables(),
    labelValues('namespace', 'Namespace', `externalname_service_info{${chosen}}`),
    labelValues(
      'service',
      'Service',
      `externalname_service_info{${chosen}, namespace=~"$namespace"}`,
    ),
  ];
}

function datasource(): Variable {
  return new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus');
}

function clusters(): Variable {
  return several(labelValues('cluster', 'Cluster', 'externalname_build_info'));
}

function labelValues(name: string, label: string, series: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query({ query: `label_values(${series}, ${name})`, refId: name })
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
