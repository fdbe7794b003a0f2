import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addSample, emptyHistograms, type Histogram } from '../../../src/state/histogram.ts';

function histogramOf(seconds: readonly number[], isNative = true): Histogram {
  return seconds.reduce(addSample, emptyHistograms(isNative).app);
}

describe('a native histogram', () => {
  it('has every sample in the bucket that it falls into', () => {
    const times = fc.double({ min: 1e-5, max: 100, noNaN: true });
    fc.assert(
      fc.property(fc.array(times, { minLength: 1, maxLength: 40 }), (seconds) => {
        const { schema, first, counts } = histogramOf(seconds).native ?? {
          schema: 0,
          first: 0,
          counts: [],
        };
        const upTo = (bucket: number): number => 2 ** (bucket / 2 ** schema);
        const expected = counts.map(
          (_, i) => seconds.filter((s) => s > upTo(first + i - 1) && s <= upTo(first + i)).length,
        );
        expect(counts).toEqual(expected);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(seconds.length);
      }),
    );
  });

  it('is bounded, whatever a clock says', () => {
    const { native } = histogramOf([0, 1e-300, 3_600]);
    expect(native?.counts[0]).toBe(2);
    expect(native?.counts.length).toBeLessThan(120);
  });

  it('is not kept where nobody asks for it', () => {
    expect(histogramOf([0.1], false)).not.toHaveProperty('native');
  });
});
