import { describe, expect, test } from 'vitest';
import { seriesByName, seriesOf, TARGET_LABELS } from '../../fixtures/contract.ts';
import { checkExpressions, leftOut, withoutPromtool } from '../../lab/promtool.ts';
import { filledIn, GENERATED } from './boards.ts';

const SERIES = await seriesByName();
const PROCESS = /\b(process|nodejs)_\w+/;
const IS_OF_A_MONITOR =
  'and on (cluster, job, instance) externalname_build_info{cluster=~"$cluster"}';

interface Selector {
  readonly name: string;
  readonly matchers: string;
  readonly labels: readonly string[];
}

function selectorsOf(query: string): Selector[] {
  return [...query.matchAll(/\b(externalname_\w+)(?:\{([^}]*)\})?/g)].map(
    ([, name = '', matchers = '']) => ({
      name,
      matchers,
      labels: [...matchers.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label),
    }),
  );
}

/** Those that an expression groups and joins by. */
function groupingOf(query: string): string[] {
  const clauses = query.matchAll(/\b(?:by|without|on|group_left|group_right)\s*\(([^)]*)\)/g);
  return [...clauses].flatMap(([, labels = '']) => labels.split(',').map((label) => label.trim()));
}

describe.each(GENERATED)('$file', ({ board, panels, queries }) => {
  const variables = board.templating.list.flatMap(({ query }) => {
    return typeof query === 'string' ? [] : [query.query];
  });

  test('reads only families that there are', () => {
    const read = [...new Set([...queries.map(filledIn), ...variables].flatMap(seriesOf))].filter(
      (name) => !['cluster', 'namespace', 'service'].includes(name),
    );
    expect(read.length).toBeGreaterThan(5);
    expect(read.filter((name) => !SERIES.has(name))).toEqual([]);
  });

  test('selects by labels that those families have', () => {
    for (const { name, labels } of [...queries, ...variables].flatMap(selectorsOf)) {
      const known = SERIES.get(name)?.labels ?? new Set();
      expect([name, labels.filter((label) => !known.has(label))]).toEqual([name, []]);
    }
  });

  test('groups, joins and names by labels of what it reads', () => {
    for (const { title, targets = [], transformations = [], type } of panels) {
      const read = targets.flatMap(({ expr }) => seriesOf(filledIn(expr)));
      const known = new Set([
        ...TARGET_LABELS,
        ...read.flatMap((name) => [...(SERIES.get(name)?.labels ?? [])]),
      ]);
      const columns = transformations.flatMap(({ options }) =>
        Object.keys(options.renameByName ?? {}),
      );
      const used = [
        ...targets.flatMap(({ expr }) => groupingOf(expr)),
        ...columns.filter((name) => !name.startsWith('Value')),
      ];
      expect([title, used.filter((label) => !known.has(label))]).toEqual([title, []]);
      for (const { expr, legendFormat = '' } of targets) {
        const inLegend = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
        const left = groupingOf(expr);
        expect([title, inLegend.filter((label = '') => !left.includes(label))]).toEqual([
          title,
          [],
        ]);
        // A table has columns in place of legends.
        expect([title, legendFormat !== '']).toEqual([title, type !== 'table']);
      }
    }
  });

  test('looks at counters as rates', () => {
    for (const query of queries) {
      for (const name of seriesOf(filledIn(query))) {
        if (SERIES.get(name)?.type !== 'counter') continue;
        const counted = query.matchAll(new RegExp(`(\\S*)\\b${name}\\{`, 'g'));
        for (const [, before] of counted)
          expect([query, before]).toEqual([query, expect.stringMatching(/(rate|increase)\($/)]);
      }
    }
  });

  test('over the interval that Grafana works out, or all that is shown', () => {
    const windows = new Set(queries.flatMap((query) => query.match(/\[[^\]]*\]/g) ?? []));
    const known = ['[$__rate_interval]', '[$__range]', '[$__range:$__interval]'];
    expect([...windows].filter((window) => !known.includes(window))).toEqual([]);
    // At each point of a graph it would be asked anew, for all that is shown.
    for (const { targets = [] } of panels)
      for (const { expr, instant } of targets)
        if (expr.includes('$__range')) expect([expr, instant]).toEqual([expr, true]);
  });

  test('is about what is chosen', () => {
    for (const query of queries) {
      for (const { name, matchers } of selectorsOf(query)) {
        expect([name, matchers]).toEqual([name, expect.stringContaining('cluster=~"$cluster"')]);
        if (!SERIES.get(name)?.isPerService) continue;
        expect([name, matchers]).toEqual([
          name,
          expect.stringContaining('namespace=~"$namespace"'),
        ]);
        if (board.uid === 'externalname-service')
          expect([name, matchers]).toEqual([name, expect.stringContaining('service=~"$service"')]);
      }
      if (PROCESS.test(query)) expect(query).toContain(IS_OF_A_MONITOR);
    }
  });

  test('leaves out what single nodes see of Services, or tells it apart', () => {
    for (const query of queries) {
      const isApart = groupingOf(query).includes('vantage');
      for (const { name, matchers } of selectorsOf(query))
        if (SERIES.get(name)?.isPerService)
          expect([query, isApart || matchers.includes('vantage!="node"')]).toEqual([query, true]);
    }
  });

  test.skipIf(withoutPromtool)(`asks in valid PromQL${leftOut}`, () => {
    expect(checkExpressions(queries.map(filledIn))).toMatchObject({
      output: expect.stringContaining(`SUCCESS: ${queries.length} rules found`),
      status: 0,
    });
  });
});
