/** The base, every component and every example on a real API server, sent by `kubectl apply -k`. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at } from '../fixtures/yaml.ts';
import {
  type Cluster,
  describeE2e,
  KubeError,
  type KubeObject,
  namespace,
  startCluster,
  until,
} from '../lab/cluster/index.ts';
import { apply, build, withOverlay } from './kubectl.ts';

const NAME = 'externalname-monitor';

/** Components that can be applied together with the base alone, and the objects that each adds. */
const COMPONENTS = {
  'admission-policy': [
    'configmap/externalname-policy',
    'validatingadmissionpolicy.admissionregistration.k8s.io/externalname-policy',
    'validatingadmissionpolicybinding.admissionregistration.k8s.io/externalname-policy',
  ],
  dashboards: ['fleet', 'monitor', 'overview', 'service'].map(
    (name) => `configmap/externalname-${name}`,
  ),
  'dns-pods': [
    `role.rbac.authorization.k8s.io/${NAME}-dns-pods`,
    `rolebinding.rbac.authorization.k8s.io/${NAME}-dns-pods`,
  ],
  'high-availability': [`poddisruptionbudget.policy/${NAME}`],
  'network-policy': [`networkpolicy.networking.k8s.io/${NAME}`],
  'per-node': [`daemonset.apps/${NAME}-node`, `service/${NAME}-node`],
  'prometheus-operator': [
    `prometheusrule.monitoring.coreos.com/${NAME}`,
    `servicemonitor.monitoring.coreos.com/${NAME}`,
  ],
  'upstream-dns': [
    `role.rbac.authorization.k8s.io/${NAME}-upstream-dns`,
    `rolebinding.rbac.authorization.k8s.io/${NAME}-upstream-dns`,
  ],
  sharded: [`poddisruptionbudget.policy/${NAME}`, `statefulset.apps/${NAME}`],
} as const;

const BASE = [
  `clusterrole.rbac.authorization.k8s.io/${NAME}`,
  `clusterrolebinding.rbac.authorization.k8s.io/${NAME}`,
  `deployment.apps/${NAME}`,
  `namespace/${NAME}`,
  `service/${NAME}`,
  `serviceaccount/${NAME}`,
];

/** The resources of the Prometheus Operator, without their schemas. */
function customResource(kind: string): KubeObject {
  const singular = kind.toLowerCase();
  const group = 'monitoring.coreos.com';
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${singular}s.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, singular, plural: `${singular}s`, listKind: `${kind}List` },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  };
}

interface Template {
  readonly metadata: { labels: Record<string, string>; annotations: Record<string, string> };
  readonly spec: object;
}

describeE2e('manifests/, on a real API server', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster();
    for (const kind of ['ServiceMonitor', 'PrometheusRule']) {
      const resource = await cluster.kube.create(customResource(kind));
      await until(`${kind} to be served`, async () => {
        const { status } = await cluster.kube.get(resource);
        const { conditions = [] } = status as { conditions?: { type: string; status: string }[] };
        return conditions.some(({ type, status }) => type === 'Established' && status === 'True');
      });
    }
    await apply(cluster, 'manifests/base');
    const enforced = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await cluster.kube.patch(namespace(NAME), { metadata: { labels: enforced } });
  });
  afterAll(() => cluster?.stop());

  /** The harness has no controllers, so the test does the work of those for its workloads. */
  async function startPods(objects: readonly KubeObject[]): Promise<number> {
    const workloads = objects.filter(({ apiVersion }) => apiVersion === 'apps/v1');
    for (const { kind, metadata, spec } of workloads) {
      const { template } = spec as { template: Template };
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          ...template.metadata,
          name: `${kind.toLowerCase()}-0`,
          namespace: metadata.namespace,
        },
        spec: template.spec,
      } as KubeObject;
      await cluster.kube.create(pod);
      const path = `/api/v1/namespaces/${NAME}/pods/${pod.metadata.name}?gracePeriodSeconds=0`;
      await cluster.kube.request('DELETE', path);
    }
    return workloads.length;
  }

  test('the base applies to a bare cluster, and again', async () => {
    expect(await apply(cluster, 'manifests/base')).toEqual(
      BASE.map((name) => `${name} serverside-applied`),
    );
  });

  describe.each(Object.entries(COMPONENTS))('%s', (component, added) => {
    test('applies', async () => {
      const said = await withOverlay([component], (folder) => apply(cluster, folder));
      const names = said.map((line) => line.replace(/ serverside-applied$/, ''));
      const base =
        component === 'sharded' ? BASE.filter((name) => !name.startsWith('deploy')) : BASE;
      expect(names).toEqual([...base, ...added].sort());
    });

    test('has pods that the restricted profile takes, of one image', async () => {
      const objects = await withOverlay([component], build);
      expect(await startPods(objects)).toBe(component === 'per-node' ? 2 : 1);
      const images = objects.map((object) => at(object, 'spec.template.spec.containers.0.image'));
      expect(new Set(images.filter(Boolean)).size).toBe(1);
    });
  });

  test('the restricted profile is enforced', async () => {
    const objects = await withOverlay(['per-node'], build);
    const lax = objects.map((object) => structuredClone(object));
    for (const { spec } of lax) {
      const pod = (spec as { template?: { spec: { securityContext?: object } } } | undefined)
        ?.template?.spec;
      if (pod) delete pod.securityContext;
    }
    const refused = startPods(lax);
    await expect(refused).rejects.toThrow(KubeError);
    await expect(refused).rejects.toThrow('violates PodSecurity');
  });

  test.each(['small', 'operator', 'large'])(
    'the example %s applies, and again',
    async (example) => {
      const folder = `manifests/examples/${example}`;
      await apply(cluster, folder);
      const again = await apply(cluster, folder);
      expect(again.length).toBeGreaterThan(BASE.length - 1);
      expect(await startPods(await build(folder))).toBe(1);
    },
  );

  test('all that goes together does: the patches of the network policy, shards asking DNS pods', async () => {
    const components = [
      'sharded',
      'dns-pods',
      'per-node',
      'dashboards',
      'prometheus-operator',
      'network-policy',
      'network-policy/node-local-dns',
      'network-policy/dns-port-5353',
      'network-policy/upstream-dns',
      'upstream-dns',
      'admission-policy',
      'admission-policy/deny',
    ];
    const objects = await withOverlay(components, async (folder) => {
      await apply(cluster, folder);
      return build(folder);
    });
    const policy = objects.find(({ kind }) => kind === 'NetworkPolicy');
    expect(policy?.spec).toMatchObject({ egress: { length: 5 } });
  });
});
