/**
 * PromQL that several panels share. Each expression aggregates replicas away first: two pods, as
 * during a rollout, must not count a Service twice.
 */

/** For families of the monitor itself, whose `namespace`, if any, is the monitor's. */
export const MONITORS = 'cluster=~"$cluster"';

/**
 * The Services that are chosen, as the cluster sees them. What single nodes see has `vantage="node"`, and would
 * mix 40 more opinions in; the matcher also holds where there is no such label. `.*`, for all, matches where
 * there is no such label either.
 */
export const SELECTED = 'cluster=~"$cluster", namespace=~"$namespace", vantage!="node"';

/** The one Service of a dashboard, as the cluster sees it, and from all vantage points. */
export const ONE_ANYWHERE = 'cluster=~"$cluster", namespace=~"$namespace", service=~"$service"';
export const ONE = `${ONE_ANYWHERE}, vantage!="node"`;

/** What makes one Service. */
export const SERVICE = 'cluster, namespace, service';

/** One series a Service, and for each value of `labels`. */
export function perService(family: string, selected: string, ...labels: string[]): string {
  return `max by (${[SERVICE, ...labels].join(', ')}) (${family}{${selected}})`;
}

/** Worth 1 if pods can use its name and 0 if not; none before the first round. */
export const UP = perService('externalname_service_up', SELECTED);

/** With its current target as `external_name`. */
export const INFO = onePerService('externalname_service_info', 'external_name');

/** With the domain of its target as `target_domain`, where it has one. */
export const DOMAIN = onePerService(
  'externalname_service_info',
  'target_domain',
  `${SELECTED}, target_domain!=""`,
);

/** With its current `verdict` and `blame`. */
export const VERDICT = onePerService('externalname_service_verdict', 'verdict, blame');

/** The same of those that somebody is to blame for: a few of many, and so quickly found. */
export const BLAMED_VERDICT = onePerService(
  'externalname_service_verdict',
  'verdict, blame',
  `${SELECTED}, blame!="none"`,
);

/** Only those series of an expression that belong to a Service which `condition` keeps. */
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

/** A count that says 0, rather than nothing, where there is nothing to count. */
export function count(expression: string): string {
  return `count(${expression}) or vector(0)`;
}

/** Per second, over the interval that Grafana works out from the scrape interval and the width of the panel. */
export function rate(counter: string, selected: string): string {
  return `rate(${counter}{${selected}}[$__rate_interval])`;
}

/** How often something happened to Services in a step, by `labels`: once, however many replicas saw it. */
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

/** Replicas may differ for a moment, or for good; a join needs exactly one series a Service. */
function onePerService(family: string, labels: string, selected = SELECTED): string {
  return `topk by (${SERVICE}) (1, ${perService(family, selected, labels)})`;
}
