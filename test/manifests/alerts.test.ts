import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { VERDICTS } from '../../src/model/verdict.ts';
import { SERIES, seriesOf } from './contract.ts';
import { checkExpressions, leftOut, promtool, withoutPromtool } from './promtool.ts';
import { filesIn, readText, readYaml } from './yaml.ts';

interface Alert {
  alert: string;
  expr: string;
  for?: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

const RULES = 'manifests/alerts/rules.yaml';
const TESTS = filesIn('manifests/alerts/tests');
const RUNBOOKS = 'docs/runbooks';

const { groups } = readYaml(RULES) as { groups: { rules: Alert[] }[] };
const alerts = groups.flatMap((group) => group.rules);

/** The expressions of the template queries in an alert's annotations, for a Service `shop/db`. */
function templateQueries(alert: Alert): string[] {
  const text = Object.values(alert.annotations).join('\n');
  return [...text.matchAll(/query \(printf "([^"]+)"/g)].map(([, query = '']) =>
    query.replace('%s', '{cluster="",namespace="shop",service="db"}'),
  );
}

describe.skipIf(withoutPromtool)(`alert rules, judged by promtool${leftOut}`, () => {
  test('are valid, each once', () => {
    expect(promtool('check', 'rules', '--lint-fatal', RULES)).toMatchObject({
      output: expect.stringContaining(`SUCCESS: ${alerts.length} rules found`),
      status: 0,
    });
  });

  test.each(TESTS)('fire and resolve as %s says', (file) => {
    expect(promtool('test', 'rules', file)).toMatchObject({
      output: expect.stringContaining('SUCCESS'),
      status: 0,
    });
  });

  test('ask valid questions in their annotations', () => {
    const queries = alerts.flatMap(templateQueries);
    expect(queries).not.toHaveLength(0);
    expect(checkExpressions(queries)).toMatchObject({
      output: expect.stringContaining('SUCCESS'),
      status: 0,
    });
  });
});

describe.each(alerts)('$alert', (alert) => {
  test('is named in CamelCase, with the prefix of all', () => {
    expect(alert.alert).toMatch(/^ExternalName([A-Z][a-z]+)+$/);
  });

  test('says how bad it is, what it is, and for how long it waits', () => {
    expect(alert.labels.severity).toMatch(/^(critical|warning|info)$/);
    expect(alert.annotations.description).toBeTruthy();
    expect(alert.for).toBeTruthy();
    // Static: notifications are grouped and searched by it.
    expect(alert.annotations.summary).toMatch(/^[^{}]+\.$/);
  });

  test('uses no label that its expression has aggregated away', () => {
    const [, kept = ''] = /\bby \(([^)]*)\)/.exec(alert.expr) ?? [];
    const text = Object.values(alert.annotations).join('\n');
    const used = [...text.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label);
    expect(kept.split(', ')).toEqual(expect.arrayContaining([...new Set(used)]));
  });

  test('reads only families of the metric contract', () => {
    const read = [alert.expr, ...templateQueries(alert)].flatMap(seriesOf);
    expect(read).not.toHaveLength(0);
    expect(read.filter((name) => !SERIES.has(name))).toEqual([]);
  });

  test('has a runbook, of the four usual parts', () => {
    const file = `${RUNBOOKS}/${alert.alert}.md`;
    expect(alert.annotations.runbook_url).toBe(
      `https://github.com/externalname-monitor/externalname-monitor/blob/main/${file}`,
    );
    const headings = [...readText(file).matchAll(/^##? (.*)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual([alert.alert, 'Meaning', 'Impact', 'Diagnosis', 'Mitigation']);
  });

  test('is tested', () => {
    expect(TESTS.map(readText).join('\n')).toContain(`alertname: ${alert.alert}\n`);
  });
});

test('every runbook is of an alert', () => {
  const names = filesIn(RUNBOOKS).map((file) => basename(file, '.md'));
  expect(names.sort()).toEqual(alerts.map(({ alert }) => alert).sort());
});

test('the runbook of a Service that is down knows each verdict that it may have', () => {
  const runbook = readText(`${RUNBOOKS}/ExternalNameServiceUnresolvable.md`);
  const rows = [...runbook.matchAll(/^\| (`.*?`) \|/gm)].map(([, words = '']) => words);
  const named = rows.flatMap((words) => words.replaceAll('`', '').split(', '));
  const notDown = new Set([
    'pending',
    'unknown',
    'untrusted_answer',
    'degraded',
    'family_failing',
    'healthy',
  ]);
  expect(named.sort()).toEqual(
    Object.keys(VERDICTS)
      .filter((verdict) => !notDown.has(verdict))
      .sort(),
  );
});
