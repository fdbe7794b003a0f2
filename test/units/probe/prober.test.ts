import { afterAll, describe, expect, it } from 'vitest';
import { parseServers } from '../../../src/config/values.ts';
import { DnsServer } from '../../../src/demo/dns/server.ts';
import * as tamper from '../../../src/demo/dns/tamper.ts';
import type {
  FromWorker,
  JudgedReport,
  ProbeConfig,
  SensorReport,
} from '../../../src/model/messages.ts';
import type { ServiceSpec } from '../../../src/model/service.ts';
import { steadyNow } from '../../../src/model/time.ts';
import { Prober } from '../../../src/probe/prober.ts';
import { phaseOf } from '../../../src/probe/schedule.ts';
import { probeConfig } from '../../fixtures/probe-config.ts';
import { type SpecChange, specOf } from '../../fixtures/spec.ts';
import { until } from '../../lab/cluster/until.ts';

/** Stopped at the end: the tests run side by side, because they mostly wait. */
const running: { stop(): unknown }[] = [];

afterAll(async () => {
  await Promise.all(running.splice(0).map((part) => part.stop()));
});

interface Bench {
  readonly dns: DnsServer;
  readonly prober: Prober;
  /** Judged ones. */
  readonly rounds: (key?: string) => JudgedReport[];
  readonly converging: () => number;
  readonly messages: FromWorker[];
  readonly serve: (name: string, externalName: string) => void;
}

async function start(change: Partial<ProbeConfig> = {}): Promise<Bench> {
  const services = new Map<string, string>();
  const dns = new DnsServer({
    services: (namespace, name) => {
      if (namespace === 'default' && name === 'kubernetes')
        return { type: 'ClusterIP', addresses: ['10.96.0.1'] };
      const externalName = services.get(`${namespace}/${name}`);
      return externalName === undefined ? undefined : { type: 'ExternalName', externalName };
    },
  });
  await dns.start();
  dns.internet.set('db.example.com', { a: ['192.0.2.1'] });
  const messages: FromWorker[] = [];
  const config = probeConfig(parseServers(dns.address), change);
  const prober = new Prober(config, (message) => messages.push(message));
  running.push(prober, dns);
  return {
    dns,
    prober,
    messages,
    rounds: (key) =>
      messages
        .filter((message) => message.type === 'round')
        .filter((report) => report.kind === 'judged')
        .filter((report) => !key || report.key === key),
    converging: () =>
      messages.filter((message) => message.type === 'round' && message.kind === 'converging')
        .length,
    serve: (name, externalName) => services.set(`shop/${name}`, externalName),
  };
}

function spec(name: string, externalName = 'db.example.com', change: SpecChange = {}): ServiceSpec {
  return specOf(name, { externalName, ...change });
}

/** Never has its turn within a test. */
const RARE = { settings: { intervalMs: 60_000 } };

const alias = (name: string): string => `${name}.shop.svc.cluster.local`;

