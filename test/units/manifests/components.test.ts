/** What the components have to agree on among themselves, with the base, the program and the alert rules. */
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SCRAPES, withDropped } from '../../../manifests/alerts/generate.ts';
import { OPTION_NAMES, variableOf } from '../../../src/config/options.ts';
import {
  at,
  filesIn,
  readResources,
  readText,
  readYaml,
  yamlFilesBelow,
} from '../../fixtures/yaml.ts';

const COMPONENTS = 'manifests/components';
const kustomizations = yamlFilesBelow('manifests').filter((file) =>
  file.endsWith('kustomization.yaml'),
);
const components = kustomizations.filter((file) => file.startsWith(COMPONENTS));

const base = readResources('manifests/base');
const basePod = at(base.Deployment, 'spec.template.spec');
const baseLabels = at(readYaml('manifests/base/kustomization.yaml'), 'labels.0.pairs');
const daemonSet = readYaml(`${COMPONENTS}/per-node/daemon-set.yaml`);
const nodePod = at(daemonSet, 'spec.template.spec');
const nodeLabels = at(daemonSet, 'spec.template.metadata.labels');

type Labels = Readonly<Record<string, unknown>>;

function matches(selector: unknown, labels: unknown): boolean {
  return Object.entries(selector as Labels).every(
    ([key, value]) => (labels as Labels)[key] === value,
  );
}

/** The variables that a container sets, those with a plain value. */
function variablesOf(pod: unknown): Record<string, string> {
  const env = at(pod, 'containers.0.env') as { name: string; value?: string }[];
  return Object.fromEntries(
    env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])),
  );
}

describe('kustomizations', () => {
  test.each(components)('%s is a component, and uses every file beside it', (file) => {
    expect(readYaml(file)).toMatchObject({ kind: 'Component' });
    const others = filesIn(dirname(file)).filter((each) => each.endsWith('.yaml') && each !== file);
    for (const other of others) {
      const name = other.slice(dirname(file).length + 1);
      expect(readText(file), name).toMatch(
        new RegExp(`- (path: )?${name.replace('.', '\\.')}$`, 'm'),
      );
    }
  });

  test('set only variables that the program has: it refuses others', () => {
    const known = OPTION_NAMES.map(variableOf);
    const files = yamlFilesBelow('manifests').map(readText).join('\n');
    const used = [...files.matchAll(/EXTERNALNAME_MONITOR_[A-Z_]+/g)].map(([name]) => name);
    expect(used.length).toBeGreaterThan(5);
    expect(used.filter((name) => !known.includes(name))).toEqual([]);
  });

  test('make a ConfigMap of every dashboard, none of which outgrows it', () => {
    const dashboards = filesIn('grafana').filter((file) => file.endsWith('.json'));
    const { configMapGenerator } = readYaml('grafana/kustomization.yaml') as {
      configMapGenerator: { files: string[] }[];
    };
    const listed = configMapGenerator.flatMap(({ files }) =>
      files.map((file) => `grafana/${file}`),
    );
    expect(listed.sort()).toEqual(dashboards.sort());
    for (const file of dashboards)
      expect(Buffer.byteLength(readText(file)), file).toBeLessThan(2 ** 20);
  });
});

describe('sharded', () => {
  test.each([[`${COMPONENTS}/sharded/shards.yaml`], ['manifests/examples/large/shards.yaml']])(
    '%s has as many pods as shards',
    (file) => {
      const patch = readYaml(file);
      const variables = variablesOf(at(patch, 'spec.template.spec'));
      expect(variables.EXTERNALNAME_MONITOR_TOTAL_SHARDS).toBe(String(at(patch, 'spec.replicas')));
    },
  );
});

