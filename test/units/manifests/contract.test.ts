import { expect, test } from 'vitest';
import { seriesOf } from '../../fixtures/contract.ts';

test.each([
  ['up', ['up']],
  ['rate(a_total{b="c_d"}[5m])', ['a_total']],
  ['sum by (le, hop) (rate(a_bucket[5m]))', ['a_bucket']],
  ['max by (x) (a == 0) and on (x) (b unless c) or vector(0)', ['a', 'b', 'c']],
  ['a * on (x) group_left (y) topk by (x) (1, b)', ['a', 'b']],
  ['1000 * time() - min(a{b=~"x{2}|\\"y"})', ['a']],
  ['a offset 5m > bool 1.5e3', ['a']],
])('the series that %s reads', (expression, series) => {
  expect(seriesOf(expression)).toEqual(series);
});