describe.concurrent('Prober', () => {
  it('asks all hops of a Service once an interval: the app hop without EDNS, the round from one port', async () => {
    const { dns, prober, rounds, serve } = await start();
    serve('db', 'db.example.com');
    prober.watch(spec('db'), 'known');
    await until('the rounds', () => rounds().length >= 2);
    const [first] = rounds();
    expect(first?.round.app?.A).toMatchObject({ outcome: 'ok', addresses: ['192.0.2.1'] });
    expect(first?.round.app?.AAAA?.outcome).toBe('bare_cname');
    expect(first?.round.alias).toMatchObject({
      outcome: 'ok',
      chain: [{ name: 'db.example.com' }],
    });
    expect(first?.round.target?.A?.outcome).toBe('ok');
    const [app] = dns.queriesFor(alias('db'), 'A');
    expect(app?.edns).toBeUndefined();
    expect(dns.queriesFor(alias('db'), 'CNAME')[0]?.edns).toBeUndefined();
    expect(dns.queriesFor('db.example.com', 'A')[0]?.edns).toBe(1232);
    const ports = (name: string): (number | undefined)[] =>
      dns.queriesFor(name).map(({ sourcePort }) => sourcePort);
    expect(
      new Set([...ports(alias('db')).slice(0, 3), ...ports('db.example.com').slice(0, 2)]).size,
    ).toBe(1);
    expect(new Set(ports(alias('db'))).size).toBeGreaterThan(1);
  });

  it('asks again of those that it is told to, before their turn, which they keep', async () => {
    const intervalMs = 4_000;
    const { prober, rounds, serve } = await start({ intervalMs });
    const now = steadyNow();
    // One whose turn is half an interval away.
    const uid = Array.from({ length: 1_000 }, (_, i) => `uid-${i}`).find((one) => {
      const ahead = phaseOf(one, 'test') * intervalMs - (now % intervalMs);
      return Math.abs(((ahead + intervalMs) % intervalMs) - intervalMs / 2) < 100;
    });
    serve('db', 'db.example.com');
    prober.watch(
      spec('db', 'db.example.com', { uid: uid ?? 'none', settings: { intervalMs } }),
      'known',
    );
    prober.again(['shop/none', 'shop/db']);
    await until('a round', () => rounds().length === 1, { deadlineMs: 1_000 });
    await until('its turn', () => rounds().length === 2, { deadlineMs: 3_500 });
    expect(prober.takeSkipped()).toEqual({});
  });

  it('alternates which of app and target goes first', async () => {
    const { dns, prober, rounds, serve } = await start();
    serve('db', 'db.example.com');
    prober.watch(spec('db'), 'known');
    await until('the rounds', () => rounds().length >= 2);
    const order = dns.queries
      .filter(({ type }) => type === 'A')
      .map(({ name }) => name)
      .filter((name) => name.includes('db'));
    expect(order.slice(0, 4)).toEqual([
      alias('db'),
      'db.example.com',
      'db.example.com',
      alias('db'),
    ]);
  });

  it('asks a new failure again before it reports it, and an old one only once a round', async () => {
    const { dns, prober, rounds, serve } = await start();
    serve('db', 'gone.example.com');
    prober.watch(spec('db', 'gone.example.com'), 'known');
    await until('the rounds', () => rounds().length >= 2);
    const [first, second] = rounds();
    expect(first?.earlier[0]?.target?.A?.outcome).toBe('nxdomain');
    expect(first?.round.target?.A?.outcome).toBe('nxdomain');
    expect(second?.earlier).toEqual([]);
    expect(dns.queriesFor(alias('db'), 'CNAME').length).toBe(3);
  });

  it('does not report a failure that is gone when it looks again', async () => {
    const { dns, prober, rounds, serve } = await start();
    serve('db', 'db.example.com');
    dns.tamper(tamper.withRcode('SERVFAIL'), { name: alias('db'), times: 3 });
    prober.watch(spec('db'), 'known');
    await until('the rounds', () => rounds().length >= 1);
    expect(rounds()[0]?.earlier[0]?.app?.A?.outcome).toBe('servfail');
    expect(rounds()[0]?.round.app?.A?.outcome).toBe('ok');
  });

  it('asks again when one hop of a failing Service recovers, and reports what both then say', async () => {
    const { dns, prober, rounds, serve } = await start();
    serve('db', 'gone.example.com');
    prober.watch(spec('db', 'gone.example.com'), 'known');
    await until('the rounds', () => rounds().length >= 2);
    dns.internet.set('gone.example.com', { a: ['192.0.2.1'] });
    for (const type of ['A', 'AAAA'] as const) {
      dns.tamper(tamper.withRcode('SERVFAIL'), { name: alias('db'), type, times: 1 });
    }
    await until('the recovery', () => rounds().at(-1)?.round.target?.A?.outcome === 'ok');
    expect(rounds().at(-1)?.earlier[0]?.app?.A?.outcome).toBe('servfail');
    expect(rounds().at(-1)?.round.app?.A?.outcome).toBe('ok');
  });

  it('asks again when cluster DNS comes back between two hops', async () => {
    const { dns, prober, rounds, serve } = await start();
    serve('db', 'db.example.com');
    const servfail = tamper.withRcode('SERVFAIL');
    const end = dns.tamper(servfail, { name: alias('db') });
    prober.watch(spec('db'), 'known');
    await until('the rounds', () => rounds().length >= 2);
    // The alias fails once more, and what pods ask does not.
    end();
    dns.tamper(servfail, { name: alias('db'), type: 'CNAME', times: 1 });
    const recovered = () => rounds().find(({ round }) => round.app?.A?.outcome === 'ok');
    await until('the recovery', () => recovered() !== undefined);
    expect(recovered()?.earlier[0]?.alias?.outcome).toBe('servfail');
    expect(recovered()?.round.alias?.outcome).toBe('ok');
  });

  it('asks an equal target once for all Services that share it', async () => {
    const { dns, prober, rounds, serve } = await start();
    const slow = { settings: { intervalMs: 2_000 } };
    const names = Array.from({ length: 10 }, (_, i) => `db${i}`);
    for (const name of names) {
      serve(name, 'db.example.com');
      prober.watch(spec(name, 'db.example.com', slow), 'known');
    }
    await until('the rounds', () => names.every((name) => rounds(spec(name).key).length >= 1));
    // Ten rounds; concurrent first ones may each ask, but not all of them.
    expect(dns.queriesFor('db.example.com', 'A').length).toBeLessThan(6);
    expect(rounds().some(({ targetShared }) => targetShared)).toBe(true);
    expect(rounds().every(({ round }) => round.target?.A?.outcome === 'ok')).toBe(true);
  });

  it('shares the target hop, and nothing else of a round', async () => {
    const { prober, rounds, serve } = await start();
    const slow = { settings: { intervalMs: 1_000 } };
    for (const name of ['served-1', 'served-2', 'served-3']) {
      serve(name, 'db.example.com');
      prober.watch(spec(name, 'db.example.com', slow), 'known');
    }
    prober.watch(spec('missing', 'db.example.com', slow), 'known');
    await until('the rounds', () => rounds('shop/missing').length >= 2);
    for (const { round } of rounds('shop/missing')) {
      expect([round.alias?.outcome, round.app?.A?.outcome]).toEqual(['nxdomain', 'nxdomain']);
    }
  });

  it('asks only CNAME of a new Service until cluster DNS knows it, then everything at once', async () => {
    // The deadline is far, also on a busy machine.
    const { dns, prober, rounds, converging, serve } = await start({
      convergenceDeadlineMs: 60_000,
    });
    prober.watch(spec('db', 'db.example.com', RARE), 'fresh');
    await until('queries for the CNAME', () => converging() >= 2);
    expect(rounds()).toEqual([]);
    expect(new Set(dns.queriesFor(alias('db')).map(({ type }) => type))).toEqual(
      new Set(['CNAME']),
    );
    serve('db', 'db.example.com');
    await until('the rounds', () => rounds().length > 0);
    expect(rounds().at(-1)?.round.app?.A?.outcome).toBe('ok');
  });

  it('gives a new Service a full round at the deadline, though cluster DNS never learnt of it', async () => {
    const { prober, rounds } = await start({ convergenceDeadlineMs: 1_000 });
    prober.watch(spec('db', 'db.example.com', RARE), 'fresh');
    await until('the rounds', () => rounds().length > 0);
    expect(rounds().at(-1)?.round.alias?.outcome).toBe('nxdomain');
  });

  it('never asks for a name that cannot be encoded', async () => {
    const { dns, prober, rounds } = await start();
    prober.watch(spec('db', `${'a'.repeat(64)}.example.com`), 'fresh');
    prober.watch(spec('db', `${'a'.repeat(64)}.example.com`), 'known');
    await until('the rounds', () => rounds().length >= 1);
    expect(rounds()[0]?.round).toEqual({});
    expect(dns.queriesFor(alias('db'))).toEqual([]);
  });

  it('stops asking about a Service that is gone', async () => {
    const { dns, prober, rounds, serve } = await start();
    serve('db', 'db.example.com');
    serve('other', 'db.example.com');
    prober.watch(spec('db'), 'known');
    prober.watch(spec('other'), 'known');
    await until('the rounds', () => rounds('shop/db').length >= 1);
    prober.unwatch('shop/db');
    const asked = dns.queriesFor(alias('db')).length;
    const others = rounds('shop/other').length;
    await until('the rounds', () => rounds('shop/other').length >= others + 3);
    expect(dns.queriesFor(alias('db')).length).toBeLessThanOrEqual(asked + 3);
  });

  it('goes on with a Service that was deleted and made again', async () => {
    const { prober, rounds, serve } = await start();
    serve('db', 'db.example.com');
    prober.watch(spec('db'), 'known');
    prober.watch(spec('db', 'db.example.com', { uid: 'another-uid' }), 'fresh');
    await until('the rounds', () => rounds().length >= 3);
    expect(new Set(rounds().map(({ uid }) => uid))).toEqual(new Set(['another-uid']));
  });

  it('counts a round that was due while the last one was under way', async () => {
    const { dns, prober, rounds, serve } = await start({ timeoutMs: 3_000 });
    serve('db', 'db.example.com');
    dns.holdMs = 1_200;
    prober.watch(spec('db'), 'known');
    await until('the rounds', () => rounds().length >= 1);
    expect(prober.takeSkipped().busy).toBeGreaterThanOrEqual(1);
  });

  it('asks the control query of each server', async () => {
    const { messages } = await start();
    await until('a control report', () => messages.some(({ type }) => type === 'control'));
    expect(
      messages.find((message): message is SensorReport => message.type === 'control')?.result
        .outcome,
    ).toBe('ok');
  });
});
