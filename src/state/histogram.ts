import type { Hop } from '../model/round.ts';

/** Upper bounds in seconds of `externalname_probe_duration_seconds`; the last bucket is +Inf. */
export const DURATION_BUCKETS = [0.002, 0.01, 0.05, 0.25, 1, 5] as const;

export interface Histogram {
  /** Samples in each bucket, not cumulated; one more than there are bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
  /** The same samples; absent without `--native-histograms`. */
  readonly native?: NativeHistogram;
}

/** Prometheus's native histogram: bucket i holds samples up to 2^(i / 2^schema) seconds. */
export interface NativeHistogram {
  readonly schema: number;
  /** The number of the first bucket in `counts`. */
  readonly first: number;
  /** Samples in each bucket, not cumulated. */
  readonly counts: readonly number[];
}

/** A bucket ends 1.19 times where it begins: a quantile is off by a tenth at most. */
const SCHEMA = 2;
/** The bucket of all that is shorter than 8 µs. */
const LEAST = -17 * 2 ** SCHEMA;

const NO_SAMPLES: NativeHistogram = { schema: SCHEMA, first: 0, counts: [] };

function emptyHistogram(isNative: boolean): Histogram {
  const counts = Array.from({ length: DURATION_BUCKETS.length + 1 }, () => 0);
  return { counts, sum: 0, ...(isNative ? { native: NO_SAMPLES } : {}) };
}

/** One for each hop; `isNative`: with native ones. */
export function emptyHistograms(isNative: boolean): Readonly<Record<Hop, Histogram>> {
  const empty = (): Histogram => emptyHistogram(isNative);
  return { app: empty(), alias: empty(), target: empty() };
}

export function addSample({ counts, sum, native }: Histogram, seconds: number): Histogram {
  const found = DURATION_BUCKETS.findIndex((bound) => seconds <= bound);
  const at = found < 0 ? DURATION_BUCKETS.length : found;
  return {
    counts: counts.map((count, i) => (i === at ? count + 1 : count)),
    sum: sum + seconds,
    ...(native ? { native: addNative(native, seconds) } : {}),
  };
}

function addNative(
  { first: before, counts: all }: NativeHistogram,
  seconds: number,
): NativeHistogram {
  const bucket = Math.max(LEAST, Math.ceil(Math.log2(seconds) * 2 ** SCHEMA));
  const isFirst = all.length === 0;
  const first = isFirst ? bucket : Math.min(before, bucket);
  const last = isFirst ? bucket : Math.max(before + all.length - 1, bucket);
  const counts = Array.from({ length: last - first + 1 }, (_, i) => all[first + i - before] ?? 0);
  counts[bucket - first] = (counts[bucket - first] ?? 0) + 1;
  return { schema: SCHEMA, first, counts };
}
