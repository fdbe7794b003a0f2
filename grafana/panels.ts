/**
 * The kinds of panels that our dashboards are made of, with what the SDK leaves out by default:
 * legends shown, stats that show the last value, every panel on the datasource of the variable.
 */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  type DataSourceRef,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TableSortByFieldStateBuilder,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  MappingType,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

export const DATASOURCE: DataSourceRef = { type: 'prometheus', uid: '$datasource' };

export interface PanelText {
  title: string;
  /** What the panel says, and what to make of it: shown behind the "i" of its title. */
  description: string;
  unit: string;
  /** Of the grid's 24 columns; the spans of a line of panels add up to 24. */
  span: number;
  height: number;
}

export interface Query {
  expr: string;
  legend: string;
}

export function stat(
  text: PanelText,
  query: Query,
  thresholds: Threshold[],
  mappings: ValueMapping[] = [],
): StatBuilder {
  return new StatBuilder()
    .title(text.title)
    .description(text.description)
    .unit(text.unit)
    .span(text.span)
    .height(text.height)
    .datasource(DATASOURCE)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .graphMode(BigValueGraphMode.Area)
    .colorMode(BigValueColorMode.Value)
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(thresholds))
    .mappings(mappings)
    .withTarget(rangeQuery(query));
}

export function timeseries(text: PanelText, queries: Query[]): TimeseriesBuilder {
  return new TimeseriesBuilder()
    .title(text.title)
    .description(text.description)
    .unit(text.unit)
    .span(text.span)
    .height(text.height)
    .datasource(DATASOURCE)
    .min(0)
    .fillOpacity(10)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(
      new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending),
    )
    .targets(queries.map(rangeQuery));
}

/** For parts of a whole: the upper edge is the sum. */
export function stacked(text: PanelText, queries: Query[]): TimeseriesBuilder {
  return timeseries(text, queries)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
    .fillOpacity(40);
}

/** A table of what is now. `columns` maps label names and `Value #A` … to headings, in this order. */
export function table(
  text: PanelText,
  expressions: string[],
  columns: Record<string, string>,
  sortBy: string,
): TableBuilder {
  const order = Object.keys(columns);
  return (
    new TableBuilder()
      .title(text.title)
      .description(text.description)
      .unit(text.unit)
      .span(text.span)
      .height(text.height)
      .datasource(DATASOURCE)
      .filterable(true)
      .sortBy([new TableSortByFieldStateBuilder().displayName(sortBy)])
      .withTransformation({ id: 'merge', options: {} })
      // By name, and only these: not Time, nor a label that a Prometheus adds of its own.
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

/** Words for the two values of a 0/1 gauge. */
export function yesNo(yes: string, no: string): ValueMapping[] {
  return [
    {
      type: MappingType.ValueToText,
      options: {
        1: { text: yes, color: 'green', index: 0 },
        0: { text: no, color: 'red', index: 1 },
      },
    },
  ];
}

/** One colour below the first limit, another from each limit on. */
export function colors(below: string, ...limits: [value: number, color: string][]): Threshold[] {
  return [{ value: null, color: below }, ...limits.map(([value, color]) => ({ value, color }))];
}

function rangeQuery({ expr, legend }: Query): Builder<ReturnType<DataqueryBuilder['build']>> {
  return new DataqueryBuilder().expr(expr).legendFormat(legend).range();
}
