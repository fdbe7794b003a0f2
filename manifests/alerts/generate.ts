/** `npm run rules`: makes the PrometheusRule of the Prometheus Operator from rules.yaml, and what its ServiceMonitor drops. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { SERVICE_FAMILIES } from '../../src/metrics/service-families.ts';

const HEADER = '# Written by `npm run rules` from manifests/alerts/rules.yaml: edit there.\n';

/**
 * `rules`: the text of a Prometheus rule file. Anchors are written out and comments left out: people read the source,
 * and the API server keeps neither.
 */
export function prometheusRule(rules: string): string {
  const object = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: {
      name: 'externalname-monitor',
      namespace: 'externalname-monitor',
      labels: {
        'app.kubernetes.io/name': 'externalname-monitor',
        'app.kubernetes.io/part-of': 'externalname-monitor',
      },
    },
    spec: parse(rules),
  };
  return HEADER + stringify(object, { aliasDuplicateObjects: false, lineWidth: 0 });
}

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

if (import.meta.main) {
  const monitor = join(
    import.meta.dirname,
    '../components/prometheus-operator/service-monitor.yaml',
  );
  writeFileSync(monitor, serviceMonitor(readFileSync(monitor, 'utf8')));
  const file = join(import.meta.dirname, '../components/prometheus-operator/prometheus-rule.yaml');
  const rules = readFileSync(join(import.meta.dirname, 'rules.yaml'), 'utf8');
  writeFileSync(file, prometheusRule(rules));
  console.log('manifests/components/prometheus-operator/prometheus-rule.yaml');
}
