/** `npm run rules`: writes rules.yaml and the PrometheusRule of the Prometheus Operator, and the list of metrics that scrape configurations drop. */
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

/** A scrape configuration, with the families of each Service that it drops of vantage points. */
export function withDropped(text: string): string {
  const dropped = SERVICE_FAMILIES.map(({ name }) => name).filter((name) => !KEPT.includes(name));
  const names = dropped.map((name) => name.replace('externalname_', '')).join('|');
  return text.replace(/node;externalname_\([^)]*\)/, () => `node;externalname_(${names})`);
}

/** The scrape configurations in the repository. */
export const SCRAPES = [
  'manifests/components/prometheus-operator/service-monitor.yaml',
  'docs/install.md',
];

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
  for (const path of SCRAPES)
    writeFileSync(join(ROOT, path), withDropped(readFileSync(join(ROOT, path), 'utf8')));
  for (const [path, text] of writtenRules()) writeFileSync(join(ROOT, path), text);
}
