import { describe, expect, test } from 'vitest';
import type { ScenarioEvent } from '../../../src/demo/scenario/events.ts';
import type { ScenarioService } from '../../../src/demo/scenario/services.ts';
import { isChanging, isOn, momentOf } from '../../../src/demo/scenario/time.ts';

const steady: ScenarioService = {
  namespace: 'a',
  name: 'x',
  externalName: 'one.test',
  expected: { verdict: 'healthy', blame: 'none', up: 1 },
  look: '',
};

describe('a Service at a time', () => {
  test('is always the same if nothing is said of time', () => {
    expect(isChanging(steady)).toBe(false);
    expect(momentOf(steady, 0)).toEqual({ externalName: 'one.test', incarnation: 0 });
    expect(momentOf(steady, 1e9)).toEqual({ externalName: 'one.test', incarnation: 0 });
  });

  test('comes and goes with its period, each time as another one', () => {
    const service = { ...steady, comesAndGoes: { periodMs: 12_000, presentMs: 8_000 } };
    const at = [0, 7_999, 8_000, 11_999, 12_000].map((ms) => momentOf(service, ms)?.incarnation);
    expect(at).toEqual([0, 0, undefined, undefined, 1]);
    expect(isChanging(service)).toBe(true);
  });

  test('is made anew, but is not there at the start', () => {
    const service = { ...steady, recreatedEveryMs: 4_000 };
    const at = [0, 1_499, 1_500, 3_999, 4_000, 9_000].map(
      (ms) => momentOf(service, ms)?.incarnation,
    );
    expect(at).toEqual([undefined, undefined, 0, 0, 1, 2]);
    expect(isChanging(service)).toBe(true);
  });

  test('is edited to and fro, and cluster DNS is behind for a while', () => {
    const service = { ...steady, edits: { everyMs: 10_000, lagMs: 3_000, to: 'two.test' } };
    const at = [0, 9_999, 10_000, 12_999, 13_000, 20_000, 23_000].map((ms) => {
      const { externalName, behind } = momentOf(service, ms) ?? {};
      return [externalName, behind];
    });
    expect(at).toEqual([
      ['one.test', undefined],
      ['one.test', undefined],
      ['two.test', 'one.test'],
      ['two.test', 'one.test'],
      ['two.test', undefined],
      ['one.test', 'two.test'],
      ['one.test', undefined],
    ]);
    expect(isChanging(service)).toBe(true);
  });
});

test('an event is on for its part of every period', () => {
  const event: ScenarioEvent = {
    periodMs: 60_000,
    fromMs: 20_000,
    untilMs: 26_000,
    shows: {},
    who: '',
    look: '',
  };
  const at = [0, 19_999, 20_000, 25_999, 26_000, 80_000].map((ms) => isOn(event, ms));
  expect(at).toEqual([false, false, true, true, false, true]);
});
