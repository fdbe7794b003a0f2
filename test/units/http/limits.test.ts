import { type ClientRequest, get } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MOST_CONNECTIONS, MOST_PER_ADDRESS, MOST_SCRAPES } from '../../../src/http/limits.ts';
import { ServiceExposition } from '../../../src/metrics/exposition.ts';
import { SERVICE_FAMILIES } from '../../../src/metrics/service-families.ts';
import type { ServiceRecord } from '../../../src/state/record.ts';
import { newRecord } from '../../../src/state/reducers.ts';
import { AROUND } from '../../fixtures/around.ts';
import { serverOf } from '../../fixtures/http-server.ts';
import { specOf } from '../../fixtures/spec.ts';
import { until } from '../../lab/cluster/until.ts';
import { listening, toldBy } from './_https.ts';

/** So many that a scrape of them does not fit into the buffers of a socket. */
const records = new Map<string, ServiceRecord>();
const services = new ServiceExposition(records, SERVICE_FAMILIES);
for (let i = 0; i < 5_000; i++) {
  records.set(`shop/s${i}`, newRecord(specOf(`s${i}`), false, AROUND, 0));
}

let server: FastifyInstance;
let port: number;
const sockets: Socket[] = [];

beforeEach(async () => {
  server = serverOf({ services });
  port = await listening(server);
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close();
});

const request = (path: string, headers = ''): string =>
  `GET ${path} HTTP/1.1\r\nhost: x\r\n${headers}\r\n`;

describe('a request', () => {
  it.each([
    ['headers that are too large', request('/livez', `x: ${'a'.repeat(20_000)}\r\n`), 431],
    ['a path that is too long', request(`/${'a'.repeat(20_000)}`), 431],
    ['no HTTP', '\x16\x03\x01\x00\x05hello\r\n\r\n', 400],
  ])('with %s is refused, in the words of a problem', async (_what, text, status) => {
    const told = await toldBy(port, (socket) => socket.write(text));
    expect(told).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(told).toContain('content-type: application/problem+json');
    expect(JSON.parse(told.split('\r\n\r\n')[1] ?? '')).toMatchObject({ status });
  });
});

// Side by side: each is waited for until a limit of the server has passed.
describe.concurrent('a request that never ends', () => {
  it.each([
    [
      'with its body, is answered and cut off',
      'POST /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\n',
      'x',
      404,
    ],
    ['with its headers, is cut off', 'GET /metrics HTTP/1.1\r\n', 'x: y\r\n', 408],
  ])('%s, however slowly it trickles', async (_what, begin, more, status) => {
    const patient = serverOf();
    const told = await toldBy(await listening(patient), (socket) => {
      socket.write(begin);
      const trickle = setInterval(() => socket.write(more), 500);
      socket.once('close', () => clearInterval(trickle));
    });
    await patient.close();
    expect(told).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });
});

describe('connections', () => {
  it('of one address are capped below those of all, so that others still get in', async () => {
    expect(MOST_PER_ADDRESS * 2).toBeLessThanOrEqual(MOST_CONNECTIONS);
    await hold('127.0.0.1', MOST_PER_ADDRESS + 20);
    await until('those beyond closed', () => open() === MOST_PER_ADDRESS);
    expect(await statusFrom('127.0.0.1')).toBe('ECONNRESET');
    expect(await statusFrom('127.0.0.2')).toBe(200);
    // What is closed makes room.
    for (const socket of sockets.splice(0)) socket.destroy();
    await until('room', async () => (await statusFrom('127.0.0.1')) === 200);
  });

  it('of all are capped', async () => {
    await hold('127.0.0.1', MOST_PER_ADDRESS);
    await hold('127.0.0.2', MOST_PER_ADDRESS);
    await hold('127.0.0.3', 20);
    await until('those beyond closed', () => open() === MOST_CONNECTIONS);
  });
});

describe('scrapes', () => {
  it('that are not read are capped, refused with the time to come again, and make room when they go', async () => {
    const unread = await Promise.all(Array.from({ length: MOST_SCRAPES }, () => unreadScrape()));
    const refused = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({ status: 503 });
    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
    for (const scrape of unread) scrape.destroy();
    await until('room', async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).ok);
  });
});

/** Opens connections that stay silent, all from this address. */
async function hold(localAddress: string, count: number): Promise<void> {
  const opened = Array.from({ length: count }, () => {
    const socket = connect({ host: '127.0.0.1', port, localAddress });
    socket.on('error', () => {});
    sockets.push(socket);
    return new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  });
  await Promise.all(opened);
}

function open(): number {
  return sockets.filter(({ destroyed, readyState }) => !destroyed && readyState === 'open').length;
}

function statusFrom(localAddress: string): Promise<number | string | undefined> {
  return new Promise((resolve) => {
    get({ port, path: '/livez', localAddress, agent: false }, (reply) => {
      resolve(reply.statusCode);
      reply.resume();
    }).on('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
  });
}

/** Its head has come, and of its body what fits into buffers. */
function unreadScrape(): Promise<ClientRequest> {
  return new Promise((resolve, reject) => {
    const scrape = get({ port, path: '/metrics', agent: false }, (reply) => {
      reply.on('error', () => {});
      resolve(scrape);
    });
    scrape.on('error', reject);
  });
}
