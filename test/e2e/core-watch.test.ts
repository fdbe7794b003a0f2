/**
 * Effects of the API server on the watch, and options and annotations that control how many
 * Services are probed and how often.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { select, verdictsOf } from '../fixtures/samples.ts';
import { ApiProxy } from '../lab/cluster/api-proxy.ts';
import {
  type Cluster,
  describeE2e,
  externalName,
  startCluster,
  until,
} from '../lab/cluster/index.ts';
import type { Program } from '../lab/program.ts';
import { createAll, crowd, tally, zonesFor } from './crowd.ts';
import { startMonitor } from './monitor.ts';

const HEALTHY = '1 healthy none';
const SERVICES = crowd(300, 'watch.test');
const edited = (name: string) => externalName(name);

describeE2e('the watch', () => {
  let cluster: Cluster;
  let proxy: ApiProxy;
  let monitor: Program | undefined;

  beforeEach(async () => {
    cluster = await startCluster({ zones: zonesFor(SERVICES), ttl: 300, upstreamCacheTtl: 300 });
    proxy = await ApiProxy.start(cluster.kubeconfig);
  });
  afterEach(async () => {
    const status = await monitor?.stop();
    await proxy[Symbol.asyncDispose]();
    await cluster.stop();
    expect(status).toBe(0);
  });

  const start = async (...args: string[]): Promise<Program> => {
    monitor = await startMonitor({ ...cluster, kubeconfig: proxy.kubeconfig }, args);
    return monitor;
  };

  const namesOf = async (of: Program): Promise<string[]> =>
    Object.keys(verdictsOf(await of.samples())).sort();

  test('says that cluster DNS is stale for 300 Services, though a list takes a fifth of an interval', async () => {
    // A third of the defaults, and of 6 s.
    proxy.fault = { delayMs: 2_000 };
    await createAll(cluster.kube, 'default', SERVICES);
    const pace = ['--interval=10s', '--convergence-deadline=10s', '--service-histograms=false'];
    const watching = await start(...pace);
    const are = (words: string) => async () =>
      (await tally(watching)).get(words as typeof HEALTHY) === 300;
    await until('healthy', are(HEALTHY), { deadlineMs: 40_000, everyMs: 250 });
    const { lists, abortedLists } = proxy.counts;
    cluster.dns.apiLink.cutOff();
    const names = Object.keys(SERVICES).values();
    const lane = async () => {
      for (const name of names)
        await cluster.kube.patch(edited(name), { spec: { externalName: 'www-0.d0-watch.test' } });
    };
    await Promise.all(Array.from({ length: 20 }, lane));
    // Services that had this target before the edits are not stale.
    const stale = async () =>
      ((await tally(watching)).get('1 alias_mismatch cluster_dns') ?? 0) >= 299;
    await until('stale', stale, { deadlineMs: 45_000, everyMs: 250 });
    expect(proxy.counts.abortedLists).toBe(abortedLists);
    expect(proxy.counts.lists - lists).toBeLessThan(10);
  });

  test('goes on while lists are refused and a Service is doubted', async () => {
    await cluster.kube.create(externalName('doubted', 'www-1.d0-watch.test'));
    await cluster.kube.create(externalName('fine', 'www-2.d0-watch.test'));
    const watching = await start('--convergence-deadline=2s');
    const is = (key: string, words: string) => async () =>
      verdictsOf(await watching.samples())[key] === words;
    await until('healthy', is('default/doubted', HEALTHY));
    const { watches } = proxy.counts;
    proxy.fault = { status: 429 };
    cluster.dns.apiLink.cutOff();
    await cluster.kube.patch(edited('doubted'), { spec: { externalName: 'www-3.d0-watch.test' } });
    const { lists } = proxy.counts;
    await until('that it is doubted', () => proxy.counts.lists > lists, { deadlineMs: 20_000 });
    await cluster.kube.create(externalName('new', 'www-4.d0-watch.test'));
    const isSeen = async () => (await namesOf(watching)).includes('default/new');
    await until('the new one', isSeen, { deadlineMs: 5_000 });
    // By then, requested lists would have ended the watch a few times.
    await sleep(8_000);
    await cluster.kube.create(externalName('newer', 'www-4.d0-watch.test'));
    const isSeenToo = async () => (await namesOf(watching)).includes('default/newer');
    await until('the newer one', isSeenToo, { deadlineMs: 5_000 });
    expect(proxy.counts.watches).toBe(watches);
    proxy.fault = {};
    const mismatch = is('default/doubted', '1 alias_mismatch cluster_dns');
    await until('the verdict', mismatch, { deadlineMs: 60_000 });
  });

  test('keeps nothing of Services beyond its limit that go together', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      await cluster.kube.create(externalName(name, 'www-1.d0-watch.test'));
    const watching = await start('--max-services=2');
    const two = async () => (await namesOf(watching)).length === 2;
    await until('two', two);
    // One list finds the changes of that time.
    await cluster.apiLink.refuse();
    for (const name of ['a', 'b', 'c', 'd']) await cluster.kube.delete(externalName(name));
    await cluster.apiLink.restore();
    proxy.expire();
    const rest = async () => {
      const samples = await watching.samples();
      const dropped = select(samples, 'externalname_services_dropped');
      const left = dropped.reduce((sum, { value }) => sum + value, 0);
      return left === 0 && JSON.stringify(verdictsOf(samples)) === `{"default/e":"${HEALTHY}"}`;
    };
    await until('that one is left', rest, { deadlineMs: 20_000 });
  });

  test('lets no tenant raise the pace of a vantage point above the operator’s', async () => {
    const annotations = { 'externalname-monitor/interval': '5s' };
    for (let i = 0; i < 100; i++) {
      const service = externalName(`often-${i}`, 'www-1.d0-watch.test');
      await cluster.kube.create({ ...service, metadata: { ...service.metadata, annotations } });
    }
    const watching = await start('--hops=app', '--interval=5m');
    await until('the list', async () => (await watching.get('/readyz')).status === 200);
    const before = cluster.dns.seen.length;
    await sleep(15_000);
    const asked = cluster.dns.seen.slice(before).filter(({ name }) => name.startsWith('often-'));
    // 100 Services in 5 min are 5 in 15 s, with two queries each; 300 at 5 s.
    expect(asked.length).toBeLessThan(40);
  });
});
