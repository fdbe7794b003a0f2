import type { Server } from './messages.ts';
import { isInZone } from './service.ts';

/** The zone that contains all names. */
export const ALL_ZONES = '.';

/**
 * Forwarding of one zone by cluster DNS. Zones are domains without their last dot, or `ALL_ZONES`.
 */
export interface Forward {
  /** The zone of the server block that contains this line. */
  readonly block: string;
  readonly zone: string;
  /** Zones below it that are not forwarded by this line. */
  readonly except: readonly string[];
  /** Empty: cluster DNS answers for these names itself, or its resolvers are unknown. */
  readonly servers: readonly Server[];
}

/** Forwards all names to these servers. */
export function forwardAll(servers: readonly Server[]): readonly Forward[] {
  return [{ block: ALL_ZONES, zone: ALL_ZONES, except: [], servers }];
}

/**
 * The forward that applies to a name, by CoreDNS's rule: the server block with the longest zone
 * that contains the name, and in it the first `forward` that accepts the name.
 */
export function forwardOf(forwards: readonly Forward[], name: string): Forward | undefined {
  let longest = '';
  for (const { block } of forwards) {
    if (block.length > longest.length && isIn(name, block)) longest = block;
  }
  return forwards.find(
    ({ block, zone, except }) =>
      block === longest && isIn(name, zone) && !except.some((other) => isIn(name, other)),
  );
}

function isIn(name: string, zone: string): boolean {
  return zone === ALL_ZONES || isInZone(name, zone);
}
