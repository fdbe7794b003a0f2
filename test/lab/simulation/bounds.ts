/** Time limits for the core, in milliseconds. */
import type { ProbeConfig } from '../../../src/model/messages.ts';

type Times = Pick<ProbeConfig, 'servers' | 'timeoutMs' | 'attempts' | 'maxOutstanding'>;

const CONFIRM_MS = 1_000;
/** `app` and `target`, each with `A` and `AAAA`. */
const QUERIES_PER_ROUND = 4;
/** The share of the budget for hanging targets; the rest is for other targets. */
const HANGING_SHARE = 0.4;
/** The share of the budget for domains with slow or lost replies. */
const SLOW_SHARE = 0.75;

/**
 * From the start of a fault to a verdict that names it; `hanging`: number of Services with hanging
 * targets.
 */
export function detectionMs(config: Times, intervalMs: number, hanging = 0): number {
  return intervalMs * 1.1 + 2 * roundMs(config) + CONFIRM_MS + queueMs(config, hanging);
}

/** From the end of a fault to a verdict without it. */
export function recoveryMs(config: Times, intervalMs: number): number {
  return intervalMs * 1.1 + 2 * roundMs(config);
}

/**
 * The time in which the budget serves one round of each Service, if a forwarded query takes
 * `queryMs` on average.
 */
export function sweepMs({ maxOutstanding }: Times, services: number, queryMs: number): number {
  return (services * QUERIES_PER_ROUND * queryMs) / (maxOutstanding * SLOW_SHARE);
}

/** Two hops one after the other, each of which times out at every server. */
function roundMs({ servers, timeoutMs, attempts }: Times): number {
  return 2 * servers.length * timeoutMs * attempts;
}

/** The time until all hanging targets have been queried once, within their share of the budget. */
function queueMs({ timeoutMs, attempts, maxOutstanding }: Times, hanging: number): number {
  const queries = hanging * QUERIES_PER_ROUND;
  return (queries * timeoutMs * attempts) / (maxOutstanding * HANGING_SHARE);
}
