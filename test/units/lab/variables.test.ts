import { expect, test } from 'vitest';
import { builtIns, choices, fillIn, stepOf } from '../../lab/panels/variables.ts';

test.each([
  ['x{a="$a"}', 'x{a="1"}'],
  [`x{a="\${a}"}`, 'x{a="1"}'],
  [`x{a=~"\${a:regex}|[[b]]"}`, 'x{a=~"1|2"}'],
  ['rate(x[$__rate_interval])', 'rate(x[4s])'],
  ['label_replace(x, "a", "$1", "b", "(.*)$")', 'label_replace(x, "a", "$1", "b", "(.*)$")'],
])('fills in %s', (text, expected) => {
  expect(fillIn(text, { a: '1', b: '2', __rate_interval: '4s' })).toBe(expected);
});

test('refuses a variable that there is not', () => {
  expect(() => fillIn('x{a="$ab"}', { a: '1' })).toThrow('there is no such, got $ab');
});

test('works out intervals as Grafana does', () => {
  const query = { panel: '', refId: 'A', expr: '', instant: false };
  expect(stepOf(query, 120, 1)).toBe(1);
  expect(stepOf(query, 7_200, 1)).toBe(8);
  expect(stepOf({ ...query, minStep: 120 }, 120, 1)).toBe(120);
  const range = { start: 1_000, end: 1_120, step: 1 };
  expect(builtIns(range, 1)).toEqual({
    __interval: '1s',
    __interval_ms: '1000',
    __rate_interval: '4s',
    __range: '120s',
    __range_s: '120',
    __range_ms: '120000',
    __from: '1000000',
    __to: '1120000',
  });
  expect(builtIns({ ...range, end: 1_000 }, 1).__range).toBe('1s');
  expect(builtIns({ ...range, step: 120 }, 1).__rate_interval).toBe('121s');
  expect(builtIns({ ...range, step: 0.5 }, 0.5)).toMatchObject({ __interval: '500ms' });
});

test('gives every choice, each variable filled into those after it', async () => {
  const asked: (string | undefined)[] = [];
  const prometheus = {
    labelValues: async (label: string, selector?: string) => {
      asked.push(selector);
      return label === 'b' ? ['x', 'y"z'] : [`of ${selector}`];
    },
  };
  const variables = [
    { name: 'a', query: 'label_values(a)', all: '.*' },
    { name: 'b', query: 'label_values(up{a=~"$a", job="x,y"}, b)' },
    { name: 'c', query: 'label_values(up{b="$b"}, c)' },
  ];
  expect(await choices(variables, prometheus)).toEqual([
    { a: '.*', b: 'x', c: 'of up{b=\\"x\\"}' },
    { a: '.*', b: 'y\\"z', c: 'of up{b=\\"y\\\\\\"z\\"}' },
  ]);
  expect(asked.slice(0, 2)).toEqual([undefined, 'up{a=~".*", job="x,y"}']);
});

test('refuses a variable that is no label', async () => {
  const variables = [{ name: 'a', query: 'query_result(up)' }];
  await expect(choices(variables, { labelValues: async () => [] })).rejects.toThrow(
    'variable a: it must be label_values(…), got query_result(up)',
  );
});
