/**
 * `--discover-dns-pods` on a cluster with DNS pods that have their own addresses, behind a cluster
 * IP.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { select, verdictsOf } from '../fixtures/samples.ts';
import {
  describePods,
  externalName,
  type Pod,
  type PodCluster,
  startPodCluster,
  until,
} from '../lab/cluster/index.ts';
import type { Program } from '../lab/program.ts';
import { startMonitor } from './monitor.ts';

const NAMES = Array.from({ length: 8 }, (_, i) => `s${i}`);
const HEALTHY = '1 healthy none';
const DEGRADED = '1 degraded cluster_dns';

let cluster: PodCluster;
let monitor: Program;

function bad(): Pod {
  const pod = cluster.pods[1];
  if (!pod) throw new Error(`Cannot break the second pod: got ${cluster.pods.length} pods`);
  return pod;
}

/** Waits until only `words` are reported for these; returns all words reported until then. */
async function untilAll(words: string, names: readonly string[] = NAMES): Promise<Set<string>> {
  const said = new Set<string>();
  const isThere = async () => {
    const verdicts = verdictsOf(await monitor.samples());
    const now = names.map((name) => verdicts[`default/${name}`] ?? 'nothing');
    for (const one of now) said.add(one);
    return now.every((one) => one === words);
  };
  await until(`${words} of all`, isThere, { deadlineMs: 60_000 }).catch(() => {
    expect([...said]).toEqual([words]);
  });
  return said;
}

/** All words that are reported within this many rounds of a Service. */
async function said(rounds: number): Promise<Set<string>> {
  const words = new Set<string>();
  const count = async () => {
    const samples = await monitor.samples();
    for (const one of Object.values(verdictsOf(samples))) words.add(one);
    const of = select(samples, 'externalname_service_rounds_total', { service: 's0' });
    return of.reduce((sum, { value }) => sum + value, 0);
  };
  const end = (await count()) + rounds;
  await until('the rounds', async () => (await count()) >= end, { deadlineMs: 90_000 });
  return words;
}

async function serversUp(): Promise<Record<string, number>> {
  const samples = select(await monitor.samples(), 'externalname_server_up');
  return Object.fromEntries(samples.map(({ labels, value }) => [labels.server, value]));
}

describePods('pods of cluster DNS, each on its own', () => {
  beforeAll(async () => {
    cluster = await startPodCluster();
    for (const name of NAMES) await cluster.kube.create(externalName(name, 'www.example.test'));
    monitor = await startMonitor(cluster, [
      '--discover-dns-pods',
      '--timeout=500ms',
      '--attempts=2',
      '--convergence-deadline=5s',
    ]);
    await untilAll(HEALTHY);
  });

  afterEach(async () => {
    await cluster.mend();
    await untilAll(HEALTHY);
  });

  afterAll(async () => {
    const status = await monitor?.stop();
    await cluster?.stop();
    expect(status).toBe(0);
  });

  test('are found, and each answers the control query', async () => {
    const pods = cluster.pods.map(({ address }) => [address, 1]);
    await until('each server', async () => Object.keys(await serversUp()).length === 3);
    expect(await serversUp()).toEqual({ [cluster.vip]: 1, ...Object.fromEntries(pods) });
  });

  test('one that does not answer makes every Service degraded, and none down', async () => {
    await bad().dns.pause();
    const onTheWay = await untilAll(DEGRADED);
    expect([...onTheWay].sort()).toEqual([DEGRADED, HEALTHY]);
    expect((await serversUp())[bad().address]).toBe(0);
    expect([...(await said(8))]).toEqual([DEGRADED]);
  });

  // The pod that each of about a hundred rounds reaches is random.
  test('one whose forwarder is dead makes every Service degraded, without flapping', {
    retry: 2,
  }, async () => {
    for (const forwarder of bad().forwarders) forwarder.answer('SERVFAIL');
    await untilAll(DEGRADED);
    expect([...(await said(10))]).toEqual([DEGRADED]);
  });

  test('one that is cut off from the API server is told once the deadline has passed', async () => {
    // A Service without a history of the earlier faults.
    await cluster.kube.create(externalName('edited', 'www.example.test'));
    await untilAll(HEALTHY, ['edited']);
    bad().dns.apiLink.cutOff();
    const editedAt = Date.now();
    await cluster.kube.patch(externalName('edited'), { spec: { externalName: 'v4.example.test' } });
    const onTheWay = await untilAll(DEGRADED, ['edited']);
    expect(Date.now() - editedAt).toBeGreaterThanOrEqual(5_000);
    expect([...onTheWay].sort()).toEqual([DEGRADED, HEALTHY]);
    const converged = select(await monitor.samples(), 'externalname_convergence_seconds_count');
    const of = (server: string) => converged.find(({ labels }) => labels.server === server)?.value;
    expect(of(cluster.vip)).toBeGreaterThan(0);
    expect(of(cluster.pods[0]?.address ?? '')).toBeGreaterThan(of(bad().address) ?? 0);
  });

  test('may be replaced one at a time, and those that are gone leave no series', async () => {
    const old = cluster.pods.map(({ address }) => address);
    await cluster.kubeDns.roll({}, 1_500);
    const text = async () => (await monitor.samples()).map(({ labels }) => labels.server);
    await until('only the new ones', async () => {
      const servers = new Set(await text());
      const now = cluster.pods.map(({ address }) => address);
      return old.every((one) => !servers.has(one)) && now.every((one) => servers.has(one));
    });
    expect([...(await said(3))]).toEqual([HEALTHY]);
  });
});
