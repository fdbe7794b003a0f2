import { describe, expect, test } from 'vitest';
import { toJson } from '../../grafana/dashboard.ts';
import { DASHBOARDS } from '../../grafana/dashboards/index.ts';
import { SERIES, seriesOf } from '../manifests/contract.ts';
import { checkExpressions, leftOut, withoutPromtool } from '../manifests/promtool.ts';
import { filesIn, readText } from '../manifests/yaml.ts';

interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  datasource?: { uid: string };
  gridPos: { x: number; y: number; w: number; h: number };
  fieldConfig?: { defaults: { unit?: string } };
  targets?: { refId: string; expr: string }[];
}

interface Board {
  uid: string;
  editable: boolean;
  panels: Panel[];
  templating: { list: { name: string; type: string; query: string | { query: string } }[] };
}

const VALUES: Record<string, string> = {
  $__rate_interval: '5m',
  $cluster: '.*',
  $namespace: '.*',
};

/** An expression as Grafana sends it. */
function filledIn(expression: string): string {
  return expression.replace(/\$\w+/g, (variable) => {
    const value = VALUES[variable];
    if (value === undefined) throw new Error(`Cannot fill in a variable: unknown, got ${variable}`);
    return value;
  });
}

test('there is no dashboard that is not generated', () => {
  const checkedIn = filesIn('grafana').filter((file) => file.endsWith('.json'));
  expect(checkedIn).toEqual(Object.keys(DASHBOARDS).map((file) => `grafana/${file}`));
});

describe.each(Object.entries(DASHBOARDS))('%s', (file, build) => {
  const json = toJson(build());
  const board: Board = JSON.parse(json);
  const panels = board.panels.filter(({ type }) => type !== 'row');
  const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

  test('is what the generator gives: run `npm run dashboards`', () => {
    expect(readText(`grafana/${file}`)).toBe(json);
  });

  test('cannot be edited in Grafana, where the edit would be lost', () => {
    expect(board.editable).toBe(false);
  });

  test('has its variables', () => {
    const names = board.templating.list.map(({ name, type }) => `${name}: ${type}`);
    expect(names).toEqual(['datasource: datasource', 'cluster: query', 'namespace: query']);
  });

  test('numbers its panels, each once', () => {
    expect(board.panels.map(({ id }) => id)).toEqual(board.panels.map((_, index) => index + 1));
  });

  test('fills the grid line by line', () => {
    const widths = new Map<number, number>();
    for (const { gridPos } of board.panels) {
      expect(gridPos.x).toBe(widths.get(gridPos.y) ?? 0);
      widths.set(gridPos.y, gridPos.x + gridPos.w);
    }
    expect([...widths.values()]).toEqual([...widths].map(() => 24));
  });

  test.each(panels.map((panel) => [panel.title, panel] as const))('panel %s', (title, panel) => {
    expect(title).toMatch(/^[A-Z]/);
    expect(panel.description).toMatch(/\.$/);
    expect(panel.fieldConfig?.defaults.unit).toBeTruthy();
    expect(panel.datasource?.uid).toBe('$datasource');
    const refIds = panel.targets?.map(({ refId }) => refId) ?? [];
    expect(refIds).toEqual(['A', 'B', 'C', 'D'].slice(0, Math.max(1, refIds.length)));
  });

  test('counts rates over the interval that Grafana works out', () => {
    for (const query of queries) {
      expect(query.match(/\[.*?\]/g) ?? []).toEqual(
        (query.match(/\brate\(/g) ?? []).map(() => '[$__rate_interval]'),
      );
    }
  });

  test('reads only families of the metric contract', () => {
    const variables = board.templating.list
      .map(({ query }) => (typeof query === 'string' ? '' : query.query))
      .flatMap((query) => /label_values\((\w+)/.exec(query)?.[1] ?? []);
    const read = [...new Set([...queries.map(filledIn).flatMap(seriesOf), ...variables])];
    expect(read.length).toBeGreaterThan(5);
    expect(read.filter((name) => !SERIES.has(name))).toEqual([]);
  });

  test('is about the clusters and namespaces that are chosen', () => {
    for (const query of queries) {
      const selectors = query.match(/externalname_\w+(\{.*?\})?/g) ?? [];
      for (const selector of selectors) expect(selector).toContain('cluster=~"$cluster"');
    }
  });

  test.skipIf(withoutPromtool)(`asks in valid PromQL${leftOut}`, () => {
    expect(checkExpressions(queries.map(filledIn))).toMatchObject({
      output: expect.stringContaining(`SUCCESS: ${queries.length} rules found`),
      status: 0,
    });
  });
});
