import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writtenRules } from '../../../manifests/alerts/generate.ts';
import { seriesByName, seriesOf } from '../../fixtures/contract.ts';
import { filesIn, readText } from '../../fixtures/yaml.ts';
import { checkExpressions, leftOut, promtool, withoutPromtool } from '../../lab/promtool.ts';
import {
  alerts,
  expectationsOf,
  groups,
  labelsOf,
  RULE_TESTS,
  RULES,
  recordings,
  rules,
  secondsOf,
  templateQueries,
} from './rules.ts';

const RUNBOOKS = 'docs/runbooks';
const source = readText(RULES);
const KNOWN = new Set([...(await seriesByName()).keys(), ...recordings.keys(), 'ALERTS', 'up']);

describe.skipIf(withoutPromtool)(`alert rules, judged by promtool${leftOut}`, () => {
  test('are valid, each once', () => {
    expect(promtool('check', 'rules', '--lint-fatal', RULES)).toMatchObject({
      output: expect.stringContaining(`SUCCESS: ${rules.length} rules found`),
      status: 0,
    });
  });

  test.each(RULE_TESTS)('fire and resolve as %s says', { timeout: 120_000 }, (file) => {
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
    // One word, or a template that ends in one of them.
    expect(alert.labels.severity).toMatch(/^(critical|warning|info)$|\}\}(critical|warning)\{\{/);
    expect(alert.annotations.description).toBeTruthy();
    expect(alert.for).toBeTruthy();
    // Static: notifications are grouped and searched by it.
    expect(alert.annotations.summary).toMatch(/^[^{}]+\.$/);
  });

  test('has a comment on where its `for` comes from', () => {
    const [, comment] =
      new RegExp(`((?: *#.*\\n)+) *- alert: ${alert.alert}\\n`).exec(source) ?? [];
    expect(comment).toContain('# for: ');
  });

  test('uses no label that its expression has aggregated away', () => {
    const text = [...Object.values(alert.labels), ...Object.values(alert.annotations)].join('\n');
    const used = [...text.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label);
    expect(labelsOf(alert.expr)).toEqual(expect.arrayContaining([...new Set(used)]));
  });

  test('reads only series that there are', () => {
    const read = [alert.expr, ...templateQueries(alert)].flatMap(seriesOf);
    expect(read).not.toHaveLength(0);
    expect(read.filter((name) => !KNOWN.has(name))).toEqual([]);
  });

  test('gives way only to alerts that there are', () => {
    const named = [...alert.expr.matchAll(/ALERTS\{alertname=~?"([^"]+)"/g)];
    for (const [, pattern = ''] of named) {
      for (const one of pattern.split(/\|(?![^(]*\))/)) {
        const matching = alerts.filter((each) => new RegExp(`^(?:${one})$`).test(each.alert));
        expect([one, matching.length > 0]).toEqual([one, true]);
      }
    }
  });

  test('has a runbook, of the four usual parts', () => {
    const file = `${RUNBOOKS}/${alert.alert}.md`;
    expect(alert.annotations.runbook_url).toBe(
      `https://github.com/externalname-monitor/externalname-monitor/blob/main/${file}`,
    );
    const headings = [...readText(file).matchAll(/^##? (.*)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual([alert.alert, 'Meaning', 'Impact', 'Diagnosis', 'Mitigation']);
  });

  test('is tested: not a step before, then with its annotations, then no more', () => {
    const courses = expectationsOf(alert.alert).filter((course) =>
      course.some((each, i) => {
        const before = course[i - 1];
        const isFirst =
          before && before.exp_alerts.length === 0 && each.at - before.at === each.step;
        const isLast = course.slice(i).some(({ exp_alerts }) => exp_alerts.length === 0);
        const annotated = each.exp_alerts.some(({ exp_annotations }) => exp_annotations);
        return isFirst && isLast && annotated;
      }),
    );
    expect(courses).not.toHaveLength(0);
  });
});

test('recording rules read only series that there are', () => {
  const read = [...recordings.values()].flatMap(seriesOf);
  expect(read.filter((name) => !KNOWN.has(name))).toEqual([]);
});

test('vantage points are told apart from the monitor wherever series are read', () => {
  const expressions = [...rules.map(({ expr }) => expr), ...alerts.flatMap(templateQueries)];
  const selectors = expressions.flatMap((expr) => [
    ...expr.matchAll(/(?<![\w:])externalname_\w+(\{[^}]*\})?/g),
  ]);
  const either = selectors
    .map(([selector]) => selector)
    .filter((each) => !/vantage!?="node"/.test(each));
  // Whose labels are renamed is to be seen for both.
  expect(either).toEqual(['externalname_service_info{exported_namespace!=""}']);
});

test('buckets of whole seconds are found whichever way Prometheus stores them', () => {
  for (const { expr } of rules) expect(expr).not.toMatch(/\ble="\d+(\.0)?"/);
});

test('what ends with the series of the monitor outlives a restart, until its absence is told', () => {
  const absent = alerts.find(({ alert }) => alert === 'ExternalNameMonitorAbsent');
  const wait = secondsOf(absent?.for ?? '');
  // Those of the monitor itself end with it, or with what a restart mends; a budget looks back over a restart.
  const about = groups.filter(({ name }) => !/\.(monitor|budget)$/.test(name));
  for (const rule of about.flatMap((group) => group.rules)) {
    if (!('alert' in rule)) continue;
    expect([rule.alert, secondsOf(rule.keep_firing_for ?? '0s') > wait]).toEqual([
      rule.alert,
      true,
    ]);
  }
});

test('every runbook is of an alert', () => {
  const names = filesIn(RUNBOOKS).map((file) => basename(file, '.md'));
  expect(names.sort()).toEqual(alerts.map(({ alert }) => alert).sort());
});

test('the files are what `npm run rules` writes', () => {
  for (const [path, text] of writtenRules()) expect([path, readText(path)]).toEqual([path, text]);
});
