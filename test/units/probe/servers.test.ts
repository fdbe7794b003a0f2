/** Servers that are asked on their own; against embedded DNS servers. */
import { afterAll, describe, expect, it } from 'vitest';
import { parseServers } from '../../../src/config/values.ts';
import { DnsServer } from '../../../src/demo/dns/server.ts';
import * as tamper from '../../../src/demo/dns/tamper.ts';
import type { FromWorker, ProbeConfig, SensorReport, Server } from '../../../src/model/messages.ts';
import type { Round } from '../../../src/model/round.ts';
import { Prober } from '../../../src/probe/prober.ts';
import { probeConfig } from '../../fixtures/probe-config.ts';
import { specOf } from '../../fixtures/spec.ts';
import { until } from '../../lab/cluster/until.ts';

/** Stopped at the end: the tests run side by side, because they mostly wait. */
const running: { stop(): unknown }[] = [];

afterAll(async () => {
  await Promise.all(running.splice(0).map((part) => part.stop()));
});

async function startServer(targets: ReadonlyMap<string, string>): Promise<DnsServer> {
  const dns = new DnsServer({
    services: (namespace, name) => {
      if (namespace === 'default') return { type: 'ClusterIP', addresses: ['10.96.0.1'] };
      const externalName = targets.get(name);
      return externalName === undefined ? undefined : { type: 'ExternalName', externalName };
    },
  });
  await dns.start();
  dns.internet.set('db.example.com', { a: ['192.0.2.1'] });
  running.push(dns);
  return dns;
}

const serverOf = (dns: DnsServer): Server => {
  const [server] = parseServers(dns.address);
  if (!server) throw new Error(`Cannot use a DNS server: no address, got ${dns.address}`);
  return server;
};

/** Two pods and the server that pods ask; each knows what is in its own map. */
async function start(change: Partial<ProbeConfig> = {}) {
  const known = [new Map<string, string>(), new Map<string, string>(), new Map<string, string>()];
  const [vip, one, two] = await Promise.all(known.map(startServer));
  if (!vip || !one || !two) throw new Error('Cannot start: three servers are needed');
  const messages: FromWorker[] = [];
  const config = probeConfig([serverOf(vip)], { intervalMs: 300, timeoutMs: 100, ...change });
  const prober = new Prober(config, (message) => messages.push(message));
  running.push(prober);
  const serve = (name: string, externalName = 'db.example.com', by = known): void => {
    for (const services of by) services.set(name, externalName);
  };
  const rounds = () =>
    messages
      .filter((message) => message.type === 'round')
      .filter((report) => report.kind === 'judged');
  const singles = (dns?: DnsServer) =>
    rounds()
      .flatMap((report) => report.singles)
      .filter(({ server }) => !dns || server === dns.address);
  const converged = () =>
    messages.filter((message) => message.type === 'converged').map(({ server }) => server);
  return { prober, messages, known, vip, one, two, serve, rounds, singles, converged };
}

const spec = specOf('db', { externalName: 'db.example.com', settings: { intervalMs: 300 } });
const alias = 'db.shop.svc.cluster.local';

