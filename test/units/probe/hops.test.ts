/** `--hops=app`: what one of many vantage points asks. */
import { afterAll, describe, expect, it } from 'vitest';
import { parseServers } from '../../../src/config/values.ts';
import { DnsServer } from '../../../src/demo/dns/server.ts';
import * as tamper from '../../../src/demo/dns/tamper.ts';
import type { FromWorker, ProbeConfig } from '../../../src/model/messages.ts';
import { Prober } from '../../../src/probe/prober.ts';
import { probeConfig } from '../../fixtures/probe-config.ts';
import { specOf } from '../../fixtures/spec.ts';
import { until } from '../../lab/cluster/until.ts';

const ALIAS = 'db.shop.svc.cluster.local';
const TARGET = 'db.example.com';

/** Stopped at the end: the tests run side by side, because they mostly wait. */
const running: { stop(): unknown }[] = [];

afterAll(async () => {
  await Promise.all(running.splice(0).map((part) => part.stop()));
});

async function startServer(): Promise<DnsServer> {
  const dns = new DnsServer({
    services: (namespace) =>
      namespace === 'default'
        ? { type: 'ClusterIP', addresses: ['10.96.0.1'] }
        : { type: 'ExternalName', externalName: TARGET },
  });
  await dns.start();
  dns.internet.set(TARGET, { a: ['192.0.2.1'] });
  running.push(dns);
  return dns;
}

function probe(servers: readonly DnsServer[], change: Partial<ProbeConfig> = {}) {
  const messages: FromWorker[] = [];
  const addresses = servers.map(({ address }) => address).join();
  const config = probeConfig(parseServers(addresses), { hops: 'app', ...change });
  const prober = new Prober(config, (message) => messages.push(message));
  running.push(prober);
  prober.watch(specOf('db', { externalName: TARGET }), 'known');
  const rounds = () =>
    messages
      .filter((message) => message.type === 'round')
      .filter((report) => report.kind === 'judged');
  const hops = (): string[] => rounds().map(({ round }) => Object.keys(round).join());
  return { prober, messages, rounds, hops };
}

/** What was asked of the alias, in alphabetical order, each once. */
function typesOf(dns: DnsServer): string {
  return [...new Set(dns.queriesFor(ALIAS).map(({ type }) => type))].sort().join();
}

describe.concurrent('the app hop alone', () => {
  it('is two queries of the alias, and none of the target, as long as pods get an address', async () => {
    const dns = await startServer();
    const { rounds, hops } = probe([dns]);
    await until('the rounds', () => rounds().length >= 3);
    expect(hops().slice(0, 3)).toEqual(['app', 'app', 'app']);
    expect(typesOf(dns)).toBe('A,AAAA');
    expect(dns.queriesFor(TARGET)).toEqual([]);
  });

  it('is followed by all hops where it fails, which tell why, until it works again', async () => {
    const dns = await startServer();
    dns.internet.delete(TARGET);
    const { rounds, hops } = probe([dns]);
    await until('bad rounds', () => rounds().length >= 3);
    const [first, second] = rounds();
    // Published is only the round with all of them; the one before was not believed.
    expect(hops().slice(0, 3)).toEqual(Array(3).fill('app,alias,target'));
    expect(Object.keys(first?.earlier[0] ?? {})).toEqual(['app']);
    expect(second?.earlier).toEqual([]);
    expect(first?.round.target?.A?.outcome).toBe('nxdomain');
    dns.internet.set(TARGET, { a: ['192.0.2.1'] });
    await until('the app hop alone again', () => hops().at(-1) === 'app');
  });

  it('of a new Service waits until its CNAME is served', async () => {
    const dns = await startServer();
    const { prober, rounds } = probe([dns]);
    prober.watch(specOf('new', { externalName: TARGET }), 'fresh');
    await until('its round', () => rounds().some(({ key }) => key.endsWith('/new')));
    const types = dns.queriesFor('new.shop.svc.cluster.local').map(({ type }) => type);
    expect(types[0]).toBe('CNAME');
  });

  it('is asked of no server on its own, where pods have several', async () => {
    const servers = [await startServer(), await startServer()] as const;
    const { messages, rounds } = probe(servers);
    await until('the rounds', () => rounds().length >= 3);
    expect(rounds().flatMap(({ singles }) => singles)).toEqual([]);
    expect(messages.filter(({ type }) => type === 'forwarding')).toEqual([]);
    expect(typesOf(servers[1])).toBe('');
  });

  it('that nobody answers is soon said of all Services, without asking about each', async () => {
    const dns = await startServer();
    const { prober, rounds, messages } = probe([dns]);
    for (let i = 0; i < 20; i++) prober.watch(specOf(`s${i}`, { externalName: TARGET }), 'known');
    const silent = () =>
      new Set(
        messages.flatMap((message) =>
          message.type === 'round' && message.kind === 'silent' ? [message.key] : [],
        ),
      );
    await until('the first rounds', () => new Set(rounds().map(({ key }) => key)).size === 21);
    const mend = dns.tamper(tamper.drop);
    await until('all silent', () => silent().size === 21, { deadlineMs: 20_000 });
    mend();
    const before = rounds().length;
    const isAlone = () => rounds().length > before && rounds().at(-1)?.round.alias === undefined;
    await until('the app hop alone again', isAlone);
  });
});
