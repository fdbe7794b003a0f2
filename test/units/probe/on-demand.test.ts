import { afterEach, describe, expect, it } from 'vitest';
import { parseServers } from '../../../src/config/values.ts';
import { DnsServer } from '../../../src/demo/dns/server.ts';
import * as tamper from '../../../src/demo/dns/tamper.ts';
import type { FromWorker, ProbeConfig } from '../../../src/model/messages.ts';
import type { Probed } from '../../../src/model/probed.ts';
import { startProbeWorker } from '../../../src/probe/client.ts';
import { Prober } from '../../../src/probe/prober.ts';
import { probeConfig } from '../../fixtures/probe-config.ts';
import { specOf } from '../../fixtures/spec.ts';
import { until } from '../../lab/cluster/until.ts';

/** Nothing is due while the test lasts. */
const NEVER_MS = 3_600_000;

const running: { stop(): unknown }[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((part) => part.stop()));
});

async function start(): Promise<{ dns: DnsServer; config: ProbeConfig }> {
  const dns = new DnsServer({
    services: (namespace, name) =>
      `${namespace}/${name}` === 'shop/db'
        ? { type: 'ExternalName', externalName: 'db.example.com' }
        : undefined,
  });
  await dns.start();
  running.push(dns);
  dns.internet.set('db.example.com', { a: ['192.0.2.1'], ttl: 60 });
  const config = probeConfig(parseServers(dns.address), {
    intervalMs: NEVER_MS,
    convergenceDeadlineMs: NEVER_MS,
    attempts: 2,
  });
  return { dns, config };
}

const said = ({ steps }: Probed): string[] =>
  steps.map(
    ({ name, type, exchange }) => `${exchange.transport} ${type} ${name} ${exchange.outcome}`,
  );

describe('a probe on demand', () => {
  it('asks what a round asks, and tells of every message', async () => {
    const { dns, config } = await start();
    const messages: FromWorker[] = [];
    const prober = new Prober(config, (message) => messages.push(message));
    running.push(prober);
    prober.watch(specOf('db', { settings: { intervalMs: NEVER_MS } }), 'known');
    dns.tamper(tamper.truncated, {
      name: 'db.shop.svc.cluster.local',
      type: 'A',
      transport: 'udp',
    });
    dns.tamper(tamper.drop, { name: 'db.example.com', type: 'AAAA', times: 1 });
    const probed = await prober.probe('shop/db');
    if (!probed) throw new Error('Cannot test: not watched, got undefined');
    expect(said(probed).sort()).toEqual([
      'tcp A db.shop.svc.cluster.local ok',
      'tcp AAAA db.shop.svc.cluster.local bare_cname',
      'udp A db.example.com ok',
      'udp A db.shop.svc.cluster.local truncated',
      'udp AAAA db.example.com nodata',
      'udp AAAA db.example.com timeout',
      'udp AAAA db.shop.svc.cluster.local bare_cname',
      'udp CNAME db.shop.svc.cluster.local ok',
    ]);
    expect(probed.round.app?.A?.addresses).toEqual(['192.0.2.1']);
    const cut = probed.steps.find(({ exchange }) => exchange.outcome === 'truncated');
    expect(cut?.reply?.flags).toContain('tc');
    expect(cut?.edns).toBe(false);
    const silent = probed.steps.find(({ exchange }) => exchange.outcome === 'timeout');
    expect(silent?.reply).toBeUndefined();
    const target = probed.steps.find(({ name, type }) => name === 'db.example.com' && type === 'A');
    expect(target).toMatchObject({ edns: true, reply: { rcode: 'NOERROR' } });
    expect(target?.reply?.records[0]).toEqual({
      section: 'answer',
      name: 'db.example.com.',
      ttl: 60,
      type: 'A',
      data: '192.0.2.1',
    });
    // Neither state nor counters hear of it: both live on reports of rounds.
    expect(messages.filter(({ type }) => type !== 'control')).toEqual([]);
  });

  it('asks nothing about what is not watched, nor about what no message can hold', async () => {
    const { dns, config } = await start();
    const prober = new Prober({ ...config }, () => {});
    running.push(prober);
    const asked = () => dns.queries.filter(({ name }) => !name.startsWith('kubernetes.'));
    expect(await prober.probe('shop/db')).toBeUndefined();
    const externalName = `${'a'.repeat(64)}.example.com`;
    prober.watch(specOf('db', { externalName }), 'known');
    expect(await prober.probe('shop/db')).toMatchObject({ round: {}, steps: [] });
    expect(asked()).toEqual([]);
  });

  it('asks only for the CNAME of what cluster DNS may not know yet', async () => {
    const { dns, config } = await start();
    const prober = new Prober(config, () => {});
    running.push(prober);
    prober.watch(specOf('new'), 'fresh');
    const probed = await prober.probe('shop/new');
    expect(probed?.converging).toBe(true);
    expect(probed && said(probed)).toEqual(['udp CNAME new.shop.svc.cluster.local nxdomain']);
    expect(
      dns.queries.filter(({ type, name }) => type !== 'CNAME' && name.startsWith('new')),
    ).toEqual([]);
  });
});

describe('the worker', () => {
  it('answers each of several probes with its own', async () => {
    const { config } = await start();
    const reports: string[] = [];
    const client = startProbeWorker(
      config,
      ({ type }) => reports.push(type),
      (error) => reports.push(String(error)),
    );
    running.push(client);
    const settings = { intervalMs: NEVER_MS };
    client.watch([specOf('db', { settings }), specOf('gone', { settings })], 'known');
    const [one, other, none] = await Promise.all(
      ['shop/db', 'shop/gone', 'shop/nobody'].map((key) => client.probe(key)),
    );
    expect([one?.key, one?.round.alias?.outcome]).toEqual(['shop/db', 'ok']);
    expect([other?.key, other?.round.alias?.outcome]).toEqual(['shop/gone', 'nxdomain']);
    expect(none).toBeUndefined();
    await until('its health', () => reports.includes('worker'));
    expect(new Set(reports)).toEqual(new Set(['worker', 'control']));
  });
});
