/** How long the core may take, in milliseconds. */
import type { ProbeConfig } from '../../../src/model/messages.ts';

type Times = Pick<ProbeConfig, 'servers' | 'timeoutMs' | 'attempts' | 'maxOutstanding'>;

const CONFIRM_MS = 1_000;
/** `app` and `target`, by `A` and `AAAA` each. */
const QUERIES_PER_ROUND = 4;
/** Of the budget, so much is for targets that hang; the rest is left to others. */
const HANGING_SHARE = 0.4;

/** From when a fault begins until a verdict names it; `hanging`: as many Services have targets that hang. */
export function detectionMs(config: Times, intervalMs: number, hanging = 0): number {
  return intervalMs * 1.1 + 2 * roundMs(config) + CONFIRM_MS + queueMs(config, hanging);
}

/** From when a fault ends until the verdict says so. */
export function recoveryMs(config: Times, intervalMs: number): number {
  return intervalMs * 1.1 + 2 * roundMs(config);
}

/** Two hops one after the other, each of which times out at every server. */
function roundMs({ servers, timeoutMs, attempts }: Times): number {
  return 2 * servers.length * timeoutMs * attempts;
}

/** Until all that hang have been asked once, as far as their share of the budget goes. */
function queueMs({ timeoutMs, attempts, maxOutstanding }: Times, hanging: number): number {
  const queries = hanging * QUERIES_PER_ROUND;
  return (queries * timeoutMs * attempts) / (maxOutstanding * HANGING_SHARE);
}
