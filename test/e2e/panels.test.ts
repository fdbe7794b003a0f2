import { expect, test } from 'vitest';
import { describeE2e } from '../lab/cluster/index.ts';
import { checkOnDemo, complaints } from '../lab/panels/demo.ts';

/** The demo shows everything within a minute. */
const TIMES = { atLeastMs: 65_000, atMostMs: 150_000 };

describeE2e('dashboards, on a real Prometheus that scrapes the demo', () => {
  test('no panel fails or is empty', async () => {
    const checked = await checkOnDemo(TIMES);
    expect(complaints(checked)).toEqual([]);
    expect(checked).not.toEqual([]);
  }, 240_000);
});
