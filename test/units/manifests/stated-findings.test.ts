/** What the verdict says already is no ticket of its own: the rule in PromQL held against the one in the model. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RULES as FINDING_RULES, FINDINGS, isStated } from '../../../src/model/finding.ts';
import { VERDICTS, type Verdict } from '../../../src/model/verdict.ts';
import { leftOut, promtool, withoutPromtool } from '../../lab/promtool.ts';
import { RULES } from './rules.ts';

const ALERT = 'ExternalNameServiceCriticalFinding';
const critical = FINDING_RULES.filter((rule) => FINDINGS[rule].level === 'critical');
const pairs = critical.flatMap((rule) =>
  (Object.keys(VERDICTS) as Verdict[]).map((verdict) => ({ rule, verdict })),
);

describe.skipIf(withoutPromtool)(`critical findings${leftOut}`, () => {
  test('are alerts of their own beside each verdict that does not say them already', () => {
    // One Service for each pair, named by it.
    const series = pairs.flatMap(({ rule, verdict }) => {
      const of = `namespace="shop",service="${rule}.${verdict}",pod="monitor-a"`;
      return [
        { series: `externalname_finding{${of},rule="${rule}",level="critical"}`, values: '1x20' },
        { series: `externalname_service_verdict{${of},verdict="${verdict}"}`, values: '1x20' },
      ];
    });
    const alerted = pairs.filter(({ rule, verdict }) => !isStated({ rule }, verdict));
    expect(alerted.length).toBeLessThan(pairs.length);
    const firing = alerted.map(({ rule, verdict }) => ({
      labels: `{service="${rule}.${verdict}"}`,
      value: 1,
    }));
    const expr = `count by (service) (ALERTS{alertname="${ALERT}",alertstate="firing"})`;
    const output = testRules(series, { expr, eval_time: '8m', exp_samples: firing });
    expect(output).toContain('SUCCESS');
  });
});

function testRules(input_series: readonly object[], expected: object): string {
  const directory = mkdtempSync(join(tmpdir(), 'externalname-monitor-rules-'));
  try {
    const file = join(directory, 'test.yaml');
    const content = {
      rule_files: [join(import.meta.dirname, '../../..', RULES)],
      evaluation_interval: '30s',
      tests: [{ interval: '30s', input_series, promql_expr_test: [expected] }],
    };
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(content));
    return promtool('test', 'rules', file).output;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
