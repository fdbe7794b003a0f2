import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { decode, encode } from 'dns-packet';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  ask,
  corefiles,
  describePods,
  externalName,
  type PodCluster,
  startPodCluster,
  until,
} from '../lab/cluster/index.ts';

const alias = 'www.default.svc.cluster.local';
const target = 'www.example.test';

let cluster: PodCluster;

/** All packets that arrive at a socket after one query, up to the server's own reply. */
async function everything(server: string): Promise<{ from: string; id: number; text: string }[]> {
  const socket = createSocket('udp4');
  const heard: { from: string; id: number; text: string }[] = [];
  socket.on('message', (raw, { address, port }) => {
    const { id = 0, questions = [], answers = [] } = decode(raw);
    const data = answers.map((record) => ('data' in record ? record.data : ''));
    heard.push({ from: `${address}:${port}`, id, text: `${questions[0]?.name} ${data.join()}` });
  });
  const [host = '', port = ''] = server.split(':');
  const query = encode({ type: 'query', id: 7, questions: [{ type: 'A', name: target }] });
  socket.send(query, Number(port), host);
  const own = `${target} 192.0.2.10`;
  await until('the reply', () => heard.some(({ text }) => text === own));
  socket.close();
  await once(socket, 'close');
  return heard;
}

describePods('faults at DNS pods', () => {
  beforeAll(async () => {
    cluster = await startPodCluster({ pods: [{}], upstreams: 2 });
    await cluster.kube.create(externalName('www', target));
    const known = async () => (await ask(cluster.vip, alias)).answers.length === 2;
    await until('the alias', known);
  });
  afterEach(() => cluster.mend());
  afterAll(() => cluster?.stop());

  test('forged replies come first: with a wrong ID, a wrong question, from another port', async () => {
    expect(await everything(cluster.vip)).toHaveLength(1);
    const pod = cluster.pods[0]?.address ?? '';
    const stop = cluster.dns.forge();
    for (const server of [cluster.vip, pod]) {
      const heard = await everything(server);
      const sent = { from: server, id: 7, text: `${target} 203.0.113.66` };
      expect(heard).toContainEqual({ ...sent, id: 8 });
      expect(heard).toContainEqual({ ...sent, text: `x.${target} 203.0.113.66` });
      const [host] = server.split(':');
      expect(heard).toContainEqual({ ...sent, from: expect.stringMatching(`^${host}:(?!53$)`) });
      expect(heard.at(-1)).toEqual({ from: server, id: 7, text: `${target} 192.0.2.10` });
    }
    stop();
    expect(await everything(cluster.vip)).toHaveLength(1);
  });

  test('owner names in changing case, and the question as it was asked', async () => {
    cluster.dns.mangleCase();
    const { answers, message } = await ask(cluster.vip, alias);
    expect(message.questions?.[0]?.name).toBe(alias);
    expect(answers.join().toLowerCase()).toBe(`${alias} cname ${target},${target} a 192.0.2.10`);
    for (const answer of answers) expect(answer.split(' ')[0]).toMatch(/[A-Z].*[a-z]/);
  });

  describe('of its Corefile:', () => {
    afterEach(() => cluster.dns.reconfigure({}));

    test('NXDOMAIN for every AAAA', async () => {
      await cluster.dns.reconfigure(corefiles.noIpv6);
      for (const name of [alias, target]) {
        expect(await ask(cluster.vip, name, 'AAAA')).toMatchObject({
          rcode: 'NXDOMAIN',
          answers: [],
        });
        expect(await ask(cluster.vip, name, 'A')).toMatchObject({ rcode: 'NOERROR' });
      }
    });

    test('REFUSED beyond what it forwards at a time', async () => {
      await cluster.dns.reconfigure(corefiles.refusingBeyond(2));
      for (const upstream of cluster.upstreams) upstream.slow(1_000);
      const asked = Array.from({ length: 6 }, (_, client) =>
        ask(cluster.vip, `many-${client}.example.test`),
      );
      const rcodes = (await Promise.all(asked)).map(({ rcode }) => rcode);
      expect(new Set(rcodes)).toEqual(new Set(['NXDOMAIN', 'REFUSED']));
      expect(await ask(cluster.vip, alias, 'CNAME')).toMatchObject({ rcode: 'NOERROR' });
    });

    test('stale answers while the upstreams are away', async () => {
      await cluster.dns.reconfigure(corefiles.servingStale);
      for (const name of [alias, target]) await ask(cluster.vip, name);
      for (const upstream of cluster.upstreams) await upstream.stop();
      const ttl = async () => {
        const [record] = (await ask(cluster.vip, target)).message.answers ?? [];
        return record && 'ttl' in record ? record.ttl : undefined;
      };
      await until('TTL 0', async () => (await ttl()) === 0);
      expect((await ask(cluster.vip, target)).answers).toEqual([`${target} A 192.0.2.10`]);
      expect((await ask(cluster.vip, alias)).answers).toHaveLength(2);
      await cluster.dns.reconfigure({});
      expect((await ask(cluster.vip, alias)).answers).toHaveLength(1);
    });

    test('answers after 2 s, each time, while the first of two upstreams is dead', async () => {
      await cluster.dns.reconfigure(corefiles.firstUpstreamFirst);
      cluster.upstream.cutOff();
      const asked = performance.now();
      for (const query of [1, 2, 3, 4]) {
        const name = `none-${query}.example.test`;
        expect(await ask(cluster.vip, name)).toMatchObject({ rcode: 'NXDOMAIN' });
        expect(performance.now() - asked).toBeGreaterThan(1_950 * query);
      }
    });
  });
});
