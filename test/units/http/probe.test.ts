import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { MOST_PROBES, type ProbeOnDemand } from '../../../src/http/probe-route.ts';
import { serverOf } from '../../fixtures/http-server.ts';

let server: FastifyInstance;
const asked: string[] = [];

const probe: ProbeOnDemand = async (namespace, service) => {
  asked.push(`${namespace}/${service}`);
  if (service === 'nobody') return undefined;
  return { metrics: () => 'externalname_now_up 1\n', trace: () => 'a trace\n' };
};

function start(): void {
  asked.length = 0;
  server = serverOf({ probe });
}

afterEach(() => server.close());

describe('GET /probe', () => {
  it('gives metrics, or a trace if that is asked for', async () => {
    start();
    const metrics = await server.inject('/probe?namespace=shop&service=db');
    expect(metrics.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(metrics.body).toBe('externalname_now_up 1\n');
    const trace = await server.inject('/probe?namespace=shop&service=db&debug=true');
    expect(trace.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(trace.headers['cache-control']).toBe('no-store');
    expect(trace.body).toBe('a trace\n');
    expect(asked).toEqual(['shop/db', 'shop/db']);
  });

  it.each([
    ['/probe', 400, 'namespace is missing'],
    ['/probe?namespace=shop', 400, 'service is missing'],
    ['/probe?namespace=shop&service=db&debug=perhaps', 400, 'perhaps'],
    ['/probe?namespace=shop&service=', 400, 'service'],
    ['/probe?namespace=shop&service=db&target=example.com', 400, 'no such parameter'],
    ['/probe?namespace=shop&service=db&server=8.8.8.8', 400, 'no such parameter'],
    ['/probe?namespace=shop&service=db&service=other', 400, 'service'],
  ])('asks for nothing that it should not: %s', async (url, status, why) => {
    start();
    const reply = await server.inject(url);
    expect(reply.statusCode).toBe(status);
    expect(reply.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(reply.json().detail).toContain(why);
    expect(asked).toEqual([]);
  });

  it('knows only Services that are watched', async () => {
    start();
    const reply = await server.inject('/probe?namespace=shop&service=nobody');
    expect(reply.statusCode).toBe(404);
    expect(reply.json().detail).toContain('shop/nobody');
  });

  it('has one limit for all clients, which other routes do not share', async () => {
    start();
    const from = (remoteAddress: string) =>
      server.inject({ url: '/probe?namespace=shop&service=db', remoteAddress });
    // What is no probe does not count as one.
    for (let i = 0; i <= MOST_PROBES; i++) await server.inject('/probe?namespace=shop');
    for (let i = 0; i < MOST_PROBES; i++) {
      expect((await from(`192.0.2.${i}`)).statusCode).toBe(200);
    }
    const refused = await from('198.51.100.1');
    expect(refused.statusCode).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/);
    const url = '/probe?namespace=shop&service=db';
    expect((await server.inject({ method: 'HEAD', url })).statusCode).toBe(404);
    expect(asked).toHaveLength(MOST_PROBES);
    expect((await server.inject('/livez')).statusCode).toBe(200);
    expect((await server.inject('/api/v1/summary')).statusCode).toBe(200);
  });
});
