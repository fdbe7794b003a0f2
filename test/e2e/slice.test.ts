import { execFileSync } from 'node:child_process';
import { beforeEach, expect, test } from 'vitest';
import { select, verdictsOf } from '../fixtures/samples.ts';
import { asset } from '../lab/cluster/assets.ts';
import { describeE2e, externalName, until } from '../lab/cluster/index.ts';
import { monitored } from './monitor.ts';

/** The Services of the main scenario, and the expected words for each while all servers work. */
const SERVICES = {
  v4: ['v4.example.test', '1 healthy none'],
  dual: ['www.example.test', '1 healthy none'],
  chain: ['chain.example.test', '1 healthy none'],
  'in-cluster': ['kubernetes.default.svc.cluster.local', '1 healthy none'],
  dangling: ['gone.example.test', '0 target_nxdomain target'],
  'dangling-chain': ['dangling.example.test', '0 target_nxdomain target'],
  servfail: ['www.broken.test', '0 target_failing target'],
  empty: ['no-address.example.test', '0 target_no_address target'],
  literal: ['192.0.2.1', '0 invalid_target config'],
  'too-long': [`${'a'.repeat(64)}.example.test`, '0 invalid_target config'],
  'no-such-service': ['nothing.default.svc.cluster.local', '0 target_nxdomain target'],
} as const;

const EXPECTED = Object.fromEntries(
  Object.entries(SERVICES).map(([name, [, words]]) => [`default/${name}`, words]),
);

describeE2e('the main job, on a real API server and real cluster DNS', () => {
  const m = monitored(async (cluster) => {
    cluster.upstream.answer('SERVFAIL', { names: ['broken.test'] });
    for (const [name, [target]] of Object.entries(SERVICES)) {
      await cluster.kube.create(externalName(name, target));
    }
  });

  beforeEach(() => m.verdicts(EXPECTED));

  test('says of each Service what is wrong and whose fault it is', async () => {
    const samples = await m.monitor.samples();
    expect(verdictsOf(samples)).toEqual(EXPECTED);
    const of = { namespace: 'default', service: 'dual' };
    expect(select(samples, 'externalname_service_info', of)[0]?.labels.external_name).toBe(
      'www.example.test',
    );
    expect(
      select(samples, 'externalname_target_addresses', { ...of, family: 'ipv6' })[0]?.value,
    ).toBe(1);
    expect(select(samples, 'externalname_alias_matches_spec', of)[0]?.value).toBe(1);
    expect(
      select(samples, 'externalname_server_up', { server: m.cluster.dns.address })[0]?.value,
    ).toBe(1);
    expect(samples.filter(({ labels }) => labels.service === 'dual').length).toBeLessThanOrEqual(
      70,
    );
  });

  test('gives a text that promtool has nothing to say about', async () => {
    const { text, type } = await m.monitor.get('/metrics');
    expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(
      execFileSync(asset('promtool'), ['check', 'metrics'], { input: text, encoding: 'utf8' }),
    ).toBe('');
  });

  test('is alive and ready', async () => {
    expect((await m.monitor.get('/livez')).status).toBe(200);
    expect((await m.monitor.get('/readyz')).status).toBe(200);
  });

  test('follows creation, edit, retyping and deletion', async () => {
    await m.cluster.kube.create(externalName('new', 'www.other.test'));
    await m.cluster.kube.patch(externalName('v4'), { spec: { externalName: 'gone.other.test' } });
    await m.cluster.kube.patch(externalName('chain'), {
      spec: { type: 'ClusterIP', externalName: null, ports: [{ port: 80 }] },
    });
    await m.cluster.kube.delete(externalName('empty'));
    const { 'default/chain': _chain, 'default/empty': _empty, ...rest } = EXPECTED;
    await m.verdicts({
      ...rest,
      'default/new': '1 healthy none',
      'default/v4': '0 target_nxdomain target',
    });
    const samples = await m.monitor.samples();
    for (const service of ['chain', 'empty']) {
      expect(samples.filter(({ labels }) => labels.service === service)).toEqual([]);
    }
    await m.cluster.kube.delete(externalName('new'));
    await m.cluster.kube.patch(externalName('v4'), { spec: { externalName: SERVICES.v4[0] } });
    await m.cluster.kube.patch(externalName('chain'), {
      spec: {
        type: 'ExternalName',
        externalName: SERVICES.chain[0],
        clusterIP: null,
        clusterIPs: null,
      },
    });
    await m.cluster.kube.create(externalName('empty', SERVICES.empty[0]));
  });

  test.each([
    ['stopped', () => m.cluster.dns.stop()],
    ['silent', async () => void m.cluster.dns.cutOff()],
    ['refusing', async () => void m.cluster.dns.answer('REFUSED')],
  ])('blames cluster DNS for all and nothing else while it is %s', async (_how, breakIt) => {
    await breakIt();
    const broken = Object.keys(EXPECTED).map((key) => [key, '0 cluster_dns_failing cluster_dns']);
    // Never queried, because no message can contain it, and invalid in every state of DNS.
    const tooLong = { 'default/too-long': '0 invalid_target config' };
    const said = await m.verdicts({ ...Object.fromEntries(broken), ...tooLong });
    for (const [key, words] of said) {
      words.delete(EXPECTED[key] ?? '');
      words.delete('0 cluster_dns_failing cluster_dns');
      expect([key, ...words]).toEqual([key]);
    }
    await m.cluster.mend();
    m.cluster.upstream.answer('SERVFAIL', { names: ['broken.test'] });
  });

  test('goes on while the API server is away, and loses nothing', async () => {
    await m.cluster.api.stop();
    await until('the loss', async () => {
      const restarts = select(await m.monitor.samples(), 'externalname_informer_restarts_total');
      return restarts.some(({ value }) => value > 0);
    });
    const asked = m.cluster.dns.seen.length;
    await until('more probes', () => m.cluster.dns.seen.length > asked + 50);
    await m.verdicts(EXPECTED);
    await m.cluster.api.start();
    await m.cluster.kube.create(externalName('late', 'www.other.test'));
    await m.verdicts({ ...EXPECTED, 'default/late': '1 healthy none' });
    await m.cluster.kube.delete(externalName('late'));
  });
});
