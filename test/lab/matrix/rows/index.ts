import type { Batch, Row } from '../row.ts';
import { isWide } from '../row.ts';
import { CROWD_BATCHES } from './crowd.ts';
import { OURSELVES_BATCHES } from './ourselves.ts';
import { POD_BATCHES } from './pods.ts';
import { SERVER_BATCHES } from './servers.ts';
import { SPEC_BATCHES } from './spec.ts';
import { UPSTREAM_BATCHES } from './upstream.ts';

/**
 * All rows in their order; those of one batch run at the same time. Faults of single Services come
 * first, because each has its own victims. Faults of all Services follow.
 */
export const BATCHES: readonly Batch[] = [
  ...SERVER_BATCHES,
  ...UPSTREAM_BATCHES,
  ...SPEC_BATCHES,
  ...OURSELVES_BATCHES,
].sort((a, b) => Number(isWide(a)) - Number(isWide(b)));

/** Rows that need a realistic population, and rows that need DNS pods with their own addresses. */
export { CROWD_BATCHES, POD_BATCHES };

export const ROWS: readonly Row[] = [...BATCHES, ...CROWD_BATCHES, ...POD_BATCHES].flat();
