import { once } from 'node:events';
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Live, MOST_WATCHERS } from '../../../src/http/live.ts';
import type { ServiceViews } from '../../../src/views/services/views.ts';
import { serverOf } from '../../fixtures/http-server.ts';
import { FAILING, HEALTHY, reportOf } from '../../fixtures/rounds.ts';
import { specOf } from '../../fixtures/spec.ts';
import { holdWithViews } from '../../fixtures/views.ts';
import { until } from '../../lab/cluster/until.ts';

const NOW = Date.UTC(2026, 10, 24);

let server: FastifyInstance;
let live: Live;

const { store, views } = holdWithViews();
for (let i = 0; i < 250; i++) {
  const spec = specOf(`s${i}`);
  store.seen(spec, false, NOW);
  for (const at of [NOW, NOW + 1])
    store.round(reportOf(spec, i % 10 === 0 ? FAILING : HEALTHY, at), at);
}

beforeEach(() => {
  live = new Live();
  server = serverOf({ views, live });
});
afterEach(() => server.close());

const rowsOf = (page: string): string[] =>
  [...page.matchAll(/<tr class="\w+" id="row:([^"]+)"/g)].map(([, key]) => key ?? '');

describe('GET /', () => {
  it('has what fails first, and is paged', async () => {
    const { body, headers } = await server.inject('/');
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(rowsOf(body)).toHaveLength(100);
    expect(rowsOf(body).slice(0, 25)).toEqual(expect.arrayContaining(['shop/s0', 'shop/s240']));
    const last = await server.inject('/?page=3&sort=name');
    expect(rowsOf(last.body)).toHaveLength(50);
    expect(last.body).toContain('Page 3 of 3');
    expect((await server.inject('/?page=9')).body).toContain('There is no such page');
  });

  it('filters, and its links and form keep the filter', async () => {
    const { body } = await server.inject(
      '/?blame=target&blame=cluster_dns&text=s1&sort=name&limit=5',
    );
    expect(rowsOf(body)).toEqual(['shop/s10', 'shop/s100', 'shop/s110', 'shop/s120', 'shop/s130']);
    expect(body).toContain(
      'href="?text=s1&amp;blame=target&amp;blame=cluster_dns&amp;sort=name&amp;limit=5&amp;page=2"',
    );
    for (const [name, value] of [
      ['blame', 'cluster_dns'],
      ['sort', 'name'],
      ['limit', '5'],
    ])
      expect(body).toContain(`<input type="hidden" name="${name}" value="${value}">`);
    expect((await server.inject('/?text=nothing-of-that-name')).body).toContain(
      'No Service passes',
    );
  });

  it('leads from what a form sends to an address that can be shared', async () => {
    const reply = await server.inject(
      '/?text=&namespace=shop&verdict=&blame=target&blame=policy&page=2',
    );
    expect(reply.statusCode).toBe(302);
    expect(reply.headers.location).toBe('?namespace=shop&blame=target&blame=policy&page=2');
    expect((await server.inject('/?text=')).headers.location).toBe('./');
  });

  it('says what is wrong with a filter, as a page', async () => {
    const reply = await server.inject('/?verdict=%3Cscript%3E');
    expect([reply.statusCode, reply.headers['content-type']]).toEqual([
      400,
      'text/html; charset=utf-8',
    ]);
    expect(reply.body).toContain('Cannot read the querystring: verdict');
    expect(reply.body).toContain('&lt;script&gt;');
    expect((await server.inject('/?nonsense=1')).statusCode).toBe(400);
  });

  it('is compressed for who asks for it', async () => {
    const plain = await server.inject('/');
    const reply = await server.inject({ url: '/', headers: { 'accept-encoding': 'gzip' } });
    expect(reply.headers['content-encoding']).toBe('gzip');
    expect(rowsOf(gunzipSync(reply.rawPayload).toString())).toEqual(rowsOf(plain.body));
    expect(reply.rawPayload.length).toBeLessThan(plain.rawPayload.length / 5);
  });
});

