/** How long the core may take, in milliseconds. */
import type { ProbeConfig } from '../../src/model/messages.ts';

type Times = Pick<ProbeConfig, 'servers' | 'timeoutMs' | 'attempts'>;

/** From when a fault begins until a verdict names it. */
export function detectionMs(config: Times, intervalMs: number): number {
  return intervalMs * 1.1 + 2 * roundMs(config) + 1_000;
}

/** From when a fault ends until the verdict says so. */
export function recoveryMs(config: Times, intervalMs: number): number {
  return intervalMs * 1.1 + 2 * roundMs(config);
}

/** Two hops one after the other, each of which times out at every server. */
function roundMs({ servers, timeoutMs, attempts }: Times): number {
  return 2 * servers.length * timeoutMs * attempts;
}
