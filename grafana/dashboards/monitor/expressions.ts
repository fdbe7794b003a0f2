/**
 * What the panels of *Monitor* have in common. Those that run on every node (`vantage="node"`) are kept apart from
 * those that watch for the whole cluster, and are one line however many nodes there are.
 */
import { CLUSTER, CLUSTER_LEGEND } from '../../cluster-label.ts';
import { MONITORS } from '../../queries.ts';

export const GROUP = `${CLUSTER}, vantage`;
/** For a legend. Labels that are not there leave nothing. */
export const GROUP_LEGEND = `${CLUSTER_LEGEND} {{vantage}}`;

/** What makes one pod. `namespace` is not among them: it would be the monitor's on some series only. */
export const POD = `${CLUSTER}, job, instance`;

/** Of the process, such as CPU and memory: every program exports these, so only those of monitors. */
export function ofMonitors(expression: string): string {
  return `(${expression} and on (${POD}) externalname_build_info{${MONITORS}})`;
}

export function perGroup(
  aggregate: 'sum' | 'max' | 'min',
  expression: string,
  ...labels: string[]
): string {
  return `${aggregate} by (${[GROUP, ...labels].join(', ')}) (${expression})`;
}

/** A family of the monitor itself. */
export function own(family: string): string {
  return `${family}{${MONITORS}}`;
}
