/** Tables of current values. */

import { TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { CLUSTER } from './cluster-label.ts';
import { type PanelText, withText } from './panels.ts';

export interface Sort {
  /** The heading of a column. */
  readonly by: string;
  readonly desc?: boolean;
}

/**
 * The columns that name a Service. With only one cluster, Prometheus has no label for it, and the
 * table no such column.
 */
export const SERVICE_COLUMNS = {
  [CLUSTER]: 'Cluster',
  namespace: 'Namespace',
  service: 'Service',
} as const;

/**
 * `columns` maps the names of labels and values to headings, in this order. Grafana calls the value
 * of a single query `Value`, and the values of several queries `Value #A` ….
 */
export function table(
  text: PanelText,
  expressions: readonly string[],
  columns: Readonly<Record<string, string>>,
  sorts: readonly Sort[],
): TableBuilder {
  const order = Object.keys(columns);
  return (
    withText(new TableBuilder(), text)
      .filterable(true)
      .noValue('none')
      .sortBy(
        sorts.map(({ by, desc = false }) =>
          new TableSortByFieldStateBuilder().displayName(by).desc(desc),
        ),
      )
      .withTransformation({ id: 'merge', options: {} })
      // Selected by name, so that Time and labels that a Prometheus adds are left out.
      .withTransformation({ id: 'filterFieldsByName', options: { include: { names: order } } })
      .withTransformation({
        id: 'organize',
        options: {
          indexByName: Object.fromEntries(order.map((name, index) => [name, index])),
          renameByName: columns,
        },
      })
      .targets(
        expressions.map((expr) =>
          new DataqueryBuilder().expr(expr).instant().format(PromQueryFormat.Table),
        ),
      )
  );
}