describe.concurrent('SingleServers', () => {
  it('asks one pod after each round, in rotation, with the control query to each', async () => {
    const { prober, messages, one, two, serve, singles } = await start();
    serve('db');
    prober.setPods([serverOf(one), serverOf(two)]);
    prober.watch(spec, 'known');
    await until('singles', () => singles().length >= 4);
    const servers = singles().map(({ server }) => server);
    expect(new Set(servers.slice(0, 2)).size).toBe(2);
    expect(servers[2]).toBe(servers[0]);
    expect(singles()[0]?.round).toMatchObject({
      app: { A: { outcome: 'ok' } },
      alias: { outcome: 'ok' },
    });
    // The target hop would say nothing of the pod.
    expect(one.queriesFor('db.example.com')).toEqual([]);
    const controls = messages.filter(
      (message): message is SensorReport => message.type === 'control',
    );
    expect(controls.map(({ server }) => server)).toContain(two.address);
  });

  it('asks none where there is one server, and several of --cluster-dns each', async () => {
    const alone = await start();
    alone.serve('db');
    alone.prober.watch(spec, 'known');
    await until('rounds', () => alone.vip.queriesFor(alias, 'CNAME').length >= 3);
    expect(alone.singles()).toEqual([]);

    const { one, two } = alone;
    const several = await start({ servers: [serverOf(one), serverOf(two)] });
    alone.serve('db');
    several.prober.watch(spec, 'known');
    await until('singles', () => several.singles(two).length >= 1);
  });

  it('asks again before it says that a pod does worse', async () => {
    const { prober, one, serve, singles, known } = await start();
    serve('db', 'db.example.com', known.slice(0, 1));
    prober.setPods([serverOf(one)]);
    prober.watch(spec, 'known');
    await until('a look', () => singles().length >= 1);
    expect(
      singles()
        .slice(0, 2)
        .map(({ round }) => round.alias?.outcome),
    ).toEqual(['nxdomain', 'nxdomain']);
  });

  it('asks a bad round again, however often, while a pod does worse than another', async () => {
    const { prober, rounds, one, two, vip, serve, singles } = await start();
    serve('db');
    two.tamper(tamper.withRcode('SERVFAIL'), { name: alias });
    prober.setPods([serverOf(one), serverOf(two)]);
    prober.watch(spec, 'known');
    await until('the bad one seen', () => singles(two).length >= 1);
    vip.tamper(tamper.withRcode('SERVFAIL'), { name: alias });
    const bad = () => rounds().filter(({ round }) => round.alias?.outcome === 'servfail');
    await until('bad rounds', () => bad().length >= 3, { deadlineMs: 20_000 });
    expect(bad()[0]?.earlier[0]?.alias?.outcome).toBe('servfail');
    for (const { failingServers } of bad()) expect(failingServers).toEqual([two.address]);
  });

  it('makes a bad round again if all pods turn out to serve: it met one that has been mended since', async () => {
    const { prober, rounds, one, two, vip, serve } = await start();
    serve('db');
    const asked = (dns: DnsServer) => dns.queriesFor(alias, 'CNAME').length;
    const isMended = () => asked(one) > 0 && asked(two) > 0;
    const servfail = tamper.withRcode('SERVFAIL');
    vip.tamper((exchange) => (isMended() ? undefined : servfail(exchange)), { name: alias });
    prober.setPods([serverOf(one), serverOf(two)]);
    prober.watch(spec, 'known');
    await until('rounds', () => rounds().length >= 3);
    const outcomes = (some: readonly Round[]) => some.map(({ alias: one }) => one?.outcome);
    expect(outcomes(rounds()[0]?.earlier ?? [])).toEqual(['servfail', 'servfail']);
    expect(outcomes(rounds().map(({ round }) => round)).slice(0, 2)).toEqual(['ok', 'ok']);
  });

  it('does not wait for a pod that does not answer its control query', async () => {
    const { prober, messages, one, two, serve, singles } = await start();
    serve('db');
    two.tamper(tamper.drop);
    prober.setPods([serverOf(one), serverOf(two)]);
    const isReported = () =>
      messages.some(
        (message) =>
          message.type === 'control' &&
          message.server === two.address &&
          message.result.outcome === 'timeout',
      );
    await until('the control query', isReported);
    prober.watch(spec, 'known');
    await until('singles', () => singles(one).length >= 3);
    expect(singles(two)).toEqual([]);
  });

  it('follows an edit on its way to each server', async () => {
    // Longer than anything takes here, also on a busy machine: what converges later is not reported.
    const convergenceDeadlineMs = 60_000;
    const bench = await start({ convergenceDeadlineMs });
    const { prober, one, two, vip, serve, singles, converged, known } = bench;
    serve('db');
    prober.setPods([serverOf(one), serverOf(two)]);
    prober.watch(spec, 'known');
    await until('a round', () => vip.queriesFor(alias, 'CNAME').length >= 1);
    prober.watch(
      specOf('db', { externalName: 'db2.example.com', settings: { intervalMs: 300 } }),
      'fresh',
    );
    serve('db', 'db2.example.com', known.slice(0, 2));
    await until('two converged', () => converged().length >= 2);
    expect(converged().sort()).toEqual([vip.address, one.address].sort());
    const behind = () => singles(two).some(({ round }) => round.alias?.outcome === 'mismatch');
    await until('the third seen behind', behind);
    serve('db', 'db2.example.com');
    await until('the third converged', () => converged().length >= 3);
    expect(converged()[2]).toBe(two.address);
  });

  it('leaves a pod that is gone alone', async () => {
    const { prober, one, two, serve, singles } = await start();
    serve('db');
    prober.setPods([serverOf(one), serverOf(two)]);
    prober.watch(spec, 'known');
    await until('singles', () => singles(two).length >= 1);
    prober.setPods([serverOf(one)]);
    const count = singles(one).length;
    await until('a look under way to end', () => singles(one).length >= count + 1);
    const asked = two.queryCount;
    await until('more singles', () => singles(one).length >= count + 3);
    expect(two.queryCount).toBe(asked);
  });

  it('keeps to its budget, however many Services there are', async () => {
    const { prober, one, serve, singles, rounds } = await start({
      intervalMs: 1_000,
      timeoutMs: 900,
    });
    prober.setPods([serverOf(one)]);
    const settings = { intervalMs: 1_000 };
    for (let i = 0; i < 100; i++) {
      serve(`s${i}`);
      prober.watch(specOf(`s${i}`, { externalName: 'db.example.com', settings }), 'known');
    }
    const since = performance.now();
    await until('three intervals', () => rounds().length >= 300);
    const seconds = (performance.now() - since) / 1000;
    // Of so many rounds, forty a second, and a purse that is full at first, are followed by a look.
    expect(singles().length).toBeGreaterThan(40);
    expect(singles().length).toBeLessThanOrEqual(40 * (seconds + 1));
  });
});
