/**
 * The kinds of panels in the dashboards, with settings that the SDK leaves out by default: legends
 * are shown, stats show the last value, and every panel uses the datasource variable.
 */
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  type DataSourceRef,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
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
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

export const DATASOURCE: DataSourceRef = { type: 'prometheus', uid: '$datasource' };

/**
 * Number of points in a line that Prometheus computes from every Service. With 10,000 of them each
 * point takes about 50 ms, and a wide screen would request a thousand points.
 */
export const POINTS = 100;

export interface PanelText {
  readonly title: string;
  /** Meaning and use of the panel, shown behind the "i" of its title. */
  readonly description: string;
  readonly unit: string;
  /** Width in columns of the grid, which has 24; the widths of a row of panels add up to 24. */
  readonly span: number;
  readonly height: number;
}

export interface Query {
  readonly expr: string;
  readonly legend: string;
}

/** A current number, with its history in the background. */
export function stat(
  text: PanelText,
  query: Query,
  thresholds: Threshold[],
  mappings: ValueMapping[] = [],
): StatBuilder {
  return bigValue(text, thresholds, mappings)
    .graphMode(BigValueGraphMode.Area)
    .targets([rangeQuery(query)]);
}

/** A current number without its history, because series that have ended are not of interest. */
export function statOfNow(
  text: PanelText,
  queries: Query | Query[],
  thresholds: Threshold[],
  mappings: ValueMapping[] = [],
): StatBuilder {
  const targets = [queries].flat().map(({ expr, legend }) => {
    return new DataqueryBuilder().expr(expr).legendFormat(legend).instant();
  });
  return bigValue(text, thresholds, mappings).graphMode(BigValueGraphMode.None).targets(targets);
}

/** The label values of the current series. */
export function words(text: PanelText, query: Query): StatBuilder {
  return statOfNow(text, query, colors('text')).textMode(BigValueTextMode.Name);
}

export function timeseries(text: PanelText, queries: Query[]): TimeseriesBuilder {
  return withText(new TimeseriesBuilder(), text)
    .min(0)
    .fillOpacity(10)
    .legend(legendBelow())
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

/** For rare events, counted in steps of at least two minutes: a line would show only spikes. */
export function events(text: PanelText, queries: Query[]): TimeseriesBuilder {
  return stacked(text, queries)
    .drawStyle(GraphDrawStyle.Bars)
    .fillOpacity(80)
    .interval('2m')
    .maxDataPoints(POINTS);
}

/**
 * One lane per series, coloured by the meaning of its value. A series must have a value at all
 * times: some versions of Grafana extend the last state if a series ends.
 */
export function timeline(
  text: PanelText,
  queries: Query[],
  mappings: ValueMapping[],
): TimelineBuilder {
  return withText(new TimelineBuilder(), text)
    .mappings(mappings)
    .mergeValues(true)
    .showValue(VisibilityMode.Auto)
    .rowHeight(0.8)
    .lineWidth(0)
    .fillOpacity(80)
    .legend(legendBelow())
    .targets(queries.map(rangeQuery));
}

/** A word and a colour for each value, from 0 on. */
export function meanings(
  ...words: readonly (readonly [text: string, color: string])[]
): ValueMapping[] {
  const options = words.map(([text, color], index) => [index, { text, color, index }] as const);
  return [{ type: MappingType.ValueToText, options: Object.fromEntries(options) }];
}

/** Words for the two values of a 0/1 gauge. */
export function yesNo(yes: string, no: string): ValueMapping[] {
  return meanings([no, 'red'], [yes, 'green']);
}

/** One colour below the first limit, another from each limit on. */
export function colors(below: string, ...limits: [value: number, color: string][]): Threshold[] {
  return [{ value: null, color: below }, ...limits.map(([value, color]) => ({ value, color }))];
}

/** Texts of panels of every kind. */
interface Texts {
  title(title: string): this;
  description(description: string): this;
  unit(unit: string): this;
  span(columns: number): this;
  height(rows: number): this;
  datasource(datasource: DataSourceRef): this;
}

export function withText<P extends Texts>(panel: P, text: PanelText): P {
  return panel
    .title(text.title)
    .description(text.description)
    .unit(text.unit)
    .span(text.span)
    .height(text.height)
    .datasource(DATASOURCE);
}

function bigValue(text: PanelText, thresholds: Threshold[], mappings: ValueMapping[]): StatBuilder {
  return withText(new StatBuilder(), text)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .colorMode(BigValueColorMode.Value)
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(thresholds))
    .mappings(mappings);
}

function legendBelow(): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .showLegend(true);
}

function rangeQuery({ expr, legend }: Query): DataqueryBuilder {
  return new DataqueryBuilder().expr(expr).legendFormat(legend).range();
}
