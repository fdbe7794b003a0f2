import { afterEach, describe, expect, it } from 'vitest';
import { parseServers } from '../../../src/config/values.ts';
import { DnsServer, type DnsServerOptions } from '../../../src/demo/dns/server.ts';
import * as tamper from '../../../src/demo/dns/tamper.ts';
import { Resolver } from '../../../src/dns/resolver.ts';
import type { QueryResult } from '../../../src/model/round.ts';
import { until } from '../../lab/cluster/until.ts';

const NAME = 'api.example.com';
const servers: DnsServer[] = [];

async function startServer(options: DnsServerOptions = {}): Promise<DnsServer> {
  const server = new DnsServer(options);
  servers.push(server);
  await server.start();
  server.internet.set(NAME, { a: ['192.0.2.1'], ttl: 60 });
  return server;
}

async function ask(
  upstreams: readonly DnsServer[],
  { edns = true, timeoutMs = 200, attempts = 2, name = NAME } = {},
): Promise<QueryResult> {
  const resolver = new Resolver({
    servers: upstreams.flatMap(({ address }) => parseServers(address)),
    timeoutMs,
    attempts,
  });
  try {
    return await resolver.ask({ name, type: 'A' }, { edns });
  } finally {
    resolver.close();
  }
}

const outcomes = ({ exchanges }: QueryResult): string[] =>
  exchanges.map(({ transport, outcome }) => `${transport} ${outcome}`);

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

