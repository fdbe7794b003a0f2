/**
 * PromQL that several panels share. Each expression aggregates over replicas first, because two
 * pods, for example during a rollout, must not count a Service twice.
 */
import { CLUSTER } from './cluster-label.ts';

/** For metrics about the monitor itself. Their `namespace`, if any, is the monitor's. */
export const MONITORS = `${CLUSTER}=~"$cluster"`;

/**
 * The selected Services, as seen by the cluster's monitor. Series from single nodes have
 * `vantage="node"`, and would add up to 40 more results per Service; the matcher also matches
 * series without that label. `.*`, for all, also matches series without the label.
 */
export const SELECTED = `${MONITORS}, namespace=~"$namespace", vantage!="node"`;

/**
 * The one Service of a dashboard, as seen by the cluster's monitor, and from all vantage points.
 */
export const ONE_ANYWHERE = `${MONITORS}, namespace=~"$namespace", service=~"$service"`;
export const ONE = `${ONE_ANYWHERE}, vantage!="node"`;

/** The labels that identify a Service. */
export const SERVICE = `${CLUSTER}, namespace, service`;

/** One series per Service, and per value of `labels`. */
export function perService(family: string, selected: string, ...labels: string[]): string {
  return `max by (${[SERVICE, ...labels].join(', ')}) (${family}{${selected}})`;
}

/** 1 if pods can use its name and 0 if not; no series before the first round. */
export const UP = perService('externalname_service_up', SELECTED);

/** With its current target as `external_name`. */
export const INFO = onePerService('externalname_service_info', 'external_name');

/** With the domain of its target as `target_domain`, if it has one. */
export const DOMAIN = onePerService(
  'externalname_service_info',
  'target_domain',
  `${SELECTED}, target_domain!=""`,
);

/** With its current `verdict` and `blame`. */
export const VERDICT = onePerService('externalname_service_verdict', 'verdict, blame');

/** The same for the Services with a blame. They are few, so the query is fast. */
export const BLAMED_VERDICT = onePerService(
  'externalname_service_verdict',
  'verdict, blame',
  `${SELECTED}, blame!="none"`,
);

/** Only the series of an expression that belong to a Service in `condition`. */
export function where(expression: string, condition: string): string {
  return `${expression} and on (${SERVICE}) (${condition})`;
}

export function unless(expression: string, condition: string): string {
  return `${expression} unless on (${SERVICE}) (${condition})`;
}

/** Adds a label of INFO to an expression. */
export function withTarget(expression: string): string {
  return `${expression} * on (${SERVICE}) group_left (external_name) ${INFO}`;
}

/** A count that is 0, not absent, if there is nothing to count. */
export function count(expression: string): string {
  return `count(${expression}) or vector(0)`;
}

/**
 * Per second, over the interval that Grafana computes from the scrape interval and the width of the
 * panel.
 */
export function rate(counter: string, selected: string): string {
  return `rate(${counter}{${selected}}[$__rate_interval])`;
}

/**
 * Number of events of Services in a step, by `labels`. An event counts once, however many replicas
 * saw it.
 */
export function happened(counter: string, selected: string, ...labels: string[]): string {
  const by = [SERVICE, ...labels].join(', ');
  const each = `max by (${by}) (increase(${counter}{${selected}}[$__rate_interval]))`;
  return labels.length > 0 ? `sum by (${labels.join(', ')}) (${each})` : `sum(${each})`;
}

/** A quantile of a histogram, from its buckets summed over all replicas. */
export function quantile(q: number, family: string, by: string, selected: string): string {
  return `histogram_quantile(${q}, sum by (${by}, le) (${rate(`${family}_bucket`, selected)}))`;
}

/** Grafana's dates are in milliseconds. */
export function asDate(expression: string): string {
  return `1000 * (${expression})`;
}

/**
 * Replicas may differ for a moment, or permanently; a join needs exactly one series per Service.
 */
function onePerService(family: string, labels: string, selected = SELECTED): string {
  return `topk by (${SERVICE}) (1, ${perService(family, selected, labels)})`;
}
