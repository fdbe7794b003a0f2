/** Servers that are asked on their own, on virtual time; for real ones see servers.test.ts. */
import { describe, expect, it } from 'vitest';
import type { ProbeConfig, Server } from '../../../src/model/messages.ts';
import { Budget } from '../../../src/probe/budget.ts';
import type { Core } from '../../../src/probe/core.ts';
import { Sensors } from '../../../src/probe/sensors.ts';
import { SingleServers } from '../../../src/probe/single-servers.ts';
import { newWatched } from '../../../src/probe/watched.ts';
import { probeConfig } from '../../fixtures/probe-config.ts';
import { specOf } from '../../fixtures/spec.ts';
import { aliasName, Bench, FakeClock, FakeDns, type Query, type Script, SERVER } from './_fake.ts';

const INTERVAL_MS = 30_000;
const [ONE, TWO] = [1, 2].map(
  (n): Server => ({ address: `10.0.1.${n}`, port: 53, label: `10.0.1.${n}:53` }),
) as [Server, Server];

/** Two discovered pods beside the server that pods ask. */
function start(services: number, change: Partial<ProbeConfig> = {}): Bench {
  const bench = new Bench({ timeoutMs: 2_000, ...change });
  bench.prober.setPods([ONE, TWO]);
  for (let i = 0; i < services; i++) bench.watch(`s${i}`);
  return bench;
}

const isForwarded = ({ name }: Query): boolean => name !== '.' && !name.startsWith('kubernetes.');
/** One server's forwarder hangs: it answers what it knows by itself. */
const forwarderHangs =
  (server: Server): Script =>
  (query) =>
    query.server === server.label && query.type !== 'CNAME' && isForwarded(query)
      ? 'timeout'
      : undefined;
const sensorToo =
  (server: Server): Script =>
  (query) =>
    query.server === server.label && query.name === '.' ? 'timeout' : forwarderHangs(server)(query);

const forwarding = (bench: Bench) =>
  bench.messages
    .filter((message) => message.type === 'forwarding')
    .map(({ server, works }) => ({ server, works }));
const failingOf = (bench: Bench, since: number) =>
  new Set(
    bench
      .judged()
      .filter(({ at }) => at >= since)
      .flatMap(({ failingServers }) => failingServers),
  );

/** What pods ask about each fifth Service hangs. */
const met = (query: Query): boolean =>
  query.server === SERVER.label && /s\d*[05]\./.test(query.name) && query.type !== 'CNAME';

describe('a server whose forwarder hangs', () => {
  it('is known before Services turn bad, though its sensor is answered from its cache and the budget is in use', async () => {
    const bench = start(200, { upstreamCanary: '.', maxOutstanding: 20 });
    await bench.advance(2 * INTERVAL_MS);
    bench.dns.script = forwarderHangs(TWO);
    await bench.advance(INTERVAL_MS / 3);
    const since = bench.clock.now();
    // What pods ask meets it as well.
    bench.dns.script = (query) => (met(query) ? 'timeout' : forwarderHangs(TWO)(query));
    await bench.advance(INTERVAL_MS);
    const bad = bench
      .judged()
      .filter(({ at, round }) => at >= since && round.app?.A?.outcome === 'timeout');
    expect(bad.length).toBeGreaterThan(10);
    expect(bad.filter(({ failingServers }) => failingServers.length === 0)).toEqual([]);
  });

  it('is not taken to fail others where all servers let queries hang', async () => {
    const bench = start(200, { upstreamCanary: '.', maxOutstanding: 20 });
    await bench.advance(2 * INTERVAL_MS);
    const allHang: Script = (query) => forwarderHangs(ONE)(query) ?? forwarderHangs(TWO)(query);
    // What pods ask is answered from a cache for a while.
    bench.dns.script = allHang;
    await bench.advance(INTERVAL_MS / 3);
    const since = bench.clock.now();
    bench.dns.script = (query) => (met(query) ? 'timeout' : allHang(query));
    await bench.advance(INTERVAL_MS);
    const asked = new Set<string>();
    const bad = bench.judged().filter(({ key, at, round, singles }) => {
      const isNew = !asked.has(key);
      if (at >= since - INTERVAL_MS / 3 && singles.length > 0) asked.add(key);
      return at >= since && isNew && round.app?.A?.outcome === 'timeout';
    });
    expect(bad.length).toBeGreaterThan(10);
    expect(bad.filter(({ failingServers }) => failingServers.length > 0)).toEqual([]);
  });

  it('is reported by the sensor, once, and sampled, while rounds are on time', async () => {
    const bench = start(200, { upstreamCanary: '.' });
    await bench.advance(2 * INTERVAL_MS);
    bench.dns.script = sensorToo(TWO);
    await bench.advance(2 * INTERVAL_MS);
    expect(forwarding(bench)).toEqual([{ server: TWO.label, works: false }]);
    const since = bench.clock.now();
    bench.prober.takeSkipped();
    await bench.advance(3 * INTERVAL_MS);
    const rounds = bench.judged().filter(({ at }) => at >= since);
    expect(rounds.length).toBeGreaterThanOrEqual(590);
    expect(bench.prober.takeSkipped().busy ?? 0).toBe(0);
    expect(Math.max(...rounds.map(({ delaySeconds }) => delaySeconds))).toBeLessThan(1);
    expect(rounds.every(({ round }) => round.app?.A?.outcome === 'ok')).toBe(true);
    const looks = bench.dns.queriesFor('.').length;
    expect(looks).toBeGreaterThan(0);
    const samples = bench.dns.asked.filter(
      ({ server, type, at }) => server === TWO.label && type === 'A' && at >= since,
    );
    // One a second, and once more where it is news of the Service; without an end to it, it would be three hundred.
    expect(samples.length).toBeLessThanOrEqual(130);
    expect(samples.length).toBeGreaterThan(20);
    bench.dns.script = () => undefined;
    await bench.advance(INTERVAL_MS * 1.2);
    expect(forwarding(bench).at(-1)).toEqual({ server: TWO.label, works: true });
    expect(forwarding(bench)).toHaveLength(2);
  });

  it('is reported after three rounds that hung, where no sensor can say so', async () => {
    const bench = start(50);
    await bench.advance(2 * INTERVAL_MS);
    bench.dns.script = forwarderHangs(TWO);
    await bench.advance(INTERVAL_MS);
    expect(forwarding(bench)).toEqual([{ server: TWO.label, works: false }]);
    bench.dns.script = () => undefined;
    await bench.advance(INTERVAL_MS);
    expect(forwarding(bench).at(-1)).toEqual({ server: TWO.label, works: true });
  });

  it('is not seen in targets that hang everywhere', async () => {
    const bench = start(60);
    await bench.advance(2 * INTERVAL_MS);
    bench.dns.script = ({ name }) => (/^s\d*[02468]\.example$/.test(name) ? 'timeout' : undefined);
    await bench.advance(5 * INTERVAL_MS);
    expect(forwarding(bench)).toEqual([]);
    expect(failingOf(bench, 0)).toEqual(new Set());
  });
});

