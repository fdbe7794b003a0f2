import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { execPath } from 'node:process';
import { encode } from 'dns-packet';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { verdictsOf } from '../fixtures/samples.ts';
import {
  ask,
  describePods,
  externalName,
  type KubeObject,
  type Pod,
  type PodCluster,
  type Reply,
  startPodCluster,
  until,
} from '../lab/cluster/index.ts';
import { startMonitor } from './monitor.ts';

const control = 'kubernetes.default.svc.cluster.local';
const quickly = { timeoutMs: 500 };

let cluster: PodCluster;

/** The first two pods. */
function two(): [Pod, Pod] {
  const [one, other] = cluster.pods;
  if (!one || !other) throw new Error(`Cannot take two pods: got ${cluster.pods.length}`);
  return [one, other];
}

/** How many of `count` clients at the cluster IP, each with its own port, reached each pod. */
async function spread(count: number): Promise<number[]> {
  const before = cluster.pods.map(({ dns }) => dns.seen.length);
  for (let client = 0; client < count; client++) await ask(cluster.vip, control);
  return cluster.pods.map(({ dns }, index) => dns.seen.length - (before[index] ?? 0));
}

/** The results of `count` clients at the cluster IP, each word once: `ok`, `refused`, `silent`. */
async function fates(count: number, options = {}): Promise<string[]> {
  const all = await Promise.all(
    Array.from({ length: count }, () =>
      fate(ask(cluster.vip, control, 'A', { ...quickly, ...options })),
    ),
  );
  return [...new Set(all)].sort();
}

function fate(reply: Promise<Reply>): Promise<string> {
  return reply.then(
    () => 'ok',
    ({ message }) => {
      if (/no reply within/.test(message)) return 'silent';
      return /ECONNREFUSED/.test(message) ? 'refused' : message;
    },
  );
}

/** The EndpointSlices that a client finds for the Service. */
async function slices(): Promise<KubeObject[]> {
  const path = '/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices';
  const selector = 'labelSelector=kubernetes.io%2Fservice-name%3Dkube-dns';
  const list = await cluster.kube.request<{ items: KubeObject[] }>('GET', `${path}?${selector}`);
  return list.items;
}

async function endpoints(): Promise<Record<string, object>> {
  const [slice] = await slices();
  const all = slice?.endpoints as { addresses: string[]; conditions: object }[];
  return Object.fromEntries(all.map(({ addresses, conditions }) => [addresses[0], conditions]));
}

const ready = { ready: true, serving: true, terminating: false };