describe('GET /services/…', () => {
  it('is the page of the Service', async () => {
    const { body, statusCode } = await server.inject('/services/shop/s10');
    expect(statusCode).toBe(200);
    expect(body).toContain('data-live="../../live?namespace=shop&amp;service=s10"');
  });

  it('is a page that says so where there is none, and hears if it comes', async () => {
    const reply = await server.inject('/services/shop/%3Cb%3E');
    expect(reply.statusCode).toBe(404);
    expect(reply.body).toContain('none of that name is watched, got &quot;shop/&lt;b&gt;&quot;');
    expect(reply.body).toContain('data-live="../../live?namespace=shop');
  });
});

it('says nothing of a fault of our own but that there was one, as a page, and tells the log', async () => {
  const faults: Error[] = [];
  const views = {
    service: () => {
      throw new Error('secret');
    },
  };
  const broken = serverOf({
    views: views as unknown as ServiceViews,
    onFault: (error) => faults.push(error),
  });
  const { statusCode, body, headers } = await broken.inject('/services/a/b');
  await broken.close();
  expect([statusCode, headers['content-type']]).toEqual([500, 'text/html; charset=utf-8']);
  expect(body).toContain('<p>Cannot answer: internal error, see the log</p>');
  expect(faults).toHaveLength(1);
});

describe('security', () => {
  it.each(['/', '/services/shop/s1', '/services/shop/none', '/?nonsense=1'])(
    '%s allows nothing but its own style and script, and no frame',
    async (url) => {
      const { headers } = await server.inject(url);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
      const policy = String(headers['content-security-policy']);
      expect(policy).toMatch(/^default-src 'none';.*frame-ancestors 'none'$/);
      expect(policy).not.toContain('unsafe');
    },
  );

  it('leaves the API and metrics as they were', async () => {
    expect((await server.inject('/api/v1/summary')).headers['content-type']).toMatch(/json/);
    expect((await server.inject('/nothing')).headers['content-type']).toMatch(/problem\+json/);
    const document = (await server.inject('/api/v1/openapi.json')).json();
    expect(Object.keys(document.paths).filter((path) => !path.startsWith('/api/'))).toEqual([]);
  });
});

it('loads nothing but assets of its own, which may be kept for good', async () => {
  const { body } = await server.inject('/');
  const loaded = [...body.matchAll(/(?:<link[^>]*href|src)="([^"]+)"/g)].map(
    ([, url]) => url ?? '',
  );
  expect(loaded).toHaveLength(3);
  for (const url of loaded) {
    const { statusCode, headers } = await server.inject(`/${url}`);
    expect([statusCode, headers['cache-control']]).toEqual([
      200,
      'public, max-age=31536000, immutable',
    ]);
  }
  expect((await server.inject('/assets/app-000000000000.css')).statusCode).toBe(404);
});

describe('GET /live', () => {
  const watch = async (path = '/live') => {
    if (!server.server.listening) await server.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.server.address() as AddressInfo;
    const request = get({ port, path, agent: false });
    const [reply] = await once(request, 'response');
    let text = '';
    reply.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    return { request, reply, text: () => text };
  };

  it('tells of a change, and forgets who has gone', async () => {
    const { request, reply, text } = await watch();
    reply.on('error', () => {});
    expect(reply.headers['content-type']).toBe('text/event-stream');
    live.changed('shop/s1', { since: Date.now() }, Date.now());
    await until('the event', () => text().includes('data:\n\n'));
    request.destroy();
    await until('nobody to watch', () => live.watchers === 0);
  });

  it('ends with the server, which does not wait for it', async () => {
    const { reply } = await watch('/live?namespace=shop&service=s1');
    const ended = once(reply, 'end');
    await server.close();
    await ended;
    expect(live.watchers).toBe(0);
  });

  it('refuses one more than so many, and half a Service', async () => {
    for (let i = 0; i < MOST_WATCHERS; i++) live.watch(undefined, () => {}, 0);
    const { statusCode, body } = await server.inject('/live');
    expect([statusCode, JSON.parse(body).detail]).toEqual([
      503,
      `Cannot watch for changes: too many clients watch already, got ${MOST_WATCHERS}`,
    ]);
    expect((await server.inject('/live?namespace=shop')).statusCode).toBe(400);
  });
});
