import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServiceExposition } from '../../../src/metrics/exposition.ts';
import { SERVICE_FAMILIES } from '../../../src/metrics/service-families.ts';
import type { ServiceRecord } from '../../../src/state/record.ts';
import { newRecord } from '../../../src/state/reducers.ts';
import { AROUND } from '../../fixtures/around.ts';
import { serverOf } from '../../fixtures/http-server.ts';
import { parseSamples } from '../../fixtures/samples.ts';
import { specOf } from '../../fixtures/spec.ts';

let server: FastifyInstance;
let ready = false;

/** So many that what one scrape holds does not fit into the buffers of a socket. */
const MANY = 3_000;
const records = new Map<string, ServiceRecord>();
const services = new ServiceExposition(records, SERVICE_FAMILIES);
for (let i = 0; i < MANY; i++) {
  const name = `s${i}`;
  records.set(`shop/${name}`, newRecord(specOf(name), false, AROUND, 0));
}

beforeEach(() => {
  server = serverOf({ services, isReady: () => ready });
});

afterEach(() => server.close());

/** By a real socket: the chunks share their memory, which a simulated reply would keep and see change. */
async function scrape(
  encoding?: string,
): Promise<{ headers: Record<string, unknown>; body: Buffer }> {
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  const headers = encoding === undefined ? {} : { 'accept-encoding': encoding };
  return new Promise((resolve, reject) => {
    get({ port, path: '/metrics', headers, agent: false }, async (reply) => {
      const chunks: Buffer[] = await reply.toArray();
      resolve({ headers: reply.headers, body: Buffer.concat(chunks) });
    }).on('error', reject);
  });
}

describe('GET /metrics', () => {
  it('has the families of the monitor and of every Service', async () => {
    const reply = await scrape();
    expect(reply.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(reply.headers['content-encoding']).toBeUndefined();
    const text = reply.body.toString();
    expect(parseSamples(text, 'externalname_service_info')).toHaveLength(MANY);
    expect(parseSamples(text, 'externalname_build_info')[0]?.labels.version).toBe('1.2.3');
  });

  it.each([
    ['gzip', true],
    ['gzip;q=0.5, identity', true],
    ['deflate, GZIP', true],
    ['identity', false],
    ['gzip;q=0', false],
    ['gzip;q=0.000', false],
    ['', false],
  ])('for accept-encoding %j is compressed: %s, and says the same', async (header, compressed) => {
    const reply = await scrape(header);
    expect(reply.headers['content-encoding']).toBe(compressed ? 'gzip' : undefined);
    const text = (compressed ? gunzipSync(reply.body) : reply.body).toString();
    expect(text.match(/^externalname_service_verdict\{/gm)).toHaveLength(MANY);
  });
});

describe('a scraper that goes away', () => {
  it.each([[undefined], ['gzip']])('does no harm to the next one (%s)', async (encoding) => {
    await server.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.server.address() as AddressInfo;
    const headers = encoding === undefined ? {} : { 'accept-encoding': encoding };
    await new Promise<void>((resolve) => {
      const request = get({ port, path: '/metrics', headers, agent: false }, (reply) => {
        reply.once('data', () => request.destroy());
        reply.on('error', () => {});
        reply.on('close', () => resolve());
      });
    });
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(text.match(/^externalname_service_verdict\{/gm)).toHaveLength(MANY);
  });
});

describe('health', () => {
  it('is alive from the start, and ready once the first list is complete', async () => {
    ready = false;
    expect((await server.inject('/livez')).statusCode).toBe(200);
    expect((await server.inject('/readyz')).statusCode).toBe(503);
    ready = true;
    expect((await server.inject('/readyz')).statusCode).toBe(200);
  });

  it('knows no other path and no other method', async () => {
    expect((await server.inject('/etc/passwd')).statusCode).toBe(404);
    expect(
      (await server.inject({ method: 'POST', url: '/metrics', payload: 'x' })).statusCode,
    ).toBe(404);
  });
});