describePods('a cluster whose DNS pods have addresses of their own', () => {
  beforeAll(async () => {
    cluster = await startPodCluster();
  });
  afterEach(() => cluster.mend());
  afterAll(() => cluster?.stop());

  describe('the cluster IP', () => {
    test('leads to a pod by chance for each port, over UDP and TCP', async () => {
      const udp = await spread(40);
      expect(udp[0]).toBeGreaterThan(0);
      expect(udp[1]).toBeGreaterThan(0);
      const seen = () =>
        cluster.pods.map(({ dns }) => dns.seen.filter((q) => q.transport === 'tcp'));
      await until('both asked by TCP', async () => {
        await ask(cluster.vip, control, 'A', { transport: 'tcp' });
        return seen().every((queries) => queries.length > 0);
      });
    });

    test('stays with one pod for one socket', async () => {
      for (let port = 0; port < 5; port++) {
        await using client = await Client.open(cluster.vip);
        const before = cluster.pods.map(({ dns }) => dns.seen.length);
        for (let query = 0; query < 8; query++) expect(await client.ask()).toBe('ok');
        const asked = cluster.pods.map(({ dns }, at) => dns.seen.length - (before[at] ?? 0));
        expect(asked.sort()).toEqual([0, 8]);
      }
    });

    test('is what kube-dns has, and the pods are its endpoints in the API server', async () => {
      const { spec } = await cluster.kube.get({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'kube-dns', namespace: 'kube-system' },
      });
      expect(spec).toMatchObject({ clusterIP: cluster.vip.replace(':53', '') });
      const [slice, ...more] = await slices();
      expect(more).toEqual([]);
      expect(slice).toMatchObject({
        addressType: 'IPv4',
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP' },
          { name: 'dns-tcp', port: 53, protocol: 'TCP' },
          { name: 'metrics', port: 9153, protocol: 'TCP' },
        ],
        endpoints: cluster.pods.map(({ ip, name }) => ({
          addresses: [ip],
          conditions: ready,
          targetRef: { kind: 'Pod', namespace: 'kube-system', name },
        })),
      });
      // Cluster DNS has read them as well.
      const headless = await ask(cluster.vip, 'kube-dns.kube-system.svc.cluster.local');
      expect(headless.answers[0]).toMatch(cluster.vip.replace(':53', ''));
    });

    test('leads to no pod that is not ready, and refuses where none is', async () => {
      const [one, other] = two();
      await cluster.kubeDns.setReady(one, false);
      expect((await spread(10))[0]).toBe(0);
      const notReady = { ready: false, serving: false, terminating: false };
      expect(await endpoints()).toEqual({ [one.ip]: notReady, [other.ip]: ready });
      expect(await fate(ask(one.address, control))).toBe('ok');
      await cluster.kubeDns.setReady(other, false);
      expect(await fates(2)).toEqual(['refused']);
      expect(await fates(2, { transport: 'tcp' })).toEqual(['refused']);
    });

    test('leads to a pod that terminates only where no other is ready', async () => {
      const [one, other] = two();
      await cluster.kubeDns.terminate(one);
      expect(await endpoints()).toMatchObject({ [one.ip]: { ready: false, terminating: true } });
      expect((await spread(10))[0]).toBe(0);
      await cluster.kubeDns.setReady(other, false);
      expect(await spread(10)).toEqual([10, 0]);
    });

    test('has a socket find another pod when its own is taken away', async () => {
      await using client = await Client.open(cluster.vip);
      expect(await client.ask()).toBe('ok');
      const own = cluster.pods.find(({ dns }) => dns.seen.at(-1)?.port === client.port);
      if (own === undefined) throw new Error('Cannot see who was asked');
      await own.dns.stop();
      expect(await client.ask()).toBe('refused');
      await cluster.kubeDns.setReady(own, false);
      expect(await client.ask()).toBe('ok');
    });
  });

  describe('a test breaks and mends', () => {
    test('one pod, which the cluster IP still leads to: stopped, frozen, its node away', async () => {
      const [one, other] = two();
      await one.dns.stop();
      await until('both fates', async () => (await fates(8)).join() === 'ok,refused');
      await cluster.mend();
      expect(await fates(8)).toEqual(['ok']);
      await one.dns.pause();
      await until('both fates', async () => (await fates(8)).join() === 'ok,silent');
      await cluster.mend();
      await cluster.network.block({ pod: one.ip });
      for (const transport of ['udp', 'tcp'] as const) {
        expect(await fate(ask(one.address, control, 'A', { ...quickly, transport }))).toBe(
          'silent',
        );
        expect(await fate(ask(other.address, control, 'A', { transport }))).toBe('ok');
      }
    });

    test('one pod’s way to the API server: it serves the old CNAME, at its address and the cluster IP', async () => {
      const [stale, fresh] = two();
      await cluster.kube.create(externalName('edited', 'www.example.test'));
      const name = 'edited.default.svc.cluster.local';
      const cname = async (server: string) => (await ask(server, name, 'CNAME')).answers[0];
      for (const { address } of [stale, fresh]) {
        await until('the alias', async () => (await cname(address))?.endsWith(' www.example.test'));
      }
      stale.dns.apiLink.cutOff();
      await cluster.kube.patch(externalName('edited'), { spec: { externalName: 'db.other.test' } });
      await until('the edit', async () => (await cname(fresh.address))?.endsWith(' db.other.test'));
      expect(await cname(stale.address)).toBe(`${name} CNAME www.example.test`);
      const said = new Set<string | undefined>();
      await until(
        'both at the cluster IP',
        async () => said.add(await cname(cluster.vip)).size === 2,
      );
      await stale.dns.apiLink.restore();
      await until('the edit', async () => (await cname(stale.address))?.endsWith(' db.other.test'));
    });

    test('one pod’s forwarder: its aliases alone are bare', async () => {
      const [broken, whole] = two();
      await cluster.kube.create(externalName('forwarded', 'v4.example.test'));
      const name = 'forwarded.default.svc.cluster.local';
      const answers = async ({ address }: Pod) => (await ask(address, name)).answers.length;
      await until('the alias', async () => (await answers(broken)) + (await answers(whole)) === 4);
      for (const forwarder of broken.forwarders) forwarder.answer('REFUSED');
      await until('a bare alias', async () => (await answers(broken)) === 1);
      expect(await answers(whole)).toBe(2);
    });

    test('TCP: packets dropped, or refused', async () => {
      const unblock = await cluster.network.block({ transport: 'tcp' });
      expect(await fates(4, { transport: 'tcp' })).toEqual(['silent']);
      expect(await fates(4)).toEqual(['ok']);
      await unblock();
      await cluster.network.block({ transport: 'tcp', refuse: true });
      expect(await fates(2, { transport: 'tcp' })).toEqual(['refused']);
    });

    test('the monitor’s own way, while another client is served', async () => {
      const { monitor, bystander } = cluster.network.addresses;
      await cluster.network.block({ client: monitor });
      for (const transport of ['udp', 'tcp'] as const) {
        expect(await fates(4, { transport })).toEqual(['silent']);
        expect(await fates(4, { transport, from: bystander })).toEqual(['ok']);
      }
    });

    test('packets, by chance', async () => {
      await cluster.network.block({ fraction: 0.5 });
      expect(await fates(40)).toEqual(['ok', 'silent']);
    });

    test('which pods there are: rolled over, every client is served at the second try', async () => {
      const before = cluster.pods.map(({ ip }) => ip);
      const rolling = cluster.kubeDns.roll();
      let rolled = false;
      void rolling.then(() => {
        rolled = true;
      });
      let asked = 0;
      // A flow that is removed between query and reply loses the reply, the same as with
      // kube-proxy.
      while (!rolled) {
        const tries = [await fates(1), ['ok']];
        if (tries[0]?.[0] !== 'ok') tries[1] = await fates(1);
        expect(tries[1]).toEqual(['ok']);
        asked += 1;
      }
      await rolling;
      expect(asked).toBeGreaterThan(10);
      expect(cluster.pods).toHaveLength(2);
      for (const { ip } of cluster.pods) expect(before).not.toContain(ip);
      expect(Object.keys(await endpoints())).toEqual(cluster.pods.map(({ ip }) => ip));
      expect(await fates(8)).toEqual(['ok']);
    });

    test('a pod that was removed is back after mending, in another’s place', async () => {
      const [one] = two();
      await cluster.kubeDns.remove(one);
      expect(Object.keys(await endpoints())).toEqual([cluster.pods[0]?.ip]);
      await expect(ask(one.address, control, 'A', quickly)).rejects.toThrow(/Cannot ask/);
      await cluster.mend();
      expect(Object.values(await endpoints())).toEqual([ready, ready]);
    });
  });

  test('the monitor asks at the cluster IP', async () => {
    await cluster.kube.create(externalName('watched', 'www.other.test'));
    const monitor = await startMonitor(cluster);
    const verdict = async () => verdictsOf(await monitor.samples())['default/watched'];
    await until('its verdict', async () => (await verdict()) === '1 healthy none');
    expect(await monitor.stop()).toBe(0);
  });
});

