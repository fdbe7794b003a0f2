/** Silence of cluster DNS, and of all that it forwards to; on virtual time. */
import { describe, expect, it } from 'vitest';
import type { Script } from './_fake.ts';
import { Bench } from './_fake.ts';

const INTERVAL_MS = 30_000;
const NAMES = Array.from({ length: 20 }, (_, i) => `s${i}`);
const isLocal = (name: string): boolean => name.endsWith('.cluster.local');

/** All that must be forwarded hangs; what cluster DNS serves itself is answered. */
const upstreamHangs: Script = ({ name }) => {
  if (!isLocal(name)) return 'timeout';
  return undefined;
};

function counts(bench: Bench, since: number) {
  const rounds = bench.rounds().filter(({ at }) => at >= since);
  return {
    silent: new Set(rounds.filter(({ kind }) => kind === 'silent').map(({ key }) => key)).size,
    judged: new Set(rounds.filter(({ kind }) => kind === 'judged').map(({ key }) => key)).size,
  };
}

describe('cluster DNS silent', () => {
  it('is reported of all within an interval, and then sampled once a second', async () => {
    const bench = new Bench({ intervalMs: INTERVAL_MS });
    for (const name of NAMES) bench.watch(name);
    await bench.advance(2 * INTERVAL_MS);
    bench.dns.script = () => 'timeout';
    await bench.advance(2 * INTERVAL_MS);
    const since = bench.clock.now();
    expect(new Set(bench.silent().map(({ key }) => key)).size).toBe(NAMES.length);
    expect(bench.silent().every(({ because }) => because === 'cluster_dns')).toBe(true);
    const asked = bench.dns.asked.length;
    await bench.advance(1.6 * INTERVAL_MS);
    expect(counts(bench, since)).toEqual({ silent: NAMES.length, judged: 0 });
    // Samples are asked, though not of every Service at once.
    const samples = bench.dns.asked.slice(asked).filter(({ type }) => type === 'CNAME');
    expect(samples.length).toBeGreaterThan(5);
    expect(samples.length).toBeLessThanOrEqual((1.6 * INTERVAL_MS) / 1_000);
    expect(bench.prober.takeSkipped().silent).toBeGreaterThan(0);
  });

  it('ends with the answer to a sample, and all are asked within an interval', async () => {
    const bench = new Bench({ intervalMs: INTERVAL_MS });
    for (const name of NAMES) bench.watch(name);
    await bench.advance(2 * INTERVAL_MS);
    bench.dns.script = () => 'timeout';
    await bench.advance(3 * INTERVAL_MS);
    // The control name stays silent: only a sample shows the end.
    bench.dns.script = ({ name }) => (name.startsWith('kubernetes.') ? 'timeout' : undefined);
    const since = bench.clock.now();
    await bench.advance(INTERVAL_MS);
    expect(counts(bench, since).judged).toBe(NAMES.length);
    expect([bench.prober.outstanding, bench.dns.opened]).toEqual([0, 0]);
  });

  it('leaves no long gap behind', async () => {
    const bench = new Bench({ intervalMs: INTERVAL_MS });
    const names = Array.from({ length: 100 }, (_, i) => `s${i}`);
    for (const name of names) bench.watch(name);
    await bench.advance(2 * INTERVAL_MS);
    bench.dns.script = () => 'timeout';
    await bench.advance(2.1 * INTERVAL_MS);
    bench.dns.script = () => undefined;
    const since = bench.clock.now();
    await bench.advance(4 * INTERVAL_MS);
    const gaps = names.flatMap((name) => {
      const times = bench
        .judged(name)
        .map(({ at }) => at)
        .filter((at) => at >= since);
      return times.slice(1).map((at, i) => at - (times[i] ?? 0));
    });
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1.25 * INTERVAL_MS);
  });

  it('reaches a Service with a long interval within the one of the operator, and so does its end', async () => {
    const bench = new Bench({ intervalMs: INTERVAL_MS });
    for (const name of NAMES) bench.watch(name);
    const { key } = bench.watch('rare', { settings: { intervalMs: 3_600_000 } });
    bench.prober.again([key]);
    await bench.advance(2 * INTERVAL_MS);
    expect(bench.judged('rare')).toHaveLength(1);
    bench.dns.script = () => 'timeout';
    await bench.advance(2 * INTERVAL_MS);
    expect(bench.silent('rare').length).toBeGreaterThanOrEqual(1);
    bench.dns.script = () => undefined;
    await bench.advance(INTERVAL_MS);
    expect(bench.judged('rare')).toHaveLength(2);
  });
});

