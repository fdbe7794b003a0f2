import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DATASOURCE } from './panels.ts';

/** Every dashboard has the same ones, so that a link between two can pass them on. */
export function variables(): Builder<VariableModel>[] {
  return [
    new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
    labelValues('cluster', 'Cluster', 'externalname_build_info'),
    labelValues('namespace', 'Namespace', 'externalname_service_info{cluster=~"$cluster"}'),
  ];
}

function labelValues(name: string, label: string, series: string): QueryVariableBuilder {
  return (
    new QueryVariableBuilder(name)
      .label(label)
      .datasource(DATASOURCE)
      .query({ query: `label_values(${series}, ${name})`, refId: name })
      .refresh(VariableRefresh.OnTimeRangeChanged)
      .sort(VariableSort.AlphabeticalAsc)
      .multi(true)
      .includeAll(true)
      // Grafana's own "all" lists the values, and so would drop series without this label: all of them,
      // where one Prometheus serves one cluster.
      .allValue('.*')
      .current({ text: ['All'], value: ['$__all'], selected: true })
  );
}
