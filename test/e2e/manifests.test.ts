import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asset } from '../cluster/assets.ts';
import { type Cluster, describeE2e, KubeError, namespace, startCluster } from '../cluster/index.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const NAME = 'externalname-monitor';

interface PodTemplate {
  metadata: { labels: Record<string, string>; annotations: Record<string, string> };
  spec: { containers: { securityContext: object }[] };
}

describeE2e('manifests/base, on a real API server', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster();
    await apply();
  });
  afterAll(() => cluster?.stop());

  /** Not the synchronous kind: its way to the API server is a link in this very process. */
  async function apply(): Promise<string[]> {
    const config = `--kubeconfig=${cluster.kubeconfig}`;
    const args = [config, 'apply', '--server-side', '-k', 'manifests/base'];
    const { stdout } = await run(asset('kubectl'), args, { cwd: ROOT });
    return stdout.trim().split('\n').sort();
  }

  async function template(): Promise<PodTemplate> {
    const deployment = await cluster.kube.get({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: NAME, namespace: NAME },
    });
    return (deployment.spec as { template: PodTemplate }).template;
  }

  /** The harness has no controllers: the test does what the ReplicaSet's would. */
  async function createPod(name: string, { metadata, spec }: PodTemplate): Promise<void> {
    await cluster.kube.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, name, namespace: NAME },
      spec,
    });
  }

  test('applies to a bare cluster, and again', async () => {
    expect(await apply()).toEqual([
      `clusterrole.rbac.authorization.k8s.io/${NAME} serverside-applied`,
      `clusterrolebinding.rbac.authorization.k8s.io/${NAME} serverside-applied`,
      `deployment.apps/${NAME} serverside-applied`,
      `namespace/${NAME} serverside-applied`,
      `service/${NAME} serverside-applied`,
      `serviceaccount/${NAME} serverside-applied`,
    ]);
  });

  test('a namespace that enforces the restricted profile takes the pod, and would refuse a laxer one', async () => {
    const enforced = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await cluster.kube.patch(namespace(NAME), { metadata: { labels: enforced } });
    const { metadata, spec } = await template();
    await createPod('as-it-is', { metadata, spec });

    const containers = spec.containers.map((each) => ({ ...each, securityContext: {} }));
    const lax = createPod('lax', { metadata, spec: { ...spec, containers } });
    await expect(lax).rejects.toThrow(KubeError);
    await expect(lax).rejects.toThrow('violates PodSecurity');
  });
});
