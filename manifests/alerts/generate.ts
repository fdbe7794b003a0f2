/** `npm run rules`: makes the PrometheusRule of the Prometheus Operator from rules.yaml. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

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

if (import.meta.main) {
  const file = join(import.meta.dirname, '../components/prometheus-operator/prometheus-rule.yaml');
  const rules = readFileSync(join(import.meta.dirname, 'rules.yaml'), 'utf8');
  writeFileSync(file, prometheusRule(rules));
  console.log('manifests/components/prometheus-operator/prometheus-rule.yaml');
}
