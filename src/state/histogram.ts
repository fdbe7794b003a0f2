import type { Hop } from '../model/round.ts';

/** Upper bounds in seconds of `externalname_probe_duration_seconds`; the last bucket is +Inf. */
export const DURATION_BUCKETS = [0.002, 0.01, 0.05, 0.25, 1, 5] as const;

export interface Histogram {
  /** Samples in each bucket, not cumulated; one more than there are bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
}

function emptyHistogram(): Histogram {
  return { counts: Array.from({ length: DURATION_BUCKETS.length + 1 }, () => 0), sum: 0 };
}

/** One for each hop. */
export function emptyHistograms(): Readonly<Record<Hop, Histogram>> {
  return { app: emptyHistogram(), alias: emptyHistogram(), target: emptyHistogram() };
}

export function addSample({ counts, sum }: Histogram, seconds: number): Histogram {
  const found = DURATION_BUCKETS.findIndex((bound) => seconds <= bound);
  const at = found < 0 ? DURATION_BUCKETS.length : found;
  return { counts: counts.map((count, i) => (i === at ? count + 1 : count)), sum: sum + seconds };
}
