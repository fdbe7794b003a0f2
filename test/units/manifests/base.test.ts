import { describe, expect, test } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { at, readResources, readText, readYaml } from '../../fixtures/yaml.ts';

const kustomization = readYaml('manifests/base/kustomization.yaml');
const resources = readResources('manifests/base');
const template = at(resources.Deployment, 'spec.template');
const pod = at(template, 'spec');
const container = at(pod, 'containers.0');

describe('rights', () => {
  test('the role may list and watch Services, and nothing else', () => {
    expect(at(resources.ClusterRole, 'rules')).toEqual([
      { apiGroups: [''], resources: ['services'], verbs: ['list', 'watch'] },
    ]);
  });

  test('the role is bound to the ServiceAccount that the pod runs as', () => {
    const account = at(resources.ServiceAccount, 'metadata.name');
    expect(resources.ClusterRoleBinding).toMatchObject({
      roleRef: { kind: 'ClusterRole', name: at(resources.ClusterRole, 'metadata.name') },
    });
    // Without a namespace: kustomize writes that of the account, also where an overlay sets another one.
    expect(at(resources.ClusterRoleBinding, 'subjects')).toEqual([
      { kind: 'ServiceAccount', name: account },
    ]);
    expect(at(pod, 'serviceAccountName')).toBe(account);
  });

  test('the token is mounted where the pod asks for it, not wherever the account is used', () => {
    expect(at(resources.ServiceAccount, 'automountServiceAccountToken')).toBe(false);
    expect(at(pod, 'automountServiceAccountToken')).toBe(true);
  });
});

describe('security context: the restricted profile, and a read-only root', () => {
  test('of the pod', () => {
    expect(at(pod, 'securityContext')).toEqual({
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    for (const shared of ['hostNetwork', 'hostPID', 'hostIPC', 'volumes', 'initContainers']) {
      expect(at(pod, shared), shared).toBeUndefined();
    }
  });

  test('of its one container', () => {
    expect(at(pod, 'containers')).toHaveLength(1);
    expect(at(container, 'securityContext')).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('the image runs as the same user', () => {
    expect(readText('Dockerfile')).toMatch(/^USER 65532:65532$/m);
  });
});

describe('labels', () => {
  const selector = {
    'app.kubernetes.io/name': 'externalname-monitor',
    'app.kubernetes.io/instance': 'externalname-monitor',
  };

  test('selectors are on name and instance only, which the pods have', () => {
    expect(at(resources.Deployment, 'spec.selector')).toEqual({ matchLabels: selector });
    expect(at(resources.Service, 'spec.selector')).toEqual(selector);
    expect(at(template, 'metadata.labels')).toMatchObject(selector);
  });

  test('what kustomize adds keeps out of selectors', () => {
    expect(at(kustomization, 'labels.0')).toMatchObject({ pairs: selector });
    expect(at(kustomization, 'labels.0')).not.toHaveProperty('includeSelectors');
    expect(kustomization).not.toHaveProperty('commonLabels');
  });

  test('meshes leave the pod alone', () => {
    expect(at(template, 'metadata')).toMatchObject({
      labels: { 'sidecar.istio.io/inject': 'false', 'istio.io/dataplane-mode': 'none' },
      annotations: { 'linkerd.io/inject': 'disabled' },
    });
  });
});

describe('running', () => {
  test('a rollout keeps one pod serving until the next has a verdict on every Service', () => {
    expect(at(resources.Deployment, 'spec')).toMatchObject({
      replicas: 1,
      strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      minReadySeconds: 60,
    });
  });

  test('memory is requested and limited; the processor is not throttled', () => {
    expect(at(container, 'resources')).toEqual({
      requests: { cpu: expect.any(String), memory: expect.any(String) },
      limits: { memory: expect.any(String) },
    });
  });

  test('the pod knows its name, namespace and addresses', () => {
    const field = (name: string, fieldPath: string) => ({
      name,
      valueFrom: { fieldRef: { fieldPath } },
    });
    expect(at(container, 'env')).toEqual([
      field('POD_NAME', 'metadata.name'),
      field('POD_NAMESPACE', 'metadata.namespace'),
      field('POD_IPS', 'status.podIPs'),
    ]);
  });

  test('one port, by one name, from the image to the Service and the probes', () => {
    expect(readText('Dockerfile')).toMatch(/^EXPOSE 9953$/m);
    expect(at(container, 'ports')).toEqual([{ name: 'metrics', containerPort: 9953 }]);
    expect(at(resources.Service, 'spec.ports')).toEqual([
      { name: 'metrics', port: 9953, targetPort: 'metrics' },
    ]);
    expect(at(resources.Service, 'metadata.annotations')).toMatchObject({
      'prometheus.io/port': '9953',
    });
    expect(container).toMatchObject({
      livenessProbe: { httpGet: { path: '/livez', port: 'metrics' } },
      readinessProbe: { httpGet: { path: '/readyz', port: 'metrics' } },
    });
  });

  test('image and label are of the version that package.json states', () => {
    expect(at(kustomization, 'images.0')).toMatchObject({
      name: at(container, 'image'),
      newTag: packageJson.version,
    });
    expect(at(kustomization, 'labels.0.pairs')).toMatchObject({
      'app.kubernetes.io/version': packageJson.version,
    });
  });
});
