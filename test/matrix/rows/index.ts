import type { Batch, Row } from '../row.ts';
import { OURSELVES_BATCHES } from './ourselves.ts';
import { SERVER_BATCHES } from './servers.ts';
import { SPEC_BATCHES } from './spec.ts';
import { UPSTREAM_BATCHES } from './upstream.ts';

/** All rows, in the order in which they are run; those of one batch at the same time. */
export const BATCHES: readonly Batch[] = [
  ...SERVER_BATCHES,
  ...UPSTREAM_BATCHES,
  ...SPEC_BATCHES,
  ...OURSELVES_BATCHES,
];

export const ROWS: readonly Row[] = BATCHES.flat();
