/** The monitor with its own ServiceAccount and exactly the permissions in the manifests. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { select, verdictsOf } from '../fixtures/samples.ts';
import {
  type Cluster,
  describeE2e,
  describePods,
  externalName,
  type Kube,
  KubeError,
  type PodCluster,
  startCluster,
  startPodCluster,
  until,
} from '../lab/cluster/index.ts';
import type { Program } from '../lab/program.ts';
import { apply, withOverlay } from './kubectl.ts';
import { startMonitor } from './monitor.ts';

const NAME = 'externalname-monitor';
const SLICES = '/apis/discovery.k8s.io/v1';

/** Starts the monitor with a token of that account, and with no other permissions. */
async function startAsItself(cluster: Cluster, args: readonly string[] = []): Promise<Program> {
  const token = await cluster.kube.token(NAME, NAME);
  const kubeconfig = await cluster.api.kubeconfig({ token, link: cluster.apiLink });
  return startMonitor(cluster, [`--kubeconfig=${kubeconfig}`, ...args]);
}

async function statusOf(kube: Kube, method: string, path: string, body?: object): Promise<number> {
  try {
    await kube.request(method, path, body);
    return 200;
  } catch (error) {
    if (error instanceof KubeError) return error.status;
    throw error;
  }
}

describeE2e('the monitor with the token of its own account', () => {
  let cluster: Cluster;
  let itself: Kube;

  beforeAll(async () => {
    cluster = await startCluster();
    await apply(cluster, 'manifests/base');
    await cluster.kube.create(externalName('db', 'www.example.test'));
    itself = await cluster.api.client({ token: await cluster.kube.token(NAME, NAME) });
  });
  afterAll(async () => {
    itself?.close();
    await cluster?.stop();
  });

  test('does its whole job: verdicts of all namespaces, edits, deletions, the return of the API server', async () => {
    const monitor = await startAsItself(cluster);
    const says = (expected: Readonly<Record<string, string>>) =>
      until(
        'the verdicts',
        async () => {
          const said = verdictsOf(await monitor.samples());
          expect(said).toEqual(expected);
          return true;
        },
        { deadlineMs: 30_000 },
      );
    try {
      await says({ 'default/db': '1 healthy none' });
      await cluster.kube.create(externalName('dangling', 'gone.example.test', NAME));
      await says({
        'default/db': '1 healthy none',
        [`${NAME}/dangling`]: '0 target_nxdomain target',
      });
      // An API server that has just started refuses every client for a moment, because its rules
      // are not loaded yet.
      expect(monitor.stdout).not.toContain('forbidden');
      await cluster.api.stop();
      await cluster.api.start();
      await cluster.kube.delete(externalName('dangling', '', NAME));
      await says({ 'default/db': '1 healthy none' });
    } finally {
      expect(await monitor.stop()).toBe(0);
    }
  });

  const service = '/api/v1/namespaces/default/services';
  const object = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'new' },
    spec: { ports: [{ port: 80 }] },
  };

  test.each([
    ['GET', '/api/v1/services?limit=1'],
    // A watch of no object, because a stream of events is not JSON.
    ['GET', '/api/v1/services?watch=true&timeoutSeconds=1&fieldSelector=metadata.name=none'],
    ['GET', `${service}?limit=1`],
  ])('may %s %s', async (method, path) => {
    expect(await statusOf(itself, method, path)).toBe(200);
  });

  test.each([
    ['GET', `${service}/db`],
    ['GET', `${service}/db/status`],
    ['GET', `${service}/db/proxy`],
    ['POST', service],
    ['PUT', `${service}/db`],
    ['DELETE', `${service}/db`],
    ['DELETE', service],
    ['GET', '/api/v1/pods'],
    ['GET', '/api/v1/nodes'],
    ['GET', '/api/v1/namespaces'],
    ['GET', '/api/v1/secrets'],
    ['GET', '/api/v1/configmaps'],
    ['GET', '/api/v1/events'],
    ['GET', '/api/v1/endpoints'],
    ['GET', `${SLICES}/endpointslices`],
    ['GET', `${SLICES}/namespaces/kube-system/endpointslices`],
    ['GET', `/api/v1/namespaces/${NAME}/configmaps`],
    ['POST', `/api/v1/namespaces/${NAME}/pods`],
    ['POST', `/api/v1/namespaces/${NAME}/events`],
    ['POST', `/api/v1/namespaces/${NAME}/serviceaccounts/${NAME}/token`],
    ['GET', '/apis/apps/v1/deployments'],
    ['GET', '/apis/coordination.k8s.io/v1/leases'],
    ['GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles'],
    ['GET', '/metrics'],
  ])('may not %s %s', async (method, path) => {
    expect(await statusOf(itself, method, path, method.startsWith('P') ? object : undefined)).toBe(
      403,
    );
  });
});

describePods('the monitor with the token of its own account, and the component dns-pods', () => {
  let cluster: PodCluster;

  beforeAll(async () => {
    cluster = await startPodCluster();
    await withOverlay(['dns-pods'], (folder) => apply(cluster, folder));
    await cluster.kube.create(externalName('db', 'www.example.test'));
  });
  afterAll(() => cluster?.stop());

  test('finds the pods of cluster DNS, and asks each', async () => {
    const monitor = await startAsItself(cluster, ['--discover-dns-pods']);
    try {
      const expected = [cluster.vip, ...cluster.pods.map(({ address }) => address)].sort();
      await until(
        'each server to be up',
        async () => {
          const samples = await monitor.samples();
          const up = select(samples, 'externalname_server_up', {}).filter(
            ({ value }) => value === 1,
          );
          expect(up.map(({ labels }) => labels.server).sort()).toEqual(expected);
          return verdictsOf(samples)['default/db'] === '1 healthy none';
        },
        { deadlineMs: 30_000 },
      );
    } finally {
      expect(await monitor.stop()).toBe(0);
    }
  });

  describe('may read EndpointSlices of kube-system, and no others', () => {
    test.each([
      ['GET', '/namespaces/kube-system/endpointslices', 200],
      ['GET', '/namespaces/kube-system/endpointslices?watch=true&timeoutSeconds=1', 200],
      ['GET', '/namespaces/default/endpointslices', 403],
      ['GET', '/endpointslices', 403],
      ['DELETE', '/namespaces/kube-system/endpointslices', 403],
    ])('%s %s: %s', async (method, path, status) => {
      const itself = await cluster.api.client({ token: await cluster.kube.token(NAME, NAME) });
      expect(await statusOf(itself, method, SLICES + path)).toBe(status);
      itself.close();
    });
  });
});