describe('per-node', () => {
  test('has the pod of the base, but for what a vantage point has otherwise', () => {
    const rest = (pod: unknown) => {
      const { containers, tolerations: _, ...others } = pod as { containers: object[] } & Labels;
      const [{ env: _env, resources: _resources, ...container }] = containers as [Labels];
      return { ...others, container };
    };
    expect(rest(nodePod)).toEqual(rest(basePod));
    const fields = (pod: unknown) =>
      (at(pod, 'containers.0.env') as object[]).filter((each) => 'valueFrom' in each);
    expect(fields(nodePod)).toEqual(fields(basePod));
    const { labels, annotations } = at(base.Deployment, 'spec.template.metadata') as {
      labels: Labels;
      annotations: Labels;
    };
    const instance = { 'app.kubernetes.io/instance': 'externalname-monitor-node' };
    expect(nodeLabels).toMatchObject({ ...labels, ...instance });
    expect(at(daemonSet, 'spec.template.metadata.annotations')).toEqual(annotations);
  });

  test('asks the app hop only, and leaves no node out', () => {
    expect(variablesOf(nodePod).EXTERNALNAME_MONITOR_HOPS).toBe('app');
    expect(at(nodePod, 'tolerations')).toEqual([{ operator: 'Exists' }]);
  });

  test('has pods that no selector of the monitor takes for its own, nor the other way round', () => {
    const budgets = ['sharded', 'high-availability'].map((name) =>
      at(readYaml(`${COMPONENTS}/${name}/pod-disruption-budget.yaml`), 'spec.selector.matchLabels'),
    );
    const ofMonitor = [
      at(base.Deployment, 'spec.selector.matchLabels'),
      at(base.Service, 'spec.selector'),
      ...budgets,
    ];
    const ofNodes = [
      at(daemonSet, 'spec.selector.matchLabels'),
      at(readYaml(`${COMPONENTS}/per-node/service.yaml`), 'spec.selector'),
    ];
    for (const selector of ofMonitor) {
      expect(matches(selector, baseLabels)).toBe(true);
      expect(matches(selector, nodeLabels)).toBe(false);
    }
    for (const selector of ofNodes) {
      expect(matches(selector, nodeLabels)).toBe(true);
      expect(matches(selector, baseLabels)).toBe(false);
    }
  });
});

test('the network policy is about the pods of every component', () => {
  const selector = at(
    readYaml(`${COMPONENTS}/network-policy/network-policy.yaml`),
    'spec.podSelector.matchLabels',
  );
  expect(matches(selector, baseLabels)).toBe(true);
  expect(matches(selector, nodeLabels)).toBe(true);
});

test('topology constraints count the pods that they are on', () => {
  const patch = readYaml(`${COMPONENTS}/high-availability/deployment.yaml`);
  const constraints = at(patch, 'spec.template.spec.topologySpreadConstraints') as unknown[];
  expect(constraints).toHaveLength(2);
  for (const each of constraints) {
    expect(matches(at(each, 'labelSelector.matchLabels'), baseLabels)).toBe(true);
  }
});

describe('the ServiceMonitor', () => {
  const monitor = readYaml(`${COMPONENTS}/prometheus-operator/service-monitor.yaml`);
  const endpoint = at(monitor, 'spec.endpoints.0');

  test('takes both Services, by their port, and leaves our labels as they are', () => {
    const selector = at(monitor, 'spec.selector.matchLabels');
    const node = readYaml(`${COMPONENTS}/per-node/service.yaml`);
    expect(matches(selector, baseLabels)).toBe(true);
    expect(matches(selector, at(node, 'metadata.labels'))).toBe(true);
    for (const service of [base.Service, node]) {
      expect(at(service, 'spec.ports.0.name')).toBe(at(endpoint, 'port'));
    }
    expect(endpoint).toMatchObject({ honorLabels: true });
  });

  test('tells vantage points by the label that their pods have, and the monitor has not', () => {
    const rules = at(endpoint, 'relabelings') as { regex: string; sourceLabels: string[] }[];
    const component = 'app.kubernetes.io/component';
    const [vantage] = rules;
    expect(vantage?.sourceLabels).toEqual([
      `__meta_kubernetes_pod_label_${component.replace(/[^a-z]/g, '_')}`,
    ]);
    expect((nodeLabels as Labels)[component]).toMatch(new RegExp(`^(${vantage?.regex})$`));
    expect((baseLabels as Labels)[component]).not.toMatch(new RegExp(`^(${vantage?.regex})$`));
  });

  test('drops of vantage points what multiplies by nodes, and nothing that a rule about nodes reads', () => {
    const { regex } = (at(endpoint, 'metricRelabelings') as [{ regex: string }])[0];
    const isDropped = (name: string, vantage = 'node') =>
      new RegExp(`^(?:${regex})$`).test(`${vantage};${name}`);
    for (const file of SCRAPES) expect(readText(file)).toBe(withDropped(readText(file)));
    expect(isDropped('externalname_finding')).toBe(true);
    const rules = readText('manifests/alerts/rules.yaml');
    const read = [...rules.matchAll(/(externalname_\w+)\{vantage=\\?"node/g)].map(
      ([, name = '']) => name,
    );
    expect(read.length).toBeGreaterThan(0);
    expect(read.filter((name) => isDropped(name))).toEqual([]);
    expect(isDropped('externalname_service_info', '')).toBe(false);
  });
});
