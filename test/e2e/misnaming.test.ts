/**
 * Mistakes in names, and names that shadow others, on a real API server and a CoreDNS with a
 * cluster domain other than cluster.local.
 */
import { expect, test } from 'vitest';
import {
  ask,
  describeE2e,
  externalName,
  type KubeObject,
  namespace,
} from '../lab/cluster/index.ts';
import { monitored } from './monitor.ts';

const DOMAIN = 'k8s.corp';
const REDIS = `redis.shop.svc.${DOMAIN}`;
const POD = `web-0.web.shop.svc.${DOMAIN}`;

/** In the namespace shop: the target, and its findings of level warning or higher. */
const SERVICES: Readonly<Record<string, readonly [target: string, ...reported: string[]]>> = {
  // The most frequently reported mistake.
  'other-domain': ['redis.shop.svc.cluster.local', `wrong_cluster_domain: ${REDIS}`],
  'cut-off': ['redis.shop.svc.k8s', `wrong_cluster_domain: ${REDIS}`],
  'without-svc': [`redis.shop.${DOMAIN}`, `incomplete_cluster_name: ${REDIS}`],
  'without-namespace': [`redis.svc.${DOMAIN}`, `incomplete_cluster_name: ${REDIS}`],
  'not-there': [
    'gone.shop.svc.cluster.local',
    `wrong_cluster_domain: the cluster domain is ${DOMAIN}`,
  ],
  pod: ['web-0', `unqualified_target: ${POD}`],
  'pod-and-service': ['web-0.web', `unqualified_target: ${POD}`],
  'pod-and-namespace': ['web-0.web.shop', `unqualified_target: ${POD}`],
  itself: ['itself', 'unqualified_target: '],
  'not-an-address': ['10.0.0.256', 'ip_like_target: 10.0.0.256'],
  'half-an-address': ['10.20.30', 'ip_like_target: 10.20.30: some programs read it as 10.20.0.30'],
  'cluster-set': ['redis.shop.svc.clusterset.local', `wrong_cluster_domain: ${REDIS}`],
  right: [REDIS],
  gone: ['gone.other.test'],
};
const VERDICTS: Readonly<Record<string, string>> = {
  itself: '0 target_nxdomain target',
  right: '1 healthy none',
  gone: '0 target_nxdomain target',
};

describeE2e('mistakes in names', () => {
  const m = monitored(
    async ({ kube }) => {
      for (const name of ['shop', 'com']) await kube.create(namespace(name));
      await kube.create(service('redis', { ports: [{ port: 6379 }] }));
      await kube.create(service('web', { clusterIP: 'None', ports: [{ port: 80 }] }));
      await kube.create(podOf('web', 'web-0', '10.244.0.7'));
      for (const [name, [target]] of Object.entries(SERVICES))
        await kube.create(externalName(name, target, 'shop'));
      await kube.create(externalName('yahoo', 'www.example.test', 'com'));
    },
    [`--cluster-domain=${DOMAIN}`, '--interval=2s'],
    { coredns: { clusterDomain: DOMAIN } },
  );

  test('are invalid targets, with the name that was meant if it exists', async () => {
    const expected = Object.keys(SERVICES).map((name) => [
      `shop/${name}`,
      VERDICTS[name] ?? '0 invalid_target config',
    ]);
    await m.verdicts({ ...Object.fromEntries(expected), 'com/yahoo': '1 healthy none' });
    for (const [name, [, ...reported]] of Object.entries(SERVICES))
      expect([name, ...(await found(`shop/${name}`))]).toEqual([name, ...reported]);
  });

  test('of which one is a Service that pods get for a public name', async () => {
    // The lookup of yahoo.com by a pod of any namespace, in its second search domain.
    const { answers } = await ask(m.cluster.dns.address, `yahoo.com.svc.${DOMAIN}`, 'A');
    expect(JSON.stringify(answers)).toContain('www.example.test');
    expect(await found('com/yahoo')).toEqual([
      'shadows_public_name: pods that ask for yahoo.com get it',
    ]);
  });

  async function found(service: string): Promise<string[]> {
    const { text } = await m.monitor.get(`/api/v1/services/${service}`);
    const { findings } = JSON.parse(text) as {
      findings: { rule: string; level: string; detail?: string }[];
    };
    return findings
      .filter(({ level }) => level !== 'info')
      .map(({ rule, detail = '' }) => `${rule}: ${detail}`);
  }
});

function service(name: string, spec: object): KubeObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'shop' }, spec };
}

/** A pod of a StatefulSet in the EndpointSlice of its Service. */
function podOf(service: string, hostname: string, address: string): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${service}-1`,
      namespace: 'shop',
      labels: { 'kubernetes.io/service-name': service },
    },
    addressType: 'IPv4',
    ports: [{ name: '', port: 80, protocol: 'TCP' }],
    endpoints: [{ addresses: [address], hostname, conditions: { ready: true } }],
  };
}
