import type { Batch, Row } from '../row.ts';
import { UPSTREAM_BATCHES } from './upstream.ts';

/** All rows, in the order in which they are run; those of one batch at the same time. */
export const BATCHES: readonly Batch[] = [...UPSTREAM_BATCHES];

export const ROWS: readonly Row[] = BATCHES.flat();
