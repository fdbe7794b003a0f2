/**
 * Faults on the monitor's own path to cluster DNS. The monitor runs in a pod with routes and rules
 * that a test changes.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Sample, select, verdictsOf } from '../fixtures/samples.ts';
import {
  ClientPod,
  defaultZones,
  describePods,
  externalName,
  type PodCluster,
  startPodCluster,
  until,
} from '../lab/cluster/index.ts';
import { FROM_SOURCES, type Program } from '../lab/program.ts';
import { startMonitor, verdicts } from './monitor.ts';
import { said } from './said.ts';

const HEALTHY = '1 healthy none';
const FAILING = '0 cluster_dns_failing cluster_dns';
const SERVICES = {
  fine: 'www.example.test',
  other: 'db.other.test',
  hundred: 'hundred.example.test',
  dead: 'gone.example.test',
};
const USUAL = {
  'default/fine': HEALTHY,
  'default/other': HEALTHY,
  'default/hundred': HEALTHY,
  'default/dead': '0 target_nxdomain target',
};

let cluster: PodCluster;
let pod: ClientPod;
let monitor: Program;

const all = (words: string) => Object.fromEntries(Object.keys(USUAL).map((key) => [key, words]));

function exchanges(samples: readonly Sample[], outcome: string): number {
  const of = select(samples, 'externalname_exchanges_total', { outcome });
  return of.reduce((sum, { value }) => sum + value, 0);
}

describePods('the way from the monitor to cluster DNS', () => {
  beforeAll(async () => {
    const hundred = Array.from({ length: 100 }, (_, i) => `A 198.51.100.${i + 1}`);
    const zones = {
      ...defaultZones,
      'example.test': { ...defaultZones['example.test'], hundred },
    };
    cluster = await startPodCluster({ zones });
    for (const [name, target] of Object.entries(SERVICES))
      await cluster.kube.create(externalName(name, target));
    pod = await ClientPod.start(cluster);
    const args = [`--listen=${pod.ip}:0`];
    monitor = await startMonitor(
      { clusterDns: cluster.vip, kubeconfig: pod.kubeconfig },
      args,
      { POD_IPS: pod.ip },
      pod.command(FROM_SOURCES),
    );
    await verdicts(monitor, USUAL);
  }, 90_000);

  afterEach(async () => {
    await cluster.mend();
    expect(monitor.exitCode).toBe(null);
    await verdicts(monitor, USUAL);
  });

  afterAll(async () => {
    const status = await monitor?.stop();
    await pod?.[Symbol.asyncDispose]();
    await cluster?.stop();
    expect(status).toBe(0);
  });

  test.each([
    ['the route says unreachable', () => pod.route('unreachable', cluster.network.addresses.vip)],
    ['the route says prohibit', () => pod.route('prohibit', cluster.network.addresses.vip)],
    ['the route says blackhole', () => pod.route('blackhole', cluster.network.addresses.vip)],
    ['there is no route', () => pod.route('throw', cluster.network.addresses.vip)],
    ['the kernel refuses to send', () => pod.refuseToSend(cluster.network.addresses.vip)],
  ])('blames cluster DNS and goes on serving while %s', async (_how, breakIt) => {
    const before = exchanges(await monitor.samples(), 'unreachable');
    const mend = await breakIt();
    try {
      await verdicts(monitor, all(FAILING));
      expect((await monitor.get('/livez')).status).toBe(200);
      const now = await monitor.samples();
      expect(exchanges(now, 'unreachable')).toBeGreaterThan(before);
      const up = select(now, 'externalname_server_up', { server: cluster.vip });
      expect(up.map(({ value }) => value)).toEqual([0]);
    } finally {
      await mend();
    }
  });

  test('blames the way where TCP is blocked and an answer needs it', async () => {
    const unblock = await cluster.network.block({ client: pod.ip, transport: 'tcp' });
    await until('a failure of 100 addresses', async () => {
      return verdictsOf(await monitor.samples())['default/hundred'] !== HEALTHY;
    });
    for (const words of (await said(monitor, 4))['default/hundred'] ?? [])
      expect(words).toMatch(/^0 \w+ cluster_dns$/);
    expect(verdictsOf(await monitor.samples())).toMatchObject({ 'default/fine': HEALTHY });
    await unblock();
  });

  test('calls no Service bad where only queries with EDNS are dropped', async () => {
    for (const { dns } of cluster.pods) dns.inject({ edns: true, lose: 1 });
    const { 'default/dead': dead, ...others } = await said(monitor, 8);
    expect(others).toEqual({
      'default/fine': [HEALTHY],
      'default/other': [HEALTHY],
      'default/hundred': [HEALTHY],
    });
    expect(dead).toEqual([USUAL['default/dead']]);
    const findings = select(await monitor.samples(), 'externalname_finding');
    expect(findings.filter(({ labels }) => labels.level !== 'info')).toEqual([]);
  });
});

describePods('one of two pods of cluster DNS that is silent, and is not looked for', () => {
  const NAMES = Array.from({ length: 9 }, (_, i) => i);
  const DEAD = '0 target_nxdomain target';

  beforeAll(async () => {
    cluster = await startPodCluster();
    for (const i of NAMES) {
      await cluster.kube.create(externalName(`fine-${i}`, 'www.example.test'));
      await cluster.kube.create(externalName(`dead-${i}`, `gone-${i}.example.test`));
    }
    // A sixth of the defaults: 30 s, 5 s.
    const pace = ['--interval=5s', '--timeout=833ms', '--attempts=2'];
    monitor = await startMonitor(cluster, pace);
    const usual = NAMES.flatMap((i) => [
      [`default/fine-${i}`, HEALTHY],
      [`default/dead-${i}`, DEAD],
    ]);
    await verdicts(monitor, Object.fromEntries(usual));
  }, 90_000);

  afterAll(async () => {
    const status = await monitor?.stop();
    await cluster?.stop();
    expect(status).toBe(0);
  });

  test('changes no verdict of a Service that fails, and takes none down', async () => {
    const [, silent] = cluster.pods;
    await cluster.network.block({ pod: silent?.ip ?? '' });
    const words = await said(monitor, 8);
    for (const i of NAMES) {
      expect([i, words[`default/dead-${i}`]]).toEqual([i, [DEAD]]);
      const of = words[`default/fine-${i}`] ?? [];
      expect([i, of.filter((one) => !one.startsWith('1 '))]).toEqual([i, []]);
    }
  });
});
