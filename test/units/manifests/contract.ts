/** The series that dashboards and alerts may read: those of the metric contract, by the names that Prometheus stores. */
import { MonitorMetrics } from '../../../src/metrics/monitor.ts';
import { SERVICE_FAMILIES } from '../../../src/metrics/service-families.ts';

const HISTOGRAM_SERIES = ['_bucket', '_sum', '_count'];

/** Names and types of all families, as the program exports them. */
async function families(): Promise<readonly (readonly [string, string])[]> {
  const own = await new MonitorMetrics(30_000, { version: '0', node_version: '0' }).text();
  const types = own.matchAll(/^# TYPE (\w+) (\w+)$/gm);
  return [
    ...SERVICE_FAMILIES.map(({ name, type }) => [name, type] as const),
    ...[...types].map(([, name = '', type = '']) => [name, type] as const),
  ];
}

export const SERIES: ReadonlySet<string> = new Set(
  (await families()).flatMap(([name, type]) =>
    type === 'histogram' ? HISTOGRAM_SERIES.map((suffix) => name + suffix) : [name],
  ),
);

const KEYWORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'atan2', 'inf', 'nan']);

/** The names of the series that a (valid) PromQL expression reads. */
export function seriesOf(expression: string): string[] {
  const bare = expression
    .replace(/"(?:[^"\\]|\\.)*"/g, '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    // Labels, not series.
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '');
  const words = bare.matchAll(/(?<![\w.])[a-z_:][\w:]*(?!\w)(?!\s*\()/gi);
  const names = [...words].map(([word]) => word).filter((word) => !KEYWORDS.has(word));
  // `sum by (x) (…)` has lost its clause above, and `sum  (…)` is a call; nothing is left of either.
  return [...new Set(names)];
}