describe('Resolver', () => {
  it('gets an answer, with a time that the server can vouch for', async () => {
    const server = await startServer({ holdMs: 30 });
    let result = await ask([server]);
    // The server is in our event loop, and a reply that waited for it has no time.
    while (result.seconds === undefined) result = await ask([server]);
    expect(result).toMatchObject({ outcome: 'ok', addresses: ['192.0.2.1'], ttl: 60 });
    // Not "about 30 ms": never less than the server held it.
    expect(result.seconds * 1000).toBeGreaterThanOrEqual(server.queries.at(-1)?.heldMs ?? Infinity);
  });

  it('works over IPv6', async () => {
    const result = await ask([await startServer({ host: '::1' })]);
    expect(result.outcome).toBe('ok');
    expect(result.server).toMatch(/^\[::1\]:\d+$/);
  });

  it('sends EDNS only if asked to, and from another port each time', async () => {
    const server = await startServer();
    await ask([server], { edns: true });
    await ask([server], { edns: false });
    const [first, second] = server.queries;
    expect([first?.edns, second?.edns]).toEqual([1232, undefined]);
    expect(first?.sourcePort).not.toBe(second?.sourcePort);
  });

  it('asks again after silence, from another port, and gives no time to silence', async () => {
    const server = await startServer();
    server.tamper(tamper.drop, { times: 1 });
    const result = await ask([server]);
    expect(outcomes(result)).toEqual(['udp timeout', 'udp ok']);
    expect(result.exchanges[0]).not.toHaveProperty('seconds');
    expect(server.queries[0]?.sourcePort).not.toBe(server.queries[1]?.sourcePort);
  });

  it('says timeout, without a time, when nobody ever answers', async () => {
    const server = await startServer();
    server.tamper(tamper.drop);
    const result = await ask([server], { timeoutMs: 50 });
    expect(result.outcome).toBe('timeout');
    expect(result).not.toHaveProperty('seconds');
    expect(result.exchanges).toHaveLength(2);
  });

  it('gives up at once when it is closed, and asks nothing more', async () => {
    const server = await startServer();
    server.tamper(tamper.drop);
    const resolver = new Resolver({
      servers: parseServers(server.address),
      timeoutMs: 60_000,
      attempts: 2,
    });
    const asked = resolver.ask({ name: NAME, type: 'A' }, { edns: true });
    await until('the query to arrive', () => server.queryCount > 0);
    resolver.close();
    expect(outcomes(await asked)).toEqual(['udp timeout']);
    expect(await resolver.ask({ name: NAME, type: 'A' }, { edns: true })).toMatchObject({
      outcome: 'timeout',
      exchanges: [],
    });
  });

  it('says unreachable when the port is closed', async () => {
    const server = await startServer();
    const { address } = server;
    await server.stop();
    const resolver = new Resolver({
      servers: parseServers(address),
      timeoutMs: 2_000,
      attempts: 2,
    });
    const result = await resolver.ask({ name: NAME, type: 'A' }, { edns: true });
    resolver.close();
    expect(result.outcome).toBe('unreachable');
  });

  it('goes on to the next server, as a pod does, and tells both exchanges', async () => {
    const [bad, good] = [await startServer(), await startServer()];
    bad.tamper(tamper.withRcode('SERVFAIL'));
    const result = await ask([bad, good]);
    expect(outcomes(result)).toEqual(['udp servfail', 'udp ok']);
    expect(result.server).toBe(good.address);
  });

  it('does not repeat a question that was answered with an error', async () => {
    const server = await startServer();
    server.tamper(tamper.withRcode('REFUSED'));
    const result = await ask([server], { attempts: 3 });
    expect(outcomes(result)).toEqual(['udp refused']);
  });

  it('asks without EDNS after FORMERR', async () => {
    const server = await startServer();
    server.tamper(tamper.formerrOnEdns);
    const result = await ask([server]);
    expect(outcomes(result)).toEqual(['udp formerr', 'udp ok']);
  });

  it('asks over TCP after TC', async () => {
    const server = await startServer();
    server.internet.set(NAME, { a: Array.from({ length: 60 }, (_, i) => `192.0.2.${i + 1}`) });
    const result = await ask([server], { edns: false });
    expect(outcomes(result)).toEqual(['udp truncated', 'tcp ok']);
    expect(result.addresses).toHaveLength(60);
  });

  it.each([
    ['stalls after half a message', tamper.truncatedThenPartial(5)],
    ['closes half-way', tamper.truncatedThenPartial(5, 'close')],
    ['resets half-way', tamper.truncatedThenPartial(5, 'reset')],
  ])('says truncated when TCP %s', async (_what, how) => {
    const server = await startServer();
    server.tamper(how);
    expect((await ask([server], { timeoutMs: 150, attempts: 1 })).outcome).toBe('truncated');
  });

  it.each([
    ['with another ID', tamper.wrongId],
    ['to another question', tamper.wrongQuestion],
    ['from another port', tamper.fromOtherPort],
    ['that are our own query', tamper.echo],
    ['with another opcode', tamper.wrongOpcode],
  ])('passes over replies %s, and waits on for the real one', async (_what, how) => {
    const server = await startServer();
    server.tamper(tamper.thenHonest(how));
    expect(await ask([server], { attempts: 1 })).toMatchObject({
      outcome: 'ok',
      addresses: ['192.0.2.1'],
    });
    server.tamper(how);
    expect((await ask([server], { attempts: 1, timeoutMs: 50 })).outcome).toBe('timeout');
  });

  it('says malformed of a reply that nobody can read', async () => {
    const server = await startServer();
    server.tamper(tamper.cutShort);
    expect((await ask([server], { attempts: 1, edns: false })).outcome).toBe('malformed');
  });

  it('passes over bytes behind the last record, as pods do', async () => {
    const server = await startServer();
    server.tamper(tamper.trailingBytes);
    expect((await ask([server], { attempts: 1 })).outcome).toBe('ok');
  });

  it.each([
    ['has wrong counts', tamper.wrongCounts, ['glibc', 'c-ares']],
    ['has a compression loop', tamper.compressionLoop, ['glibc', 'go', 'c-ares']],
  ])('names the resolvers that get no address of a reply that %s', async (_what, how, unreadBy) => {
    const server = await startServer();
    server.tamper(how);
    expect(await ask([server], { attempts: 1 })).toMatchObject({ outcome: 'ok', unreadBy });
  });
});
