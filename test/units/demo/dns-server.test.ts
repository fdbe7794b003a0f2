import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { decode } from 'dns-packet';
import { afterEach, describe, expect, test } from 'vitest';
import { DnsServer, type DnsServerOptions, type SeenQuery } from '../../../src/demo/dns/server.ts';
import * as tampers from '../../../src/demo/dns/tamper.ts';
import { ask, askTcp, askUdp, id, question, said, unframed } from './_dns-client.ts';

const servers: DnsServer[] = [];

async function serve(options: DnsServerOptions = {}): Promise<DnsServer> {
  const dns = new DnsServer({
    services: (namespace, name) =>
      namespace === 'a' ? { type: 'ExternalName', externalName: `${name}.example.com` } : undefined,
    ...options,
  });
  dns.internet
    .set('api.example.com', { a: ['192.0.2.1'] })
    .set('big.example.com', { a: Array.from({ length: 60 }, (_, i) => `192.0.2.${i}`) });
  await dns.start();
  servers.push(dns);
  return dns;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((dns) => dns.stop()));
});

describe('transports', () => {
  test('UDP, with a log of who asked what', async () => {
    const dns = await serve();
    const reply = await ask(dns.port, 'API.a.svc.cluster.local', 'A', 1232);
    expect(said(reply)).toEqual(['CNAME api.example.com', 'A 192.0.2.1']);
    expect(dns.queriesFor('api.a.svc.cluster.local', 'A')).toEqual([
      {
        id,
        name: 'API.a.svc.cluster.local',
        type: 'A',
        transport: 'udp',
        edns: 1232,
        sourcePort: expect.any(Number),
        at: expect.closeTo(Date.now(), -4),
        heldMs: expect.any(Number),
      },
    ]);
    expect(dns.queriesFor('api.a.svc.cluster.local', 'AAAA')).toEqual([]);
  });

  test('over 512 bytes without EDNS: TC, and whole over TCP', async () => {
    const dns = await serve();
    expect(await ask(dns.port, 'big.example.com')).toMatchObject({ flag_tc: true });
    expect((await ask(dns.port, 'big.example.com', 'A', 1232)).answers).toHaveLength(60);
    const queries = [question('big.example.com'), question('api.example.com')];
    const { received } = await askTcp(dns.port, queries, (bytes) => unframed(bytes).length === 2);
    expect(unframed(received).map((message) => decode(message).answers?.length)).toEqual([60, 1]);
    expect(dns.queries.map(({ transport }) => transport)).toEqual(['udp', 'udp', 'tcp', 'tcp']);
  });

  test('a resolver that knows nothing of us is content', async () => {
    const dns = await serve();
    const resolver = new Resolver();
    resolver.setServers([dns.address]);
    expect(await resolver.resolve4('big.a.svc.cluster.local')).toHaveLength(60);
    expect(await resolver.resolveCname('api.a.svc.cluster.local')).toEqual(['api.example.com']);
    await expect(resolver.resolve4('api.b.svc.cluster.local')).rejects.toThrow('ENOTFOUND');
  });

  test('IPv6', async () => {
    const dns = await serve({ host: '::1' });
    expect(dns.address).toBe(`[::1]:${dns.port}`);
    const [reply] = await askUdp(dns.port, question('api.example.com'), 1, '::1');
    expect(reply && said(decode(reply.bytes))).toEqual(['A 192.0.2.1']);
  });

  test('stopped and started again it has its port and its memory', async () => {
    const dns = await serve();
    const { port } = dns;
    await dns.stop();
    const taken = createServer().listen(port, '127.0.0.1');
    await once(taken, 'listening');
    await expect(dns.start()).rejects.toThrow('EADDRINUSE');
    taken.close();
    await once(taken, 'close');
    await dns.start();
    expect(said(await ask(port, 'api.example.com'))).toEqual(['A 192.0.2.1']);
  });
});

test('an opcode other than QUERY is NOTIMP', async () => {
  const dns = await serve();
  const query = question('api.example.com');
  query[2] = 2 << 3;
  const [reply] = await askUdp(dns.port, query);
  expect(reply && decode(reply.bytes)).toMatchObject({ rcode: 'NOTIMP' });
});

test('a pinned Service stays as it is until let go', async () => {
  const dns = await serve();
  const follow = dns.pin('a', 'api', { type: 'ExternalName', externalName: 'old.example.com' });
  dns.pin('a', 'gone', undefined);
  const name = 'api.a.svc.cluster.local';
  expect(said(await ask(dns.port, name, 'CNAME'))).toEqual(['CNAME old.example.com']);
  expect(await ask(dns.port, 'gone.a.svc.cluster.local', 'CNAME')).toMatchObject({
    rcode: 'NXDOMAIN',
  });
  follow();
  expect(said(await ask(dns.port, name, 'CNAME'))).toEqual(['CNAME api.example.com']);
});

test('an answer is held for the scripted time, and the true time is reported', async () => {
  const answered: SeenQuery[] = [];
  const dns = await serve({ holdMs: 20, onAnswered: (query) => answered.push(query) });
  dns.internet.set('slow.example.com', { a: ['192.0.2.2'], delayMs: 15 });
  await ask(dns.port, 'api.example.com');
  await ask(dns.port, 'slow.example.com');
  const [plain, slow] = answered.map(({ heldMs = 0 }) => heldMs);
  // Node's timers may fire up to a millisecond early.
  expect(plain).toBeGreaterThanOrEqual(19);
  expect(slow).toBeGreaterThanOrEqual(34);
});

