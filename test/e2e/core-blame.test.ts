/**
 * The component at fault when several servers or several monitors each have partial information.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { verdictsOf } from '../fixtures/samples.ts';
import { describeE2e, externalName, type Kube, until, type Zone } from '../lab/cluster/index.ts';
import type { Program } from '../lab/program.ts';
import { crowd, zonesFor } from './crowd.ts';
import { monitored, startMonitor } from './monitor.ts';
import { said } from './said.ts';

const HEALTHY = '1 healthy none';
const CLUSTER = 'default.svc.cluster.local';

/**
 * Waits until exactly these words are reported for all these Services; returns how long it took.
 */
async function untilAll(monitor: Program, words: string, keys: readonly string[]): Promise<number> {
  const since = performance.now();
  let wrong: string[] = [];
  const are = async () => {
    const now = verdictsOf(await monitor.samples());
    wrong = keys.filter((key) => now[key] !== words).map((key) => `${key} ${now[key]}`);
    return wrong.length === 0;
  };
  await until(words, are, { deadlineMs: 60_000, everyMs: 100 }).catch(() => {
    expect(wrong).toEqual([]);
  });
  return performance.now() - since;
}

describeE2e('two DNS servers whose upstream fails for twenty of thirty domains', () => {
  const services = crowd(300, 'crowd.test');
  const keys = Object.keys(services).map((name) => `default/${name}`);
  const INTERVAL_MS = 5_000;
  let both: Program;

  const m = monitored(
    async ({ kube }) => {
      for (const [name, target] of Object.entries(services))
        await kube.create(externalName(name, target));
    },
    ['--interval=1h'],
    { servers: 2, zones: zonesFor(services), ttl: 300, upstreamCacheTtl: 300 },
  );

  beforeAll(async () => {
    const servers = m.cluster.servers.map(({ address }) => address);
    both = await startMonitor({ ...m.cluster, clusterDns: `${servers}` }, ['--interval=5s']);
    await untilAll(both, HEALTHY, keys);
  });
  afterAll(async () => expect(await both.stop()).toBe(0));

  test('is the fault of upstream DNS, and is over within an interval of its end', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `d${i}-crowd.test`);
    const mend = m.cluster.upstream.answer('SERVFAIL', { names });
    await untilAll(both, '0 target_failing upstream_dns', keys.slice(0, 200));
    await said(both, 3);
    mend();
    // 1.2 intervals, one second in CoreDNS's cache, and one second of tolerance.
    expect(await untilAll(both, HEALTHY, keys)).toBeLessThan(1.2 * INTERVAL_MS + 2_000);
  });
});