describe('a server that fails a Service', () => {
  const deniesAt =
    (server: Server, names: readonly string[]): Script =>
    (query) =>
      query.server === server.label && names.some((name) => query.name === aliasName(name))
        ? 'nxdomain'
        : undefined;

  it('is believed after the deadline, asked before others, and asked twice at first', async () => {
    const bench = start(1, { convergenceDeadlineMs: 2 * INTERVAL_MS });
    await bench.advance(INTERVAL_MS);
    bench.dns.script = deniesAt(TWO, ['s0']);
    const failingAt = (): readonly (readonly string[])[] =>
      bench.judged().map(({ failingServers }) => failingServers);
    await bench.advance(3 * INTERVAL_MS);
    expect(failingAt().flat()).toEqual([]);
    await bench.advance(3 * INTERVAL_MS);
    expect(failingAt().at(-1)).toEqual([TWO.label]);
    const asked = bench
      .judged()
      .slice(-4)
      .map(({ singles }) => singles.map(({ server }) => server));
    expect(asked).toEqual(Array.from({ length: 4 }, () => [TWO.label]));
    const [first] = bench
      .judged()
      .filter(({ singles }) => singles[0]?.round.alias?.outcome === 'nxdomain');
    expect(first?.singles).toHaveLength(2);
    bench.dns.script = () => undefined;
    await bench.advance(1.5 * INTERVAL_MS);
    expect(failingAt().at(-1)).toEqual([]);
  });

  it('fails none that it serves a moment after the others, though there is no budget to ask again', async () => {
    const bench = start(1_500, { intervalMs: 10_000, convergenceDeadlineMs: 5_000 });
    await bench.advance(10_000);
    for (let i = 0; i < 40; i++) {
      bench.dns.script = deniesAt(TWO, [`s${i}`]);
      bench.watch(`s${i}`, { externalName: 'new.example' }, 'fresh');
      await bench.advance(400);
    }
    bench.dns.script = () => undefined;
    await bench.advance(15_000);
    const denied = bench
      .judged()
      .flatMap(({ singles }) => singles)
      .filter(({ round }) => round.alias?.outcome === 'nxdomain');
    expect(denied.length).toBeGreaterThan(5);
    expect(failingOf(bench, 0)).toEqual(new Set());
  });

  it('fails none within a round of each once it serves them, though there is no budget to ask about all Services', async () => {
    const bench = start(500, { intervalMs: 5_000, convergenceDeadlineMs: 0 });
    await bench.advance(5_000);
    const names = Array.from({ length: 30 }, (_, i) => `s${i}`);
    bench.dns.script = deniesAt(TWO, names);
    await bench.advance(30_000);
    expect(failingOf(bench, 0)).toEqual(new Set([TWO.label]));
    bench.dns.script = () => undefined;
    await bench.advance(6_000);
    const since = bench.clock.now();
    await bench.advance(6_000);
    expect(failingOf(bench, since)).toEqual(new Set());
  });

  it('no longer fails one whose queries it let hang, though targets that hang use the budget up', async () => {
    const bench = start(1, { maxOutstanding: 20 });
    for (let i = 0; i < 60; i++) bench.watch(`hangs${i}`);
    await bench.advance(2 * INTERVAL_MS);
    const hang =
      (names: RegExp, server?: Server): Script =>
      ({ name, type, server: label }) =>
        type !== 'CNAME' && names.test(name) && label === (server?.label ?? label)
          ? 'timeout'
          : undefined;
    const failing = (): readonly string[] | undefined => bench.judged('s0').at(-1)?.failingServers;
    bench.dns.script = hang(/^s0/, TWO);
    await bench.advance(3 * INTERVAL_MS);
    expect(failing()).toEqual([TWO.label]);
    bench.dns.script = (query) => hang(/^hangs/)(query) ?? hang(/^s0/, TWO)(query);
    await bench.advance(3 * INTERVAL_MS);
    expect(failing()).toEqual([TWO.label]);
    bench.dns.script = hang(/^hangs/);
    await bench.advance(3 * INTERVAL_MS);
    expect(failing()).toEqual([]);
  });

  it('fails none after an edit during the question', async () => {
    const bench = start(1, { convergenceDeadlineMs: 0 });
    await bench.advance(INTERVAL_MS);
    // The server is slow to deny the old target.
    bench.dns.script = (query) =>
      query.server !== '10.0.0.10:53' && query.name === aliasName('s0')
        ? { outcome: 'nxdomain', ms: 1_500 }
        : undefined;
    bench.prober.again(['shop/s0']);
    await bench.advance(500);
    bench.dns.script = () => undefined;
    bench.watch('s0', { externalName: 'new.example' }, 'fresh');
    const asked = bench.dns.asked.length;
    await bench.advance(3_000);
    // One for the new target; the denial of the old one is not asked about again.
    const looks = bench.dns.asked
      .slice(asked)
      .filter(
        ({ name, type, server }) =>
          name === aliasName('s0') && type === 'A' && server !== '10.0.0.10:53',
      );
    expect(looks).toHaveLength(
      bench.judged('s0').filter(({ target }) => target === 'new.example').length,
    );
    await bench.advance(3 * INTERVAL_MS);
    expect(failingOf(bench, 0)).toEqual(new Set());
  });

  it('is taken to fail all that turn bad at once', async () => {
    const bench = start(200, { convergenceDeadlineMs: 0 });
    await bench.advance(2 * INTERVAL_MS);
    const names = Array.from({ length: 200 }, (_, i) => `s${i}`);
    // The one that pods ask is that pod, for all of them within a second.
    bench.dns.script = (query) =>
      query.server !== ONE.label && names.some((name) => query.name === aliasName(name))
        ? 'nxdomain'
        : undefined;
    const since = bench.clock.now();
    bench.prober.again(names.map((name) => `shop/${name}`));
    await bench.advance(1.5 * INTERVAL_MS);
    const bad = bench
      .judged()
      .filter(({ at, round }) => at >= since && round.alias?.outcome === 'nxdomain');
    expect(new Set(bad.map(({ key }) => key)).size).toBe(200);
    expect(bad.filter(({ failingServers }) => !failingServers.includes(TWO.label))).toEqual([]);
  });
});

