/** `npm run rules`: writes rules.yaml and the PrometheusRule of the Prometheus Operator, and the list of metrics that its ServiceMonitor drops. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICE_FAMILIES } from '../../src/metrics/service-families.ts';
import { prometheusRule, ruleFile } from '../../src/rules/rule-file.ts';
import { DEFAULT_SETTINGS } from '../../src/rules/settings.ts';

/** Families of each Service that vantage points keep: what rules about nodes read, and histograms, which are off there. */
const KEPT = [
  'externalname_service_up',
  'externalname_service_verdict',
  'externalname_service_rounds_total',
  'externalname_probe_duration_seconds',
];

/** The ServiceMonitor, with the families of each Service that it drops of vantage points. */
export function serviceMonitor(text: string): string {
  const dropped = SERVICE_FAMILIES.map(({ name }) => name).filter((name) => !KEPT.includes(name));
  const names = dropped.map((name) => name.replace('externalname_', '')).join('|');
  return text.replace(
    /(?<=regex: >-\n +)node;externalname_\(.*\)$/m,
    () => `node;externalname_(${names})`,
  );
}

const ROOT = join(import.meta.dirname, '../..');

/** The rules with the default settings, by the path of the file. */
export function writtenRules(): ReadonlyMap<string, string> {
  const note = '# Written by `npm run rules` from src/rules: edit there.\n';
  return new Map([
    ['manifests/alerts/rules.yaml', ruleFile(DEFAULT_SETTINGS)],
    [
      'manifests/components/prometheus-operator/prometheus-rule.yaml',
      note + prometheusRule(DEFAULT_SETTINGS),
    ],
  ]);
}

if (import.meta.main) {
  const monitor = join(
    import.meta.dirname,
    '../components/prometheus-operator/service-monitor.yaml',
  );
  writeFileSync(monitor, serviceMonitor(readFileSync(monitor, 'utf8')));
  for (const [path, text] of writtenRules()) writeFileSync(join(ROOT, path), text);
}
