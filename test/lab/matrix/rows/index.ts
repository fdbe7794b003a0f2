import type { Batch, Row } from '../row.ts';
import { isWide } from '../row.ts';
import { CROWD_BATCHES } from './crowd.ts';
import { OURSELVES_BATCHES } from './ourselves.ts';
import { POD_BATCHES } from './pods.ts';
import { SERVER_BATCHES } from './servers.ts';
import { SPEC_BATCHES } from './spec.ts';
import { UPSTREAM_BATCHES } from './upstream.ts';

/**
 * All rows, in the order in which they are run; those of one batch at the same time. Faults of single Services
 * come first, since each has victims of its own, and those of everything after them.
 */
export const BATCHES: readonly Batch[] = [
  ...SERVER_BATCHES,
  ...UPSTREAM_BATCHES,
  ...SPEC_BATCHES,
  ...OURSELVES_BATCHES,
].sort((a, b) => Number(isWide(a)) - Number(isWide(b)));

/** Those that need a population as clusters have it, and those that need DNS pods with addresses of their own. */
export { CROWD_BATCHES, POD_BATCHES };

export const ROWS: readonly Row[] = [...BATCHES, ...CROWD_BATCHES, ...POD_BATCHES].flat();