describeE2e('a Service of which pods get no answer', () => {
  const m = monitored(({ kube }) =>
    kube.create(externalName('app', 'www.example.test')).then(async () => {
      await kube.create(externalName('fine', 'db.other.test'));
      await kube.create(externalName('unsteady', 'v4.example.test'));
    }),
  );
  afterEach(() => m.cluster.mend());

  test('while its CNAME is served and its target resolves, is broken by cluster DNS', async () => {
    const usual = { 'default/fine': HEALTHY, 'default/unsteady': HEALTHY };
    await m.verdicts({ ...usual, 'default/app': HEALTHY });
    m.cluster.dns.cutOff({ names: [`app.${CLUSTER}`], types: ['A', 'AAAA'] });
    await m.verdicts({ ...usual, 'default/app': '0 app_view_broken cluster_dns' });
    expect((await said(m.monitor, 5))['default/app']).toEqual(['0 app_view_broken cluster_dns']);
  });

  test('is healthy with the first good round after its spec is fixed, whatever came before', async () => {
    // Alternating rounds are remembered for eight rounds.
    const flap = async () => {
      const mend = m.cluster.upstream.answer('SERVFAIL', { names: ['v4.example.test'] });
      await untilAll(m.monitor, '0 target_failing target', ['default/unsteady']);
      mend();
      await until('an address', async () => {
        return verdictsOf(await m.monitor.samples())['default/unsteady']?.startsWith('1 ');
      });
    };
    for (let i = 0; i < 4; i++) await flap();
    await untilAll(m.monitor, '1 degraded target', ['default/unsteady']);
    await m.cluster.kube.patch(externalName('unsteady'), {
      spec: { externalName: 'www.other.test' },
    });
    const info = async () => {
      const { text } = await m.monitor.get('/metrics');
      return /_info\{.*service="unsteady".*external_name="www.other.test"/.test(text);
    };
    await until('the new target', info);
    await said(m.monitor, 1);
    const words = (await said(m.monitor, 3))['default/unsteady'];
    expect(words).toEqual([HEALTHY]);
  });
});

describeE2e('two shards', () => {
  const EXPECTED: Readonly<Record<string, string>> = {
    fine: HEALTHY,
    'loop-a': '0 invalid_target config',
    'loop-b': '0 invalid_target config',
    failing: '0 target_failing target',
    'to-failing': '0 target_failing target',
    dead: '0 target_nxdomain target',
    'to-dead': '0 target_nxdomain target',
    hanging: '0 target_failing target',
    'to-hanging': '0 target_failing target',
    'to-fine': HEALTHY,
  };
  const TARGETS: Readonly<Record<string, string>> = {
    fine: 'www.example.test',
    'loop-a': `loop-b.${CLUSTER}`,
    'loop-b': `loop-a.${CLUSTER}`,
    failing: 'www.failing.test',
    dead: 'gone.example.test',
    hanging: 'www.hanging.test',
  };
  const www: Zone = { www: ['A 192.0.2.10', 'AAAA 2001:db8::10'] };
  const shards: Program[] = [];

  /** Creates a Service repeatedly until the shard of its UID differs from the shard `other`. */
  async function apart(kube: Kube, name: string, target: string, other?: string): Promise<void> {
    for (;;) {
      await kube.create(externalName(name, target));
      if (other === undefined) return;
      const found = async () => {
        const both = await Promise.all(shards.map((one) => one.samples()));
        const of = both.map((samples) => Object.keys(verdictsOf(samples)));
        return of.some((keys) => keys.includes(`default/${name}`)) && of;
      };
      const of = await until(`the shard of ${name}`, found);
      const shardOf = (which: string) => of.findIndex((keys) => keys.includes(`default/${which}`));
      if (shardOf(name) !== shardOf(other)) return;
      await kube.delete(externalName(name));
    }
  }

  const m = monitored(
    async (cluster) => {
      cluster.upstream.answer('SERVFAIL', { names: ['failing.test'] });
      cluster.upstream.cutOff({ names: ['hanging.test'] });
      for (const shard of [0, 1]) {
        const args = [`--shard=${shard}`, '--total-shards=2', '--timeout=3s'];
        shards.push(await startMonitor(cluster, args));
      }
    },
    ['--timeout=3s'],
    { zones: { 'example.test': www, 'failing.test': www, 'hanging.test': www } },
  );
  afterAll(async () => {
    for (const shard of shards) expect(await shard.stop()).toBe(0);
  });

  test('say the same as one monitor, also of aliases of the Services of the other', async () => {
    const { kube } = m.cluster;
    for (const name of ['fine', 'failing', 'dead', 'hanging']) {
      await apart(kube, name, TARGETS[name] ?? '');
      await until(name, async () => {
        const all = await Promise.all(shards.map((one) => one.samples()));
        return all.some((samples) => `default/${name}` in verdictsOf(samples));
      });
      await apart(kube, `to-${name}`, `${name}.${CLUSTER}`, name);
    }
    await apart(kube, 'loop-a', TARGETS['loop-a'] ?? '');
    await apart(kube, 'loop-b', TARGETS['loop-b'] ?? '', 'loop-a');
    const expected = Object.fromEntries(
      Object.entries(EXPECTED).map(([name, words]) => [`default/${name}`, words]),
    );
    await m.verdicts(expected);
    let seen: Record<string, string> = {};
    const same = async () => {
      const all = await Promise.all(shards.map((one) => one.samples()));
      expect(all.map((samples) => Object.keys(verdictsOf(samples)).length > 0)).toEqual([
        true,
        true,
      ]);
      seen = Object.assign({}, ...all.map(verdictsOf));
      return (
        JSON.stringify(Object.entries(seen).sort()) ===
        JSON.stringify(Object.entries(expected).sort())
      );
    };
    await until('the same', same, { deadlineMs: 40_000 }).catch(() =>
      expect(seen).toEqual(expected),
    );
  });
});
