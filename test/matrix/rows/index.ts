import type { Batch, Row } from '../row.ts';
import { OURSELVES_BATCHES } from './ourselves.ts';
import { POD_BATCHES } from './pods.ts';
import { SERVER_BATCHES } from './servers.ts';
import { SPEC_BATCHES } from './spec.ts';
import { UPSTREAM_BATCHES } from './upstream.ts';

/**
 * All rows, in the order in which they are run; those of one batch at the same time. Faults of everything
 * and faults of single Services take turns: outages that follow each other within eight rounds would
 * rightly be told as rounds that alternate.
 */
export const BATCHES: readonly Batch[] = alternate([
  ...SERVER_BATCHES,
  ...UPSTREAM_BATCHES,
  ...SPEC_BATCHES,
  ...OURSELVES_BATCHES,
]);

/** Those that need DNS pods with addresses of their own. */
export { POD_BATCHES };

export const ROWS: readonly Row[] = [...BATCHES, ...POD_BATCHES].flat();

function alternate(batches: readonly Batch[]): Batch[] {
  const isWide = (batch: Batch): boolean =>
    batch.some(({ victims }) => typeof victims === 'string');
  const { wide = [], narrow = [] } = Object.groupBy(batches, (batch) =>
    isWide(batch) ? 'wide' : 'narrow',
  );
  const turns = Array.from({ length: Math.max(wide.length, narrow.length) });
  return turns.flatMap((_, i) => [wide[i], narrow[i]].filter((batch) => batch !== undefined));
}