describe('upstream silent', () => {
  const start = async (ttl?: Record<string, number>) => {
    const bench = new Bench({ intervalMs: INTERVAL_MS, upstreamCanary: '.', timeoutMs: 2_000 });
    for (const name of NAMES) bench.watch(name);
    bench.watch('inner', { externalName: 'db.other.svc.cluster.local' });
    bench.watch('literal', { externalName: '192.0.2.9' });
    const works: Script = ({ name }) => {
      const seconds = ttl?.[name];
      return seconds === undefined ? undefined : { outcome: 'ok', ms: 20, ttl: seconds };
    };
    bench.dns.script = works;
    await bench.advance(2.5 * INTERVAL_MS);
    const hang: Script = (query) => works(query) ?? upstreamHangs(query);
    return { bench, works, hang };
  };

  it('is reported of all that is forwarded, and of nothing else', async () => {
    const { bench, hang } = await start();
    bench.dns.script = hang;
    await bench.advance(2.5 * INTERVAL_MS);
    const since = bench.clock.now();
    await bench.advance(INTERVAL_MS * 1.2);
    expect(counts(bench, since)).toEqual({ silent: NAMES.length, judged: 2 });
    expect(bench.silent().every(({ because }) => because === 'upstream_dns')).toBe(true);
    const judged = bench.judged().filter(({ at }) => at >= since);
    expect(new Set(judged.map(({ key }) => key))).toEqual(new Set(['shop/inner', 'shop/literal']));
    // Samples: one a second, each waiting for two hops.
    expect(bench.prober.outstanding).toBeLessThanOrEqual(10);
  });

  it('goes on with what cluster DNS has in its cache, which does not end the silence', async () => {
    const { bench, hang } = await start({ 's0.example': 3_600 });
    bench.dns.script = hang;
    await bench.advance(2.5 * INTERVAL_MS);
    const since = bench.clock.now();
    await bench.advance(3 * INTERVAL_MS);
    expect(counts(bench, since)).toEqual({ silent: NAMES.length - 1, judged: 3 });
  });

  it('does not take the NXDOMAIN of an alias for an answer from outside', async () => {
    const { bench, hang } = await start();
    bench.dns.targets.delete('shop/s0');
    bench.dns.script = hang;
    await bench.advance(3 * INTERVAL_MS);
    const since = bench.clock.now();
    await bench.advance(3 * INTERVAL_MS);
    expect(counts(bench, since).judged).toBe(2);
  });

  it('is sampled once a second, and ends with the answer to a sample', async () => {
    const { bench, hang } = await start();
    bench.dns.script = hang;
    await bench.advance(2.5 * INTERVAL_MS);
    const asked = bench.dns.asked.length;
    await bench.advance(INTERVAL_MS);
    const isSample = ({ name, type }: { name: string; type: string }): boolean =>
      type === 'CNAME' && name.startsWith('s');
    const samples = bench.dns.asked.slice(asked).filter(isSample).length;
    expect(samples).toBeGreaterThan(3);
    expect(samples).toBeLessThanOrEqual(INTERVAL_MS / 1_000);
    // The sensor alone still hangs.
    bench.dns.script = ({ name }) => (name === '.' ? 'timeout' : undefined);
    const since = bench.clock.now();
    await bench.advance(1.5 * INTERVAL_MS);
    expect(counts(bench, since).judged).toBe(NAMES.length + 2);
  });

  it('is reported of many separate domains no later than of a few', async () => {
    const bench = new Bench({ upstreamCanary: '.', timeoutMs: 2_000, maxOutstanding: 20 });
    const names = Array.from({ length: 300 }, (_, i) => `s${i}`);
    for (const name of names) bench.watch(name);
    await bench.advance(2 * INTERVAL_MS);
    bench.dns.script = upstreamHangs;
    await bench.advance(1.5 * INTERVAL_MS);
    expect(new Set(bench.silent().map(({ key }) => key)).size).toBe(names.length);
  });

  it('is not believed of one domain, however many Services lead there', async () => {
    const bench = new Bench({ intervalMs: INTERVAL_MS, upstreamCanary: '.', timeoutMs: 2_000 });
    for (const name of NAMES) bench.watch(name, { externalName: `${name}.one.example` });
    await bench.advance(2 * INTERVAL_MS);
    bench.dns.script = upstreamHangs;
    await bench.advance(3 * INTERVAL_MS);
    expect(bench.silent()).toEqual([]);
  });
});
