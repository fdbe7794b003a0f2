import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OUR_RULES, PACE, QUICK_RULES } from '../../lab/alerting/quick-rules.ts';
import {
  formatDuration,
  parseDuration,
  quicken,
  quickenExpression,
  type RuleFile,
} from '../../lab/alerting/rules.ts';
import { leftOut, promtool, withoutPromtool } from '../../lab/promtool.ts';

test.each([
  ['a range', 'rate(x_total[5m])', 'rate(x_total[10s])'],
  ['a subquery', 'changes(max by (a) (x)[1h:30s])', 'changes(max by (a) (x)[120s:1s])'],
  ['a subquery of the default step', 'max_over_time((x)[1d:])', 'max_over_time((x)[2880s:])'],
  ['spaces', 'x[ 1h : 5m ]', 'x[ 120s : 10s ]'],
  ['several units', 'x[1h30m]', 'x[180s]'],
  ['what is no whole second', 'x[2m5s]', 'x[4167ms]'],
  ['an offset', 'x offset 5m', 'x offset 10s'],
  ['an offset to the future', 'x offset -5m', 'x offset -10s'],
  ['in capitals', 'x OFFSET 5m', 'x OFFSET 10s'],
  ['range and offset', 'rate(x[5m] offset 1w)', 'rate(x[10s] offset 20160s)'],
  ['no further than the floor', 'x[10s] offset 20s', 'x[1s] offset 1s'],
  ['nothing below the floor', 'x[500ms]', 'x[500ms]'],
  ['no offset of nothing', 'x offset 0s', 'x offset 0s'],
])('shortens %s', (_what, expression, expected) => {
  expect(quickenExpression(expression, PACE)).toBe(expected);
});

test.each([
  ['thresholds', 'time() - x > 300'],
  ['numbers that look like it', 'x > 5 and y < 1e3'],
  ['names', 'job:x_total:rate5m / offset5m:x'],
  ['strings', `x{a="[5m]",b='offset 5m',c=\`[1h:5m]\`,d="\\"[5m]"}`],
  ['comments', 'x # [5m] offset 5m\n+ y'],
  ['a label of that name', 'sum by (offset) (x)'],
  ['instants', 'x @ 1609746000'],
])('leaves alone %s', (_what, expression) => {
  expect(quickenExpression(expression, PACE)).toBe(expression);
});

test('shortens the times of groups and rules, and nothing else', () => {
  const labels = { severity: 'critical', window: '5m' };
  const annotations = { description: 'For 5m: {{ query "x[5m]" }}', runbook_url: 'https://x/[5m]' };
  const file = {
    groups: [
      {
        name: 'one[5m]',
        interval: '30s',
        limit: 5,
        rules: [
          {
            alert: 'A',
            expr: 'x[5m] > 300',
            for: '2m',
            keep_firing_for: '5m',
            labels,
            annotations,
          },
          { alert: 'B', expr: 'x', for: '0s' },
          { record: 'x:rate5m', expr: 'rate(x[5m])', labels },
        ],
      },
      { name: 'two', rules: [] },
    ],
  };
  expect(quicken(file, PACE)).toEqual({
    groups: [
      {
        name: 'one[5m]',
        interval: '1s',
        limit: 5,
        rules: [
          {
            alert: 'A',
            expr: 'x[10s] > 300',
            for: '4s',
            keep_firing_for: '10s',
            labels,
            annotations,
          },
          { alert: 'B', expr: 'x', for: '0s' },
          { record: 'x:rate5m', expr: 'rate(x[10s])', labels },
        ],
      },
      { name: 'two', rules: [] },
    ],
  });
});

test.each(['', '5', '5 m', 'm', '-5m', '1.5h', 'soon'])('is no duration: %j', (text) => {
  expect(() => parseDuration(text)).toThrow(`got ${JSON.stringify(text)}`);
});

test('reads what it writes', () => {
  fc.assert(fc.property(fc.nat(), (ms) => parseDuration(formatDuration(ms)) === ms));
});

describe('our own rules', () => {
  const alerts = QUICK_RULES.groups.flatMap(({ rules }) => rules);

  test('are the same but for their times and expressions', () => {
    const timeless = ({ groups }: RuleFile): unknown =>
      groups.map(({ interval: _, rules, ...group }) => ({
        ...group,
        rules: rules.map(({ expr: _e, for: _f, keep_firing_for: _k, ...rest }) => rest),
      }));
    expect(timeless(QUICK_RULES)).toEqual(timeless(OUR_RULES));
  });

  test('all become as quick as a test must be', () => {
    for (const { for: waits = '0s', keep_firing_for: keeps = '0s' } of alerts) {
      expect(parseDuration(waits)).toBeLessThanOrEqual(parseDuration('24h') / PACE.times);
      expect(parseDuration(keeps)).toBeLessThanOrEqual(parseDuration('1h') / PACE.times);
    }
  });

  test.skipIf(withoutPromtool)(`are still valid, as many as before${leftOut}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'externalname-monitor-rules-'));
    try {
      const file = join(folder, 'rules.yaml');
      // JSON is YAML.
      writeFileSync(file, JSON.stringify(QUICK_RULES));
      expect(promtool('check', 'rules', '--lint-fatal', file)).toMatchObject({
        output: expect.stringContaining(`SUCCESS: ${alerts.length} rules found`),
        status: 0,
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
