import { afterEach, expect, test } from 'vitest';
import { select, verdictsOf } from '../fixtures/samples.ts';
import { describeE2e, externalName, namespace, until } from '../lab/cluster/index.ts';
import { monitored, startMonitor } from './monitor.ts';

const HEALTHY = '1 healthy none';

describeE2e('faults of targets and of the way to them', () => {
  const SERVICES = {
    fine: ['www.example.test', HEALTHY],
    self: ['self.default.svc.cluster.local', '0 invalid_target config'],
    'loop-a': ['loop-b.default.svc.cluster.local', '0 invalid_target config'],
    'loop-b': ['loop-a.default.svc.cluster.local', '0 invalid_target config'],
    'alias-of-alias': ['fine.default.svc.cluster.local', HEALTHY],
    'alias-of-dead': ['dangling.default.svc.cluster.local', '0 target_nxdomain target'],
    dangling: ['gone.other.test', '0 target_nxdomain target'],
    unqualified: ['kubernetes.default.svc', '0 invalid_target config'],
    'no-pods': ['headless.default.svc.cluster.local', '0 target_nxdomain target'],
    many: ['many.example.test', HEALTHY],
    'v6-only': ['v6.example.test', HEALTHY],
    'case-and-dot': ['v4.example.test.', HEALTHY],
  } as const;
  const EXPECTED = Object.fromEntries(
    Object.entries(SERVICES).map(([name, [, words]]) => [`default/${name}`, words]),
  );

  const m = monitored(
    async ({ kube }) => {
      await kube.create({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'headless', namespace: 'default' },
        spec: { clusterIP: 'None', ports: [{ port: 80 }] },
      });
      for (const [name, [target]] of Object.entries(SERVICES))
        await kube.create(externalName(name, target));
    },
    ['--timeout=6s', '--interval=2s'],
  );

  afterEach(() => m.cluster.mend());

  test('says of each what is wrong', async () => {
    await m.verdicts(EXPECTED);
  });

  test('needs TCP for 60 addresses, as a pod does, and says so in its exchanges', async () => {
    const samples = await m.monitor.samples();
    const of = { namespace: 'default', service: 'many' };
    expect(
      select(samples, 'externalname_target_addresses', { ...of, family: 'ipv4' })[0]?.value,
    ).toBe(60);
    const overTcp = select(samples, 'externalname_exchanges_total', {
      transport: 'tcp',
      outcome: 'ok',
    });
    expect(overTcp[0]?.value).toBeGreaterThan(0);
    const truncated = select(samples, 'externalname_exchanges_total', {
      transport: 'udp',
      outcome: 'truncated',
    });
    expect(truncated[0]?.value).toBeGreaterThan(0);
  });

  test.each([
    ['silent', () => m.cluster.upstream.cutOff({ names: ['example.test'] })],
    ['refusing', () => m.cluster.upstream.answer('REFUSED', { names: ['example.test'] })],
    ['failing', () => m.cluster.upstream.answer('SERVFAIL', { names: ['example.test'] })],
  ])(
    'blames the one domain whose upstream is %s, and nothing else',
    async (_how, breakIt) => {
      await m.verdicts(EXPECTED);
      const mend = breakIt();
      const failing = '0 target_failing target';
      const through = {
        'default/fine': failing,
        'default/many': failing,
        'default/v6-only': failing,
        'default/case-and-dot': failing,
        'default/alias-of-alias': failing,
      };
      const said = await m.verdicts({ ...EXPECTED, ...through });
      mend();
      await m.verdicts(EXPECTED);
      for (const [key, words] of said) {
        if (!(key in through)) expect([key, ...words]).toEqual([key, EXPECTED[key]]);
      }
    },
    120_000,
  );

  test('takes a slow upstream for slow, not for failing', async () => {
    await m.verdicts(EXPECTED);
    m.cluster.upstream.slow(1_500, { names: ['example.test'] });
    // A target that no other Service has. If two Services share a target and the second is always
    // queried shortly after the first, the second always gets the answer that CoreDNS cached for
    // the first. The histogram keeps each round; the gauge may show only the next, whose answer
    // is from the cache.
    const of = { namespace: 'default', service: 'case-and-dot' };
    const slowRounds = async () => {
      const samples = await m.monitor.samples('externalname_probe_duration_seconds');
      const sum = (part: string, labels: Readonly<Record<string, string>>) =>
        select(samples, `externalname_probe_duration_seconds_${part}`, { ...of, ...labels })
          .map(({ value }) => value)
          .reduce((a, b) => a + b, 0);
      return sum('count', {}) - sum('bucket', { le: '1' });
    };
    const before = await slowRounds();
    const slow = async () => (await slowRounds()) > before;
    await until('a slow answer', slow, { deadlineMs: 30_000 });
    const said = verdictsOf(await m.monitor.samples());
    expect([said['default/case-and-dot'], said['default/fine']]).toEqual([HEALTHY, HEALTHY]);
  });

  test('blames the target where the upstream is slower than cluster DNS waits', async () => {
    await m.verdicts(EXPECTED);
    // CoreDNS waits 2 s for each upstream: pods get no address, however long they wait.
    m.cluster.upstream.slow(2_500, { names: ['v6.example.test'] });
    await m.verdicts({ ...EXPECTED, 'default/v6-only': '0 target_failing target' });
  });

  test('says degraded while one family of a target fails', async () => {
    await m.verdicts(EXPECTED);
    const mend = m.cluster.upstream.answer('SERVFAIL', {
      names: ['www.example.test'],
      types: ['AAAA'],
    });
    // CoreDNS turns the error into a bare CNAME, so pods see NODATA. Only the target hop shows the
    // error, and where the target is another alias, a query for the name at the end of the chain.
    const degraded = {
      'default/fine': '1 degraded target',
      'default/alias-of-alias': '1 degraded target',
    };
    await m.verdicts({ ...EXPECTED, ...degraded });
    mend();
    await m.verdicts(EXPECTED);
  });

  test('does not blame upstream DNS for three domains that never worked, while others do', async () => {
    const names = ['one', 'two', 'three'];
    const mend = m.cluster.upstream.answer('SERVFAIL', { names: ['com'] });
    for (const name of names) {
      await m.cluster.kube.create(externalName(name, `www.${name}-corp.com`));
    }
    const dead = names.map((name) => [`default/${name}`, '0 target_failing target']);
    await m.verdicts({ ...EXPECTED, ...Object.fromEntries(dead) });
    mend();
    for (const name of names) await m.cluster.kube.delete(externalName(name));
  });
});

