import { expect, test } from 'vitest';
import type { Series } from '../../lab/alerting/prometheus.ts';
import type { Board } from '../../lab/panels/board.ts';
import { type Asked, check } from '../../lab/panels/check.ts';
import { complaints } from '../../lab/panels/demo.ts';

const ONCE = { since: Date.now() / 1_000 - 60, scrape: 1, atLeastMs: 0, atMostMs: 0 };

const series = (...values: number[]): Series => ({ labels: {}, values });

const board = (expr: string, instant = false): Board => ({
  file: 'x.json',
  variables: [{ name: 'service', query: 'label_values(up, service)' }],
  queries: [{ panel: 'Up', refId: 'A', expr, instant }],
});

/** Answers by expression; what it does not know is refused. */
function answering(answers: Readonly<Record<string, Series[]>>): Asked {
  const answer = async (expression: string): Promise<Series[]> => {
    const known = answers[expression];
    if (known === undefined)
      throw new Error(`Cannot ask Prometheus: parse error, got ${expression}`);
    return known;
  };
  return { query: answer, queryRange: answer, labelValues: async () => ['db', 'web'] };
}

async function complaintsOf(
  one: Board,
  answers: Readonly<Record<string, Series[]>>,
): Promise<string[]> {
  return complaints(await check([one], answering(answers), ONCE));
}

test('has nothing to say where something is shown', async () => {
  const checked = await check([board('up')], answering({ up: [series(1), series(NaN)] }), ONCE);
  expect(checked).toMatchObject([{ board: 'x.json', series: 1 }]);
  expect(complaints(checked)).toEqual([]);
});

test.each([
  ['no series', []],
  ['series without values', [series()]],
  ['values that are not drawn', [series(NaN, Infinity)]],
])('complains of %s', async (_what, answer) => {
  expect(await complaintsOf(board('up', true), { up: answer })).toEqual([
    'x.json: "Up" (A): it shows nothing, got up',
  ]);
});

test('complains of what Prometheus refuses', async () => {
  expect(await complaintsOf(board('up('), {})).toEqual([
    'x.json: "Up" (A): Cannot ask Prometheus: parse error, got up(',
  ]);
});

test('is content if one choice shows something', async () => {
  const expr = 'up{service="$service"}';
  const empty = { 'up{service="db"}': [], 'up{service="web"}': [] };
  expect(await complaintsOf(board(expr), { ...empty, 'up{service="web"}': [series(1)] })).toEqual(
    [],
  );
  expect(await complaintsOf(board(expr), empty)).toHaveLength(1);
});

test('asks for the time since the start, up to now, in whole steps', async () => {
  let asked = { start: 0, end: 0, step: 0 };
  const prometheus: Asked = {
    ...answering({}),
    queryRange: async (_, range) => {
      asked = range;
      return [series(1)];
    },
  };
  const [query] = board('up').queries;
  const stepped = { ...board('up'), queries: query ? [{ ...query, minStep: 25 }] : [] };
  await check([stepped], prometheus, ONCE);
  expect(asked.step).toBe(25);
  expect(asked.end - asked.start).toBeCloseTo(50);
});
