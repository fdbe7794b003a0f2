import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { VERDICT_COLORS, VERDICTS } from '../../../src/model/verdict.ts';
import { filesIn, readText } from '../../fixtures/yaml.ts';
import { filledIn, GENERATED } from './boards.ts';

const ROOT = join(import.meta.dirname, '../../..');

test('there is no dashboard that is not generated', () => {
  const checkedIn = filesIn('grafana').filter((file) => file.endsWith('.json'));
  expect(checkedIn).toEqual(GENERATED.map(({ file }) => `grafana/${file}`));
});

test('the uids, which links and bookmarks hold, are those of the files', () => {
  for (const { file, board } of GENERATED) expect(`${board.uid}.json`).toBe(file);
});

test('every verdict has a colour of its own', () => {
  const colors = Object.values(VERDICTS).map(({ color }) => color);
  expect(colors.toSorted()).toEqual(VERDICT_COLORS.toSorted());
});

const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  'externalname-fleet': ['datasource', 'cluster', 'status_page', 'namespace'],
  'externalname-monitor': ['datasource', 'cluster', 'status_page'],
  'externalname-overview': ['datasource', 'cluster', 'status_page', 'namespace'],
  'externalname-service': ['datasource', 'cluster', 'status_page', 'namespace', 'service'],
};

const TYPES: Readonly<Record<string, string>> = {
  datasource: 'datasource',
  status_page: 'textbox',
};

test('another label than `cluster` is one setting', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dashboards-'));
  execFileSync(process.execPath, [join(ROOT, 'grafana/generate.ts'), folder], {
    env: { ...process.env, CLUSTER_LABEL: 'k8s_cluster' },
  });
  const written = readdirSync(folder);
  expect(written).toEqual(GENERATED.map(({ file }) => file));
  for (const file of written) {
    const json = readFileSync(join(folder, file), 'utf8');
    const asked = json.match(/"(expr|query|legendFormat)": "(\\.|[^"\\])*"/g) ?? [];
    expect(asked.length).toBeGreaterThan(5);
    // The variable `$cluster` keeps its name.
    expect(asked.filter((text) => /[^$]\bcluster\b/.test(text))).toEqual([]);
    expect(json).toContain('k8s_cluster=~\\"$cluster\\"');
  }
  rmSync(folder, { recursive: true });
});

test('firing alerts of the chosen clusters are marks in every dashboard', () => {
  for (const { json } of GENERATED) {
    const [alerts] = JSON.parse(json).annotations.list;
    expect(alerts).toMatchObject({ name: 'Alerts', enable: true });
    expect(filledIn(alerts.expr)).toBe(
      'ALERTS{alertname=~"ExternalName.+", alertstate="firing", cluster=~".*"}',
    );
  }
});

describe.each(GENERATED)('$file', ({ file, json, board, panels }) => {
  test('is what the generator gives: run `npm run dashboards`', () => {
    expect(readText(`grafana/${file}`)).toBe(json);
  });

  test('cannot be edited in Grafana, where the edit would be lost', () => {
    expect(board.editable).toBe(false);
  });

  test('has its variables, read anew with the time shown, and no "all" for one Service', () => {
    const { list } = board.templating;
    expect(list.map(({ name }) => name)).toEqual(VARIABLES[board.uid]);
    for (const { name, type, refresh, includeAll } of list) {
      expect([name, type]).toEqual([name, TYPES[name] ?? 'query']);
      if (type === 'query') expect([name, refresh]).toEqual([name, 2]);
      const isOne =
        name === 'service' || (name === 'namespace' && board.uid === 'externalname-service');
      expect([name, includeAll === true]).toEqual([name, type === 'query' && !isOne]);
    }
  });

  test('numbers its panels, each once', () => {
    expect(board.panels.map(({ id }) => id)).toEqual(board.panels.map((_, index) => index + 1));
  });

  test('has no two panels of one title', () => {
    const titles = panels.map(({ title }) => title);
    expect(titles).toEqual([...new Set(titles)]);
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
    expect(refIds).toEqual(['A', 'B', 'C', 'D', 'E', 'F'].slice(0, Math.max(1, refIds.length)));
  });

  test.each(
    panels.filter(({ type }) => type === 'table').map((panel) => [panel.title, panel] as const),
  )(
    'table %s sorts and dresses columns that it has',
    (_, { targets = [], transformations = [], options, fieldConfig }) => {
      const columns = transformations.flatMap(({ options }) =>
        Object.entries(options.renameByName ?? {}),
      );
      const headings = columns.map(([, heading]) => heading);
      const named = [
        ...(options?.sortBy ?? []).map(({ displayName }) => displayName),
        ...(fieldConfig?.overrides ?? []).map(({ matcher }) => matcher.options),
      ];
      expect(named.filter((heading) => !headings.includes(heading))).toEqual([]);
      const values = columns.map(([name]) => name).filter((name) => name.startsWith('Value'));
      const possible =
        targets.length === 1 ? ['Value'] : targets.map(({ refId }) => `Value #${refId}`);
      expect(values.filter((name) => !possible.includes(name))).toEqual([]);
    },
  );
});