describeE2e('a Service that cluster DNS cannot know yet', () => {
  const m = monitored(
    async ({ kube }) => {
      await kube.create(namespace('shop'));
    },
    ['--convergence-deadline=60s'],
  );

  test('is pending, is asked for its CNAME only, and is healthy as soon as cluster DNS knows it', async () => {
    // Without the API server, CoreDNS continues with its old data.
    m.cluster.dns.apiLink.cutOff();
    await m.cluster.kube.create(externalName('new', 'www.example.test', 'shop'));
    await m.verdicts({ 'shop/new': '- pending none' });
    const asked = () => m.cluster.dns.seen.filter(({ name }) => name.startsWith('new.shop.'));
    await until('some looks', () => asked().length >= 3);
    expect(new Set(asked().map(({ type }) => type))).toEqual(new Set(['CNAME']));
    await m.cluster.dns.apiLink.restore();
    const said = await m.verdicts({ 'shop/new': HEALTHY });
    expect([...(said.get('shop/new') ?? [])]).toEqual(['- pending none', HEALTHY]);
  });
});

describeE2e('a Service that cluster DNS never gets to know', () => {
  // An hour, so that a query after the first round is not part of a regular round.
  const m = monitored(async () => {}, ['--interval=1h', '--convergence-deadline=5s']);

  test('is missing as soon as the API server has confirmed it, not a turn later', async () => {
    // Services of the first list are not queried before their regular round.
    await until('the first list', async () => (await m.monitor.get('/readyz')).status === 200);
    m.cluster.dns.apiLink.cutOff();
    await m.cluster.kube.create(externalName('never', 'www.example.test'));
    const said = await m.verdicts({ 'default/never': '0 alias_missing cluster_dns' });
    expect([...(said.get('default/never') ?? [])]).toEqual([
      '- pending none',
      '0 alias_missing cluster_dns',
    ]);
  });
});

describeE2e('our own wrong cluster domain', () => {
  const m = monitored(
    ({ kube }) => kube.create(externalName('fine', 'www.example.test')).then(() => {}),
    ['--cluster-domain=wrong.local'],
  );

  test('is the fault of the monitor, and of nobody else', async () => {
    await m.verdicts({ 'default/fine': '- unknown monitor' });
    const right = await startMonitor(m.cluster);
    await until(
      'the right one',
      async () => verdictsOf(await right.samples())['default/fine'] === HEALTHY,
    );
    expect(await right.stop()).toBe(0);
  });
});