describePods('a network of pods', () => {
  const links = () => readdir('/sys/class/net');
  // A socket keeps its namespace.
  const sockets = () => process.getActiveResourcesInfo().filter((kind) => /^UDP|^TCP/.test(kind));

  test('leaves nothing when it is stopped', async () => {
    const before = sockets();
    const own = await startPodCluster({ pods: [{}] });
    const { link } = own.network.addresses;
    expect(await links()).toContain(link);
    own.dns.forge();
    await ask(own.vip, control);
    expect(sockets().length).toBeGreaterThan(before.length);
    await own.stop();
    expect(await links()).not.toContain(link);
    await until('no socket left', () => sockets().length <= before.length);
  });

  test('leaves nothing of tests that were killed', async () => {
    const file = new URL('../lab/cluster/pod-network.ts', import.meta.url).href;
    const script = `
      import { PodNetwork } from ${JSON.stringify(file)};
      const network = await PodNetwork.create();
      await network.addPod();
      console.log(network.addresses.link);
    `;
    const tests = spawn(execPath, ['--input-type=module', '-e', script]);
    const [chunk] = await once(tests.stdout, 'data');
    const link = String(chunk).trim();
    expect(await links()).toContain(link);
    tests.kill('SIGKILL');
    await until('the link gone', async () => !(await links()).includes(link));
  });
});

/** A connected socket that sends queries repeatedly. */
class Client implements AsyncDisposable {
  readonly #socket = createSocket('udp4');

  static async open(server: string): Promise<Client> {
    const client = new Client();
    client.#socket.connect(53, server.replace(':53', ''));
    await once(client.#socket, 'connect');
    return client;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  async ask(): Promise<string> {
    const query = encode({ type: 'query', id: 1, questions: [{ type: 'A', name: control }] });
    const reply = once(this.#socket, 'message', { signal: AbortSignal.timeout(2_000) });
    this.#socket.send(query, () => {});
    return reply.then(
      () => 'ok',
      (error) => (error.code === 'ECONNREFUSED' ? 'refused' : 'silent'),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
  }
}
