import type { Server } from './messages.ts';
import { isInZone } from './service.ts';

/** Names of all zones. */
export const ALL_ZONES = '.';

/** Where cluster DNS forwards the names of a zone to. Zones are domains without their last dot, or `ALL_ZONES`. */
export interface Forward {
  /** The zone of the server block that this is in. */
  readonly block: string;
  readonly zone: string;
  /** Zones within it that are not forwarded by this. */
  readonly except: readonly string[];
  /** None: cluster DNS answers for these names itself, or how it resolves them is not known. */
  readonly servers: readonly Server[];
}

/** All names at these servers. */
export function forwardAll(servers: readonly Server[]): readonly Forward[] {
  return [{ block: ALL_ZONES, zone: ALL_ZONES, except: [], servers }];
}

/**
 * Which of them a name takes, as in CoreDNS: the server block with the longest zone that has the name, and in it the
 * first `forward` that takes it.
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
