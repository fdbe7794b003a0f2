import { expect, test } from 'vitest';
import { boardOf, readBoards } from '../../lab/panels/board.ts';

const target = { refId: 'A', expr: 'up' };

function boardWith(panel: object): ReturnType<typeof boardOf> {
  return boardOf('x.json', { panels: [{ type: 'stat', title: 'Up', ...panel }] });
}

test('reads every query of every panel, those in rows that are folded in included', () => {
  const { queries } = boardOf('x.json', {
    panels: [
      { type: 'row', panels: [{ type: 'stat', title: 'In', targets: [target] }] },
      { type: 'text', title: 'Words' },
      {
        type: 'table',
        title: 'Two',
        interval: '2m',
        targets: [
          { refId: 'A', expr: 'a', instant: true },
          { refId: 'B', expr: 'b', instant: true, range: true, interval: '>10s' },
        ],
      },
    ],
  });
  expect(queries).toEqual([
    { panel: 'In', refId: 'A', expr: 'up', instant: false },
    { panel: 'Two', refId: 'A', expr: 'a', instant: true, minStep: 120 },
    { panel: 'Two', refId: 'B', expr: 'b', instant: true, minStep: 10 },
    { panel: 'Two', refId: 'B', expr: 'b', instant: false, minStep: 10 },
  ]);
});

test.each([
  ['without a query', {}, '"Up": it has no query, got a stat'],
  ['of another language', { targets: [{ refId: 'A' }] }, '"Up": no PromQL, got {"refId":"A"}'],
  ['with a step of its own kind', { targets: [{ ...target, interval: '$x' }] }, 'got $x'],
])('refuses a panel %s', (_how, panel, message) => {
  expect(() => boardWith(panel)).toThrow(message);
});

test('reads variables in their order, but for the data source', () => {
  const list = [
    { name: 'datasource', type: 'datasource', query: 'prometheus' },
    {
      name: 'a',
      type: 'query',
      query: { query: 'label_values(x, a)' },
      includeAll: true,
      allValue: '.*',
    },
    { name: 'b', type: 'query', query: 'label_values(x{a="$a"}, b)' },
  ];
  expect(boardOf('x.json', { templating: { list } }).variables).toEqual([
    { name: 'a', query: 'label_values(x, a)', all: '.*' },
    { name: 'b', query: 'label_values(x{a="$a"}, b)' },
  ]);
});

test.each([
  [{ name: 'a', type: 'custom', query: 'x,y' }, 'it must be a query, got custom'],
  [{ name: 'a', type: 'query', query: 'x', includeAll: true }, 'what stands for all is not said'],
])('refuses a variable that it cannot fill in: %j', (variable, message) => {
  expect(() => boardOf('x.json', { templating: { list: [variable] } })).toThrow(message);
});

test('refuses a folder without dashboards', () => {
  expect(() => readBoards(import.meta.dirname)).toThrow(`got ${import.meta.dirname}`);
});
