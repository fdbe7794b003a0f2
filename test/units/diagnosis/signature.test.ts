import { describe, expect, it } from 'vitest';
import { endsSoon, type Signed, signedAfter } from '../../../src/diagnosis/signature.ts';
import { result } from '../../fixtures/rounds.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 1);
const ok = [result(['192.0.2.1'])];

/** What is known after these answers, an hour apart: when the signature ends, in hours from the start, or nothing. */
function known(...ends: readonly (number | undefined)[]): Signed | undefined {
  let signed: Signed | undefined;
  for (const [i, end] of ends.entries()) {
    const signature =
      end === undefined ? {} : { signature: { zone: 'z', endsAt: START + end * HOUR } };
    signed = signedAfter(signed, { results: ok, ...signature }, START + i * HOUR);
  }
  return signed;
}

const isSoon = (signed: Signed | undefined, hours: number, horizonMs = 3 * DAY): boolean =>
  signed !== undefined && endsSoon(signed, { now: START + hours * HOUR, horizonMs });

describe('a signature', () => {
  it('ends soon when less than the horizon is left', () => {
    const signed = known(30 * 24);
    expect(isSoon(signed, 27 * 24)).toBe(false);
    expect(isSoon(signed, 27 * 24 + 1)).toBe(true);
    expect(isSoon(signed, 27 * 24 + 1, DAY)).toBe(false);
  });

  it('of a zone that signs each answer for a day counts until that has been seen, and no longer', () => {
    expect(isSoon(known(24), 0)).toBe(true);
    const renewed = known(24, 25);
    expect(isSoon(renewed, 1)).toBe(false);
    expect(isSoon(renewed, 12)).toBe(false);
    // It has stopped: half of the time that the zone used to leave is gone.
    expect(isSoon(renewed, 13.5)).toBe(true);
  });

  it('that a zone renews with weeks left is judged by the horizon alone', () => {
    const renewed = known(20 * 24, 30 * 24);
    expect(renewed?.renewedBefore).toBe(20 * DAY);
    expect(isSoon(renewed, 27 * 24)).toBe(false);
    expect(isSoon(renewed, 27 * 24 + 1)).toBe(true);
  });

  it('of another zone is no renewal, nor is an older one out of another cache', () => {
    const before = known(24, 23);
    expect(before?.renewedBefore).toBeUndefined();
    const other = { zone: 'other', endsAt: START + 100 * HOUR };
    const after = signedAfter(before, { results: ok, signature: other }, START + 2 * HOUR);
    expect(after).toEqual({ ...other, askedAt: START + 2 * HOUR });
  });

  it('is remembered over failures, which it may explain, and forgotten with the name or the signature', () => {
    const signed = known(24);
    for (const outcome of ['servfail', 'timeout'] as const)
      expect(signedAfter(signed, { results: [result(outcome)] }, START)).toBe(signed);
    expect(signedAfter(signed, { results: [result('nxdomain')] }, START)).toBeUndefined();
    expect(signedAfter(signed, { results: ok }, START)).toBeUndefined();
  });
});
