import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { asset } from '../cluster/assets.ts';
import { type Cluster, describeE2e, externalName, startCluster, until } from '../cluster/index.ts';
import { Program } from '../program.ts';
import { select, verdictsOf } from '../samples.ts';

/** The Services of the main job, and what must be said of each while all servers work. */
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
  let cluster: Cluster;
  let monitor: Program;

  beforeAll(async () => {
    cluster = await startCluster();
    cluster.upstream.answer('SERVFAIL', { names: ['broken.test'] });
    for (const [name, [target]] of Object.entries(SERVICES)) {
      await cluster.kube.create(externalName(name, target));
    }
    monitor = await Program.start([
      `--kubeconfig=${cluster.kubeconfig}`,
      `--cluster-dns=${cluster.dns.address}`,
      '--cluster-domain=cluster.local',
      '--listen=127.0.0.1:0',
      '--interval=1s',
      '--timeout=1s',
      '--attempts=1',
      '--convergence-deadline=10s',
    ]);
  });

  afterAll(async () => {
    const status = await monitor?.stop();
    await cluster?.stop();
    expect(status).toBe(0);
  });

  beforeEach(() => verdicts(EXPECTED));

  /** Waits until /metrics says exactly this of every Service; returns all that it said on the way. */
  async function verdicts(expected: Record<string, string>): Promise<Map<string, Set<string>>> {
    let seen: Record<string, string> = {};
    const said = new Map<string, Set<string>>();
    const isThere = async (): Promise<boolean> => {
      seen = verdictsOf(await monitor.samples());
      for (const [key, words] of Object.entries(seen)) {
        said.set(key, (said.get(key) ?? new Set()).add(words));
      }
      return Object.keys({ ...expected, ...seen }).every((key) => expected[key] === seen[key]);
    };
    await until('the verdicts', isThere, { deadlineMs: 40_000 }).catch(() => {
      expect(seen).toEqual(expected);
    });
    return said;
  }

  test('says of each Service what is wrong and whose fault it is', async () => {
    const samples = await monitor.samples();
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
      select(samples, 'externalname_server_up', { server: cluster.dns.address })[0]?.value,
    ).toBe(1);
    expect(samples.filter(({ labels }) => labels.service === 'dual').length).toBeLessThanOrEqual(
      64,
    );
  });

  test('gives a text that promtool has nothing to say about', async () => {
    const { text, type } = await monitor.get('/metrics');
    expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(
      execFileSync(asset('promtool'), ['check', 'metrics'], { input: text, encoding: 'utf8' }),
    ).toBe('');
  });

  test('is alive and ready', async () => {
    expect((await monitor.get('/livez')).status).toBe(200);
    expect((await monitor.get('/readyz')).status).toBe(200);
  });

  test('follows creation, edit, retyping and deletion', async () => {
    await cluster.kube.create(externalName('new', 'www.other.test'));
    await cluster.kube.patch(externalName('v4'), { spec: { externalName: 'gone.other.test' } });
    await cluster.kube.patch(externalName('chain'), {
      spec: { type: 'ClusterIP', externalName: null, ports: [{ port: 80 }] },
    });
    await cluster.kube.delete(externalName('empty'));
    const { 'default/chain': _chain, 'default/empty': _empty, ...rest } = EXPECTED;
    await verdicts({
      ...rest,
      'default/new': '1 healthy none',
      'default/v4': '0 target_nxdomain target',
    });
    const samples = await monitor.samples();
    for (const service of ['chain', 'empty']) {
      expect(samples.filter(({ labels }) => labels.service === service)).toEqual([]);
    }
    await cluster.kube.delete(externalName('new'));
    await cluster.kube.patch(externalName('v4'), { spec: { externalName: SERVICES.v4[0] } });
    await cluster.kube.patch(externalName('chain'), {
      spec: {
        type: 'ExternalName',
        externalName: SERVICES.chain[0],
        clusterIP: null,
        clusterIPs: null,
      },
    });
    await cluster.kube.create(externalName('empty', SERVICES.empty[0]));
  });

  test.each([
    ['stopped', () => cluster.dns.stop()],
    ['silent', async () => void cluster.dns.cutOff()],
    ['refusing', async () => void cluster.dns.answer('REFUSED')],
  ])('blames cluster DNS for all and nothing else while it is %s', async (_how, breakIt) => {
    await breakIt();
    const broken = Object.keys(EXPECTED).map((key) => [key, '0 cluster_dns_failing cluster_dns']);
    // Never asked, since no message can carry it, and wrong whatever the state of DNS.
    const tooLong = { 'default/too-long': '0 invalid_target config' };
    const said = await verdicts({ ...Object.fromEntries(broken), ...tooLong });
    for (const [key, words] of said) {
      words.delete(EXPECTED[key] ?? '');
      words.delete('0 cluster_dns_failing cluster_dns');
      expect([key, ...words]).toEqual([key]);
    }
    await cluster.mend();
    cluster.upstream.answer('SERVFAIL', { names: ['broken.test'] });
  });

  test('goes on while the API server is away, and loses nothing', async () => {
    await cluster.api.stop();
    await until('the loss', async () => {
      const restarts = select(await monitor.samples(), 'externalname_informer_restarts_total');
      return restarts.some(({ value }) => value > 0);
    });
    const asked = cluster.dns.seen.length;
    await until('more probes', () => cluster.dns.seen.length > asked + 50);
    await verdicts(EXPECTED);
    await cluster.api.start();
    await cluster.kube.create(externalName('late', 'www.other.test'));
    await verdicts({ ...EXPECTED, 'default/late': '1 healthy none' });
    await cluster.kube.delete(externalName('late'));
  });
});