test('silence sends nothing, and the log says so', async () => {
  const dns = await serve({ forwardTimeoutMs: Number.POSITIVE_INFINITY });
  dns.internet.set('silent.example.com', { delayMs: Number.POSITIVE_INFINITY });
  const queries = [question('silent.example.com'), question('api.example.com')];
  const [first] = await askUdp(dns.port, queries);
  expect(first && said(decode(first.bytes))).toEqual(['A 192.0.2.1']);
  expect(dns.queriesFor('silent.example.com')[0]).not.toHaveProperty('heldMs');
});

test('a name that cannot be written gets no reply', async () => {
  const dns = await serve();
  dns.pin('a', 'long', { type: 'ExternalName', externalName: `${'x'.repeat(64)}.test` });
  dns.tamper(({ reply }) => (reply.length === 0 ? [Buffer.from('nothing to send')] : undefined));
  const [reply] = await askUdp(dns.port, question('long.a.svc.cluster.local', 'CNAME'));
  expect(reply?.bytes.toString()).toBe('nothing to send');
});

describe('tampers', () => {
  const name = 'api.example.com';

  async function honest(dns: DnsServer): Promise<Buffer> {
    const [reply] = await askUdp(dns.port, question(name));
    if (reply === undefined) throw new Error('Cannot compare: no reply');
    return reply.bytes;
  }

  test('apply to the queries they are for, as often as told, the latest first', async () => {
    const dns = await serve();
    dns.tamper(tampers.withRcode('SERVFAIL'), { name: 'API.example.com', times: 1 });
    dns.tamper(tampers.withRcode('REFUSED'), { type: 'AAAA' });
    const end = dns.tamper(tampers.withRcode('NOTIMP'), { name: 'big.example.com' });
    expect(await ask(dns.port, name, 'AAAA')).toMatchObject({ rcode: 'REFUSED' });
    expect(await ask(dns.port, name)).toMatchObject({ rcode: 'SERVFAIL', questions: [{ name }] });
    expect(await ask(dns.port, name)).toMatchObject({ rcode: 'NOERROR' });
    expect(await ask(dns.port, 'big.example.com')).toMatchObject({ rcode: 'NOTIMP' });
    end();
    expect(await ask(dns.port, 'big.example.com')).toMatchObject({ rcode: 'NOERROR' });
  });

  test.each([
    [
      'wrongId',
      tampers.wrongId,
      (bad: Buffer, good: Buffer) => bad.readUInt16BE(0) !== good.readUInt16BE(0),
    ],
    [
      'wrongQuestion',
      tampers.wrongQuestion,
      (bad: Buffer) => decode(bad).questions?.[0]?.name === 'zpi.example.com',
    ],
    ['echo', tampers.echo, (bad: Buffer) => bad.equals(question(name))],
    ['wrongOpcode', tampers.wrongOpcode, (bad: Buffer) => (bad.readUInt8(2) >> 3) % 16 === 4],
    ['cutShort', tampers.cutShort, (bad: Buffer, good: Buffer) => bad.equals(good.subarray(0, -5))],
    [
      'trailingBytes',
      tampers.trailingBytes,
      (bad: Buffer, good: Buffer) => bad.length === good.length + 4,
    ],
    ['wrongCounts', tampers.wrongCounts, (bad: Buffer) => bad.readUInt16BE(6) === 10],
    [
      'compressionLoop',
      tampers.compressionLoop,
      (bad: Buffer) => bad.readUInt16BE(33) === 0xc000 + 33,
    ],
    [
      'truncated',
      tampers.truncated,
      (bad: Buffer) => (bad.readUInt8(2) & 2) !== 0 && bad.readUInt16BE(6) === 0,
    ],
  ] as const)('%s, then the honest reply', async (_, tamper, isBad) => {
    const dns = await serve();
    const good = await honest(dns);
    dns.tamper(tampers.thenHonest(tamper));
    const [bad, then] = await askUdp(dns.port, question(name), 2);
    expect(bad && isBad(bad.bytes, good)).toBe(true);
    expect(then?.bytes).toEqual(good);
  });

  test('formerrOnEdns leaves plain queries alone', async () => {
    const dns = await serve();
    dns.tamper(tampers.formerrOnEdns);
    expect(await ask(dns.port, name, 'A', 1232)).toMatchObject({ rcode: 'FORMERR' });
    expect(await ask(dns.port, name)).toMatchObject({ rcode: 'NOERROR' });
  });

  test('fromOtherPort', async () => {
    const dns = await serve();
    dns.tamper(tampers.fromOtherPort);
    const [reply] = await askUdp(dns.port, question(name));
    expect(reply?.port).not.toBe(dns.port);
    expect(reply && said(decode(reply.bytes))).toEqual(['A 192.0.2.1']);
  });

  test('drop sends nothing, once', async () => {
    const dns = await serve();
    dns.tamper(tampers.drop, { times: 1 });
    const [first] = await askUdp(dns.port, [question('big.example.com'), question(name)]);
    expect(first && said(decode(first.bytes))).toEqual(['A 192.0.2.1']);
  });

  test('TCP that stalls after the length, and that ends in the middle', async () => {
    const dns = await serve();
    const stalling = dns.tamper(tampers.truncatedThenPartial(2));
    expect(await ask(dns.port, name)).toMatchObject({ flag_tc: true });
    const stalled = await askTcp(dns.port, [question(name)], (bytes) => bytes.length === 2);
    expect(stalled.ended).toBe(false);
    stalling();
    for (const end of ['close', 'reset'] as const) {
      const ending = dns.tamper(tampers.truncatedThenPartial(20, end));
      const cut = await askTcp(dns.port, [question(name)], () => false);
      expect(cut.ended).toBe(true);
      if (end === 'close') expect(cut.received.length).toBe(20);
      ending();
    }
  });
});
