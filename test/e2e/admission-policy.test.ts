/** The component `admission-policy` on a real API server, which evaluates it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Cluster,
  describeE2e,
  externalName,
  type KubeObject,
  namespace,
  startCluster,
  until,
} from '../lab/cluster/index.ts';
import { apply, kubectl, type Printed, withOverlay } from './kubectl.ts';

const NAME = 'externalname-policy';
const PARAMETERS = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: NAME, namespace: 'externalname-monitor' },
};

describeE2e('the admission policy, on a real API server', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster();
    for (const name of ['shop', 'sandbox', 'com', 'svc', 'local'])
      await cluster.kube.create(namespace(name));
    await cluster.kube.create(externalName('before', 'localhost', 'shop'));
    await withOverlay(['admission-policy'], (folder) => apply(cluster, folder));
    await until('the policy to count', async () => (await tried('localhost')).stderr !== '');
  });
  afterAll(() => cluster?.stop());

  /** The result of creating such a Service as a dry run. */
  function tried(target: string, where = 'shop'): Promise<Printed> {
    return create(externalName('tried', target, where), '--dry-run=server');
  }

  function create(object: KubeObject, ...args: readonly string[]): Promise<Printed> {
    return kubectl(cluster, ['create', '-f-', ...args], JSON.stringify(object));
  }

  /**
   * Sets other parameters, and waits until they apply: the message of a refusal contains the list.
   */
  async function parameters(data: Readonly<Record<string, string>>): Promise<void> {
    await cluster.kube.replace({ ...PARAMETERS, data });
    // The policy reads its parameters from a cache of the API server, which a watch fills.
    const suffixes = data['allowed-suffixes']?.split(/[\s,]+/) ?? [];
    const [newest = ''] =
      suffixes.length > 10 ? [`${suffixes.length} domains`] : suffixes.slice(-1);
    const isSeen = async (): Promise<boolean> => (await tried('evil.test')).stderr.includes(newest);
    await until('the parameters to count', isSeen);
  }

  describe('warns, and refuses nothing', () => {
    test.each([
      ['192.0.2.1', 'must be a DNS name, not an IP address'],
      ['127.1', 'must be a DNS name, not an IP address'],
      ['0x7f000001', 'must be a DNS name, not an IP address'],
      ['169-254-169-254.shop.pod.cluster.local', 'must be a DNS name, not an IP address'],
      ['localhost', 'must not be the pod itself'],
      ['localhost.', 'must not be the pod itself'],
      ['db.localhost', 'must not be the pod itself'],
      ['db.other.svc.cluster.local', 'must not lead into another namespace'],
      ['db.other.svc.cluster.local.', 'must not lead into another namespace'],
      ['db.other.svc', 'must not lead into another namespace'],
      ['pod-0.db.other.svc.cluster.local', 'must not lead into another namespace'],
      ['10-0-0-1.default.pod', 'must be a DNS name, not an IP address'],
      ['10.20.30', 'must be a DNS name, not an IP address'],
      ['ip6-localhost', 'must not be the pod itself'],
      ['metadata.google.internal', 'must not be the metadata service of a cloud'],
      ['instance-data.eu-west-1.compute.internal', 'must not be the metadata service of a cloud'],
      // In another namespace with a similar ending of its name.
      ['db.myshop.svc.cluster.local', 'must not lead into another namespace'],
    ])('of %s: it %s', async (target, why) => {
      const { status, stderr } = await tried(target);
      expect(status).toBe(0);
      expect(stderr).toContain('Warning: Validation failed for ValidatingAdmissionPolicy');
      expect(stderr).toContain(`spec.externalName ${why}`);
      expect(stderr).toContain(`got "${target}"`);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    });

    test.each([
      'db.example.com',
      'db.example.com.',
      'mylocalhost',
      'localhost.example.com',
      'metadata.example.com',
      'db.google.internal',
      'mypod',
      '10.example.com',
      '0xcafe.example.com',
      'db.shop.svc.cluster.local',
      'pod-0.db.shop.svc.cluster.local',
      'db.other.svc.example.com',
    ])('not of %s', async (target) => {
      expect(await tried(target)).toMatchObject({ status: 0, stderr: '' });
    });
  });

  test.each([
    ['yahoo', 'com'],
    ['redis', 'svc'],
    ['redis', 'local'],
    ['wpad', 'shop'],
  ])('warns of the name %s in the namespace %s', async (name, where) => {
    const object = externalName(name, 'db.example.com', where);
    const { status, stderr } = await create(object, '--dry-run=server');
    expect(status).toBe(0);
    expect(stderr).toContain(
      `must not take a name that pods look up for another purpose, got "${name}" in namespace "${where}"`,
    );
  });

  describe('allowed suffixes', () => {
    beforeAll(() =>
      parameters({
        'allowed-suffixes': 'Example.COM. example.org,shared.svc.cluster.local\ncluster.example',
        'exempt-namespaces': 'sandbox',
        'cluster-domain': 'cluster.local',
      }),
    );

    test.each([
      ['example.com'],
      ['db.example.com'],
      ['db.example.com.'],
      ['a.b.example.org'],
      ['cluster.example'],
      ['db.shared.svc.cluster.local'],
    ])('allow %s', async (target) => {
      expect(await tried(target)).toMatchObject({ status: 0, stderr: '' });
    });

    test.each([
      ['evilexample.com'],
      ['example.com.evil.test'],
      ['com'],
      ['db.shop.svc.cluster.local'],
    ])('do not allow %s', async (target) => {
      const { stderr } = await tried(target);
      expect(stderr).toContain(
        `must be below one of example.com, example.org, shared.svc.cluster.local, cluster.example, got "${target}"`,
      );
    });

    test('do not allow what is denied, and a namespace only by its own name', async () => {
      expect((await tried('db.unshared.svc.cluster.local')).stderr).toContain('another namespace');
      expect((await tried('localhost')).stderr).toContain('the pod itself');
    });

    test.each(['localhost', '192.0.2.1', 'db.shop.svc.cluster.local', 'evil.test'])(
      'do not count in an exempt namespace: %s',
      async (target) => {
        expect(await tried(target, 'sandbox')).toMatchObject({ status: 0, stderr: '' });
      },
    );

    test('may be as many as a ConfigMap holds, and cost little', async () => {
      const many = Array.from({ length: 40_000 }, (_, i) => `team-${i}.example.com`);
      await parameters({ 'allowed-suffixes': many.join('\n') });
      const start = performance.now();
      expect((await tried('db.team-39999.example.com')).stderr).toBe('');
      expect((await tried('db.team-40000.example.com')).stderr).toContain('must be below');
      // With a macro over all of them it was more than 15 s.
      expect(performance.now() - start).toBeLessThan(5_000);
    });

    test('allow a name of many labels', async () => {
      await parameters({ 'allowed-suffixes': 'example.com' });
      expect((await tried(`${'a.'.repeat(100)}example.com`)).stderr).toBe('');
      expect((await tried(`${'a.'.repeat(100)}example.org`)).stderr).toContain('must be below');
    });

    test('that name the whole zone still lead into no other namespace', async () => {
      await parameters({
        'allowed-suffixes': 'svc.cluster.local, last.example',
        'cluster-domain': 'cluster.local',
      });
      expect((await tried('db.shop.svc.cluster.local')).stderr).toBe('');
      expect((await tried('db.other.svc.cluster.local')).stderr).toContain('another namespace');
    });
  });

  describe('with `deny`', () => {
    beforeAll(async () => {
      const components = ['admission-policy', 'admission-policy/deny'];
      await withOverlay(components, async (folder) => {
        // Another field manager has written the parameters since.
        await cluster.kube.delete(PARAMETERS);
        await apply(cluster, folder);
      });
      await until('the refusal', async () => (await tried('localhost')).status !== 0);
    });

    test('refuses, and names the value', async () => {
      const { status, stderr } = await create(externalName('new', '192.0.2.1', 'shop'));
      expect(status).toBe(1);
      expect(stderr).toContain("ValidatingAdmissionPolicy 'externalname-policy'");
      expect(stderr).toContain(
        'denied request: spec.externalName must be a DNS name, not an IP address, got "192.0.2.1"',
      );
      expect(await create(externalName('new', 'db.example.com', 'shop'))).toMatchObject({
        status: 0,
        stderr: '',
      });
    });

    test('leaves an old target alone on an unrelated edit, and not on one to another bad target', async () => {
      const before = externalName('before', '', 'shop');
      await cluster.kube.patch(before, { metadata: { labels: { team: 'shop' } } });
      await cluster.kube.patch(before, { spec: { ports: [{ port: 80 }] } });
      await expect(
        cluster.kube.patch(before, { spec: { externalName: 'db.localhost' } }),
      ).rejects.toThrow('got \\"db.localhost\\"');
      await cluster.kube.patch(before, { spec: { externalName: 'db.example.com' } });
    });

    test('refuses a Service that is retyped', async () => {
      const retyped = { ...externalName('retyped', '', 'shop'), spec: { ports: [{ port: 80 }] } };
      await cluster.kube.create(retyped);
      const spec = {
        type: 'ExternalName',
        externalName: 'localhost',
        clusterIP: null,
        clusterIPs: null,
      };
      await expect(cluster.kube.patch(retyped, { spec })).rejects.toThrow('the pod itself');
    });

    test('without its parameters is no obstacle to anybody', async () => {
      await cluster.kube.delete(PARAMETERS);
      await until('the loss', async () => (await tried('localhost')).status === 0);
      const other = { ...externalName('other', '', 'shop'), spec: { ports: [{ port: 80 }] } };
      await cluster.kube.create(other);
      await cluster.kube.create(externalName('unchecked', 'localhost', 'shop'));
    });

    test('with empty parameters still refuses what needs none', async () => {
      await cluster.kube.create(PARAMETERS);
      await until('the return', async () => (await tried('localhost')).status !== 0);
      expect((await tried('192.0.2.1')).status).toBe(1);
      expect((await tried('db.other.svc')).status).toBe(1);
      expect((await tried('db.example.com')).status).toBe(0);
    });
  });
});
