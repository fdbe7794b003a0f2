/**
 * PromQL that several panels share. Each expression aggregates replicas away first: two pods, as
 * during a rollout, must not count a Service twice.
 */

/** What the dashboard's variables select. `.*` for all also matches where there is no such label. */
export const SELECTED = 'cluster=~"$cluster", namespace=~"$namespace"';
/** For families of the monitor itself, whose `namespace`, if any, is the monitor's. */
export const SELECTED_CLUSTER = 'cluster=~"$cluster"';

const SERVICE = 'cluster, namespace, service';

/** One series a Service, worth 1 if pods can use its name and 0 if not; none before the first round. */
export const UP = `max by (${SERVICE}) (externalname_service_up{${SELECTED}})`;

/** One series a Service, with its current target as `external_name`. */
export const INFO = onePerService('externalname_service_info', 'external_name');

/** One series a Service, with its current `verdict` and `blame`. */
export const VERDICT = onePerService('externalname_service_verdict', 'verdict, blame');

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

/** A quantile of a histogram, from its buckets summed over all replicas. */
export function quantile(q: number, family: string, by: string, selected: string): string {
  const buckets = `rate(${family}_bucket{${selected}}[$__rate_interval])`;
  return `histogram_quantile(${q}, sum by (${by}, le) (${buckets}))`;
}

/** Replicas may differ for a moment, or for good; a join needs exactly one series a Service. */
function onePerService(family: string, labels: string): string {
  return `topk by (${SERVICE}) (1, max by (${SERVICE}, ${labels}) (${family}{${SELECTED}}))`;
}
