/** The alerting and recording rules, and the promtool tests on them, as values. */
import { filesIn, readYaml } from '../../fixtures/yaml.ts';

export const RULES = 'manifests/alerts/rules.yaml';
export const RULE_TESTS: readonly string[] = filesIn('manifests/alerts/tests');

interface Recording {
  readonly record: string;
  readonly expr: string;
}

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Group {
  readonly name: string;
  readonly rules: readonly (Alert | Recording)[];
}

/** What one `alert_rule_test` says of an alert. */
export interface Expectation {
  readonly alertname: string;
  readonly eval_time: string;
  readonly exp_alerts: readonly { readonly exp_annotations?: Readonly<Record<string, string>> }[];
}

interface RuleTests {
  readonly evaluation_interval: string;
  readonly tests: readonly { readonly alert_rule_test?: readonly Expectation[] }[];
}

export const { groups } = readYaml(RULES) as { groups: readonly Group[] };
export const rules = groups.flatMap((group) => group.rules);
export const alerts = rules.filter((rule): rule is Alert => 'alert' in rule);
/** Expressions of recording rules, by the name of the series that they make. */
export const recordings: ReadonlyMap<string, string> = new Map(
  rules.flatMap((rule) => ('record' in rule ? [[rule.record, rule.expr] as const] : [])),
);

/** The expressions of the template queries in an alert's labels and annotations, for `shop/db` and what else there may be. */
export function templateQueries({ labels, annotations }: Alert): string[] {
  const text = [...Object.values(labels), ...Object.values(annotations)].join('\n');
  const [, selector = ''] = /\$of := printf "((?:[^"\\]|\\.)+)"/.exec(text) ?? [];
  const queries = text.matchAll(/query \(printf "((?:[^"\\]|\\.)+)"/g);
  return [...queries].map(([, query = '']) =>
    query
      .replace('%s', selector)
      .replaceAll('\\"', '"')
      .replaceAll('%q', '"db"')
      .replaceAll('%g', '0.5'),
  );
}

/**
 * The labels of an expression's result. Good for rules as they are written here: its first operand says it, by its
 * own `by (…)` or by the recording rule that it is made by.
 */
export function labelsOf(expr: string): readonly string[] {
  const names = [...recordings.keys()].map((name) => `(?<![\\w:])${name}(?![\\w:])`);
  const [first = '', by] = new RegExp(`\\bby \\(([^)]*)\\)|${names.join('|')}`).exec(expr) ?? [];
  if (by !== undefined) return by.split(', ');
  const recorded = recordings.get(first);
  return recorded === undefined ? [] : labelsOf(recorded);
}

const ruleTests = RULE_TESTS.map((file) => readYaml(file) as RuleTests);

/** In the order of their times, what each test of each file expects of an alert. */
export function expectationsOf(alert: string): readonly (readonly TimedExpectation[])[] {
  return ruleTests.flatMap(({ evaluation_interval: step, tests }) => {
    return tests.map(({ alert_rule_test: all = [] }) =>
      all
        .filter(({ alertname }) => alertname === alert)
        .map((each) => ({ ...each, at: secondsOf(each.eval_time), step: secondsOf(step) }))
        .sort((a, b) => a.at - b.at),
    );
  });
}

export interface TimedExpectation extends Expectation {
  /** Seconds from the start of the test. */
  readonly at: number;
  /** Seconds between two evaluations. */
  readonly step: number;
}

const SECONDS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 };

/** Of a duration as Prometheus has it: `1m30s`. */
export function secondsOf(duration: string): number {
  const parts = [...duration.matchAll(/(\d+)([hms])/g)];
  if (parts.map(([part]) => part).join('') !== duration || duration === '')
    throw new Error(`Cannot read a duration: it must be such as 1h2m30s, got ${duration}`);
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (SECONDS[unit] ?? 0), 0);
}
