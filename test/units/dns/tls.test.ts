/** Questions over TLS (RFC 7858), to servers with certificates of their own. */
import { once } from 'node:events';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server as NetServer,
} from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { parseTlsServers } from '../../../src/config/values.ts';
import { selfSigned } from '../../../src/demo/certificate.ts';
import { Resolver } from '../../../src/dns/resolver.ts';
import type { QueryResult } from '../../../src/model/round.ts';
import { addresses, reply } from './scripted-server.ts';

const OWN = selfSigned();
const YEAR = 366 * 86_400_000;
const running: NetServer[] = [];
const sockets = new Set<TLSSocket>();

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of running.splice(0)) server.close();
});

interface Serving {
  readonly certificate?: { readonly key: string; readonly cert: string };
  /** What is sent back for one message. */
  readonly answer?: (bytes: Buffer) => readonly Buffer[];
}

/** Listens, and returns its port and the queries that it reads. */
async function serve({ certificate = OWN, answer = answerOf }: Serving = {}) {
  const seen: Buffer[] = [];
  const server = createServer(certificate, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      seen.push(chunk);
      for (const part of answer(chunk.subarray(2))) socket.write(part);
    });
  });
  server.on('tlsClientError', () => {});
  return { seen, port: await listening(server) };
}

async function listening(server: NetServer): Promise<number> {
  running.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function queryOf(bytes: Buffer) {
  const name = 'db.example.com';
  return { bytes, name, type: 'A', transport: 'tcp', port: 0, ad: false, at: 0 } as const;
}

function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

function answerOf(bytes: Buffer): Buffer[] {
  return [framed(addresses(queryOf(bytes)))];
}

interface Asking {
  readonly name?: string;
  readonly ca?: string | undefined;
  readonly timeoutMs?: number;
}

async function ask(
  port: number,
  { name = '', ca = OWN.cert, timeoutMs = 2_000 }: Asking = {},
): Promise<QueryResult> {
  const [server] = parseTlsServers(`tls://127.0.0.1:${port}${name && `#${name}`}`);
  if (!server?.tls) throw new Error('Cannot ask: it is not over TLS');
  const trusting = { ...server, tls: { ...server.tls, ...(ca ? { ca } : {}) } };
  const resolver = new Resolver({ servers: [trusting], timeoutMs, attempts: 2 });
  try {
    return await resolver.ask({ name: 'db.example.com', type: 'A' }, { edns: true });
  } finally {
    resolver.close();
  }
}

const outcomes = ({ exchanges }: QueryResult): string[] =>
  exchanges.map(({ transport, outcome, errno }) =>
    [transport, outcome, errno].filter(Boolean).join(' '),
  );

describe('a question over TLS', () => {
  it('is answered, once, by a server with a certificate for its address', async () => {
    const { port, seen } = await serve();
    const result = await ask(port);
    expect(result).toMatchObject({
      outcome: 'ok',
      addresses: ['192.0.2.1'],
      server: `tls://127.0.0.1:${port}`,
    });
    expect(outcomes(result)).toEqual(['tls ok']);
    expect(seen.length).toBe(1);
  });

  it('is answered by a server with a certificate for the name that is given', async () => {
    const { port } = await serve();
    expect(outcomes(await ask(port, { name: 'localhost' }))).toEqual(['tls ok']);
  });

  it('is answered in pieces, behind a reply to another question', async () => {
    const answer = (bytes: Buffer): Buffer[] => {
      const other = Buffer.from(reply(queryOf(bytes)));
      other.writeUInt16BE(other.readUInt16BE(0) ^ 1, 0);
      const both = Buffer.concat([framed(other), ...answerOf(bytes)]);
      return [both.subarray(0, 5), both.subarray(5, 40), both.subarray(40)];
    };
    const { port } = await serve({ answer });
    expect(outcomes(await ask(port))).toEqual(['tls ok']);
  });

  it.each([
    [
      'a certificate for another name',
      {},
      { name: 'other.example' },
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    ['an unknown authority', {}, { ca: selfSigned().cert }, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    [
      'an old certificate',
      { certificate: selfSigned(new Date(Date.now() - YEAR)) },
      {},
      'CERT_HAS_EXPIRED',
    ],
  ] as const)('is not sent to a server with %s', async (_what, serving, asking, code) => {
    const { port, seen } = await serve(serving);
    const ca = 'certificate' in serving ? { ca: serving.certificate.cert } : {};
    expect(outcomes(await ask(port, { ...ca, ...asking }))).toEqual([`tls unreachable ${code}`]);
    expect(seen).toEqual([]);
  });

  it('meets a server that speaks no TLS, and one that is not there', async () => {
    const plain = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.end('220 mail.example\r\n');
    });
    expect(outcomes(await ask(await listening(plain)))).toEqual([
      'tls unreachable ERR_SSL_WRONG_VERSION_NUMBER',
    ]);
    const { port } = await serve();
    running.at(-1)?.close();
    expect(outcomes(await ask(port))).toEqual(['tls unreachable ECONNREFUSED']);
  });

  it('has one deadline, whether the handshake hangs or the answer', async () => {
    const silent = createTcpServer((socket) => void socket.on('error', () => {}));
    const hanging = await serve({ answer: () => [] });
    for (const port of [await listening(silent), hanging.port]) {
      const startedAt = performance.now();
      expect(outcomes(await ask(port, { timeoutMs: 300 }))).toEqual(['tls timeout']);
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(299);
      expect(performance.now() - startedAt).toBeLessThan(2_000);
    }
    expect(hanging.seen.length).toBe(1);
  });

  it('ends when the resolver is closed', async () => {
    const { port } = await serve({ answer: () => [] });
    const [server] = parseTlsServers(`tls://127.0.0.1:${port}`);
    if (!server) throw new Error('Cannot happen: an address is a server');
    const trusting = { ...server, tls: { ca: OWN.cert } };
    const resolver = new Resolver({ servers: [trusting], timeoutMs: 60_000, attempts: 1 });
    const asked = resolver.ask({ name: 'db.example.com', type: 'A' }, { edns: true });
    setTimeout(() => resolver.close(), 100);
    expect((await asked).outcome).toBe('timeout');
  });
});

describe('servers over TLS', () => {
  it('are read as CoreDNS writes them, with the name behind a hash', () => {
    expect(
      parseTlsServers('tls://9.9.9.9#DNS.quad9.net., tls://[2620:fe::fe]:8853 ,1.1.1.1'),
    ).toEqual([
      {
        address: '9.9.9.9',
        port: 853,
        label: 'tls://9.9.9.9:853',
        tls: { name: 'dns.quad9.net' },
      },
      { address: '2620:fe::fe', port: 8853, label: 'tls://[2620:fe::fe]:8853', tls: {} },
      { address: '1.1.1.1', port: 53, label: '1.1.1.1:53' },
    ]);
  });

  it.each([
    [
      'tls://dns.quad9.net',
      'each must be an IP address, with :port if not 853, got "dns.quad9.net"',
    ],
    ['tls://9.9.9.9#', 'it must be a DNS domain such as cluster.local, got ""'],
    ['tls://9.9.9.9:0', 'a port is from 1 to 65535, got "9.9.9.9:0"'],
    [
      '9.9.9.9#dns.quad9.net',
      'each must be an IP address, with :port if not 53, got "9.9.9.9#dns.quad9.net"',
    ],
    [
      'https://9.9.9.9/dns-query',
      'each must be an IP address, with :port if not 53, got "https://9.9.9.9/dns-query"',
    ],
  ])('are refused where they cannot be used: %s', (text, why) => {
    expect(() => parseTlsServers(text)).toThrow(why);
  });
});