describe('the budget of single servers', () => {
  it('is a part of the whole one, and never waited for', async () => {
    const bench = start(100, { maxOutstanding: 20 });
    bench.dns.script = (query) =>
      isForwarded(query) && query.type !== 'CNAME' ? 'timeout' : undefined;
    await bench.advance(3 * INTERVAL_MS);
    expect(bench.dns.mostHeld).toBeLessThanOrEqual(20);
    bench.dns.script = () => undefined;
    await bench.advance(3 * INTERVAL_MS);
    expect([bench.prober.outstanding, bench.dns.held]).toEqual([0, 0]);
  });
});

it('keep nothing of servers that are gone', async () => {
  const clock = new FakeClock();
  const dns = new FakeDns(clock);
  dns.script = ({ type }) => (type === 'CNAME' ? 'nxdomain' : undefined);
  const config = probeConfig([SERVER], { intervalMs: INTERVAL_MS });
  const hooks = {
    report: () => {},
    onResult: () => {},
    pauseMs: () => INTERVAL_MS,
    onFault: (error: unknown) => {
      throw error;
    },
  };
  const sensors = new Sensors(config, clock, dns.open, hooks);
  const core: Core = {
    config,
    clock,
    open: dns.open,
    budget: new Budget(config.maxOutstanding, clock),
    report: () => {},
    skip: () => {},
    fault: (_, error) => hooks.onFault(error),
  };
  const singles = new SingleServers(core, sensors);
  const watched = newWatched(specOf('db'), config);
  for (let n = 1; n <= 20; n++) {
    singles.setPods([{ address: `10.0.2.${n}`, port: 53, label: `10.0.2.${n}:53` }]);
    const asking = singles.askOne(watched, {});
    await clock.advance(5_000);
    expect(await asking).not.toEqual([]);
  }
  expect([...watched.past.failing.keys()]).toEqual(['10.0.2.20:53']);
});
