import Ajv from 'ajv/dist/2020.js';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceViews } from '../../../src/views/services/views.ts';
import { serverOf } from '../../fixtures/http-server.ts';
import { FAILING, HEALTHY, MISSING, ok, reportOf, result } from '../../fixtures/rounds.ts';
import { specOf } from '../../fixtures/spec.ts';
import { holdWithViews } from '../../fixtures/views.ts';

const NOW = Date.UTC(2026, 10, 24);

/** A Service of each kind, with all that a history may hold. */
function filled(): ServiceViews {
  const { store, views } = holdWithViews();
  store.informerChanged({ synced: true, connected: true, lastContactAt: NOW, lastListAt: NOW });
  store.sensed({
    type: 'control',
    server: '10.96.0.10:53',
    result: result('ok'),
    endedAt: NOW,
  });
  const rich = specOf('rich', {
    settings: { severity: 'page' },
    labels: { team: 'x' },
  });
  store.seen(rich, false, NOW);
  const at = (address: string) => ({ ...HEALTHY, target: { A: ok(address) } });
  for (let i = 0; i < 20; i++) store.round(reportOf(rich, at('192.0.2.1'), NOW), NOW);
  store.round(reportOf(rich, at('203.0.113.9'), NOW + 1), NOW + 1);
  store.round(reportOf(rich, FAILING, NOW + 2), NOW + 2);
  store.round(reportOf(rich, { ...FAILING, app: { A: result('timeout') } }, NOW + 3), NOW + 3);
  const reference = { type: 'reference', server: '9.9.9.9:53', endedAt: NOW } as const;
  const negative = { zone: 'example.com', ttl: 30, minimum: 900 };
  const blocked = { extendedErrors: [{ code: 17, text: 'by list 3' }] };
  const hop = { A: ok('198.51.100.7'), AAAA: result('nodata', { negative, ...blocked }) };
  const poor = specOf('poor', { editedBy: 'helm' });
  store.seen(poor, false, NOW);
  store.round(reportOf(poor, HEALTHY, NOW), NOW);
  store.reference({ ...reference, target: poor.target, keys: [poor.key], hop }, NOW);
  store.seen(
    { ...rich, externalName: 'rich2.example.com', target: 'rich2.example.com' },
    true,
    NOW + 4,
  );
  const lost = specOf('lost');
  store.seen(lost, false, NOW);
  const gone = { A: result('nxdomain', { negative }), AAAA: result('nxdomain', blocked) };
  store.round(reportOf(lost, { ...MISSING, target: gone }, NOW), NOW);
  for (let i = 0; i < 3; i++) {
    const shared = specOf(`shared${i}`, { externalName: 'db.corp.example' });
    store.seen(shared, false, NOW);
    store.round(reportOf(shared, FAILING, NOW), NOW);
  }
  for (let i = 0; i < 250; i++) {
    const spec = specOf(`s${i}`);
    store.seen(spec, false, NOW);
    if (i % 2 === 0) store.round(reportOf(spec, HEALTHY, NOW), NOW);
  }
  return views;
}

let server: FastifyInstance;
let views: ServiceViews;

beforeAll(() => {
  views = filled();
  server = serverOf({ views });
});
afterAll(() => server.close());

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly cache: unknown;
  readonly body: Record<string, unknown>;
}

async function get(url: string): Promise<Reply> {
  const { statusCode: status, headers, body } = await server.inject(url);
  const type = String(headers['content-type']);
  return { status, type, cache: headers['cache-control'], body: JSON.parse(body) };
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('the API says what the views say, and loses nothing on the way', () => {
  it.each<[string, () => unknown]>([
    ['/services', () => views.services({})],
    ['/services?limit=500', () => views.services({ limit: 500 })],
    [
      '/services?namespace=shop&up=1&up=0&sort=name&order=reversed',
      () =>
        views.services({ namespace: ['shop'], up: ['1', '0'], sort: 'name', order: 'reversed' }),
    ],
    [
      '/services?text=S7&page=2&limit=3&disagrees=false',
      () => views.services({ text: 'S7', page: 2, limit: 3, disagrees: false }),
    ],
    [
      '/services?finding=single_address&verdict=healthy&blame=none',
      () => views.services({ finding: ['single_address'], verdict: ['healthy'], blame: ['none'] }),
    ],
    [
      '/services?domain=Example.com&limit=2',
      () => views.services({ domain: ['example.com'], limit: 2 }),
    ],
    ['/services?domain=example.net', () => views.services({ domain: ['example.net'] })],
    ['/services/shop/rich', () => views.service('shop', 'rich')],
    ['/services/shop/poor', () => views.service('shop', 'poor')],
    ['/services/shop/lost', () => views.service('shop', 'lost')],
    ['/services/shop/s0', () => views.service('shop', 's0')],
    ['/services/shop/s1', () => views.service('shop', 's1')],
    ['/servers', () => ({ items: views.servers() })],
    ['/findings?level=info&limit=7', () => views.findings({ level: ['info'], limit: 7 })],
    ['/findings?rule=loop', () => views.findings({ rule: ['loop'] })],
  ])('%s', async (path, expected) => {
    const { status, type, cache, body } = await get(`/api/v1${path}`);
    expect(status).toBe(200);
    expect(type).toBe('application/json; charset=utf-8');
    expect(cache).toBe('no-store');
    expect(body).toEqual(plain(expected()));
  });

  it('/summary', async () => {
    const { body } = await get('/api/v1/summary');
    expect(body).toEqual(plain(views.summary(Date.now())));
    expect(body.services).toBe(256);
    expect((body.domains as unknown[])[0]).toMatchObject({
      domain: 'corp.example',
      target: 'db.corp.example',
    });
  });

  it('shows all kinds of what a history may hold', async () => {
    const { body } = await get('/api/v1/services/shop/rich');
    expect(body).toMatchObject({
      severity: 'page',
      labels: { team: 'x' },
      history: {
        failures: [{ verdict: 'target_failing', rounds: 2 }],
        lastFailingRound: { queries: expect.any(Array) },
        edits: [{ to: 'rich2.example.com' }],
        drift: [{ before: { addresses: { total: 1, first: ['192.0.2.1'] } } }],
      },
    });
    expect(JSON.stringify(body)).toContain('null');
    expect((await get('/api/v1/services/shop/poor')).body).toMatchObject({
      editedBy: 'helm',
      disagrees: false,
      references: [
        {
          server: '9.9.9.9:53',
          rounds: 1,
          unanswered: 0,
          answers: [
            { type: 'A', outcome: 'ok' },
            { type: 'AAAA', outcome: 'nodata', negative: { zone: 'example.com' } },
          ],
        },
      ],
    });
  });

  it('says which zone denies a target, why, and when pods see it again', async () => {
    const { body } = await get('/api/v1/services/shop/lost');
    expect(body).toMatchObject({
      recovery: { zone: 'example.com', seconds: 900, clusterDnsSeconds: 30 },
      hops: [
        {},
        {},
        {
          answers: [
            { type: 'A', negative: { zone: 'example.com', ttl: 30, minimum: 900 } },
            {
              type: 'AAAA',
              extendedErrors: [{ code: 17, name: 'filtered', text: 'by list 3' }],
            },
          ],
        },
      ],
    });
    expect((await get('/api/v1/services/shop/s0')).body).not.toHaveProperty('recovery');
  });
});

describe('errors are problem details, with the value that gave offence', () => {
  it.each([
    ['/api/v1/services?limit=501', 400, 'limit must be <= 500', '501'],
    ['/api/v1/services?limit=0', 400, 'limit', '0'],
    ['/api/v1/services?page=x', 400, 'page must be integer', 'x'],
    ['/api/v1/services?page=1&page=2', 400, 'page', '1'],
    ['/api/v1/services?verdict=borken', 400, 'healthy', 'borken'],
    ['/api/v1/services?verdct=healthy', 400, 'no such parameter', 'verdct'],
    ['/api/v1/findings?level=bad', 400, 'critical', 'bad'],
    ['/api/v1/summary?x=1', 400, 'no such parameter', 'x'],
    [`/api/v1/services?text=${'a'.repeat(254)}`, 400, 'text', 'aaa'],
    [`/api/v1/services?${'namespace=a&'.repeat(51)}`, 400, 'namespace', 'a'],
    ['/api/v1/services/shop/nobody', 404, 'none of that name is watched', 'shop/nobody'],
    [`/api/v1/services/shop/${'a'.repeat(64)}`, 400, 'service', 'aaa'],
    ['/api/v1/services/%zz/x', 400, '', '%zz'],
    ['/nowhere?q=1', 404, 'no such route', 'GET /nowhere'],
    ['/api/v2/services', 404, 'no such route', '/api/v2/services'],
    ['/api/v1/services/__proto__/constructor', 404, 'none of that name', '__proto__'],
  ])('%s', async (url, status, why, value) => {
    const reply = await get(url);
    expect(reply.status).toBe(status);
    expect(reply.type).toMatch(/^application\/problem\+json/);
    expect(reply.body).toMatchObject({ type: 'about:blank', status, instance: url.split('?')[0] });
    expect(reply.body.title).toBeTypeOf('string');
    expect(reply.body.detail).toContain(why);
    expect(reply.body.detail).toContain(value);
  });

  it('are so for what never gets to a route', async () => {
    const headers = { 'content-type': 'application/json' };
    const payload = JSON.stringify('x'.repeat(2_000));
    const url = '/api/v1/services';
    const reply = await server.inject({ method: 'POST', url, headers, payload });
    expect(reply.statusCode).toBe(413);
    expect(reply.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(reply.json().detail).toContain('got "POST /api/v1/services"');
  });

  it('are short, whatever was sent', async () => {
    const { body } = await get(`/${'x'.repeat(8_000)}`);
    expect(JSON.stringify(body).length).toBeLessThan(3_000);
  });

  it('of our own tell nothing of what went wrong within', async () => {
    const broken = Object.create(views, {
      servers: {
        value: () => {
          throw new Error('secret');
        },
      },
    });
    const faults: string[] = [];
    const onFault = ({ message }: Error): number => faults.push(message);
    const other = serverOf({ views: broken, onFault });
    const { statusCode, body } = await other.inject('/api/v1/servers');
    expect(statusCode).toBe(500);
    expect(body).not.toContain('secret');
    expect(faults).toEqual(['secret']);
    await other.close();
  });
});

describe('the OpenAPI document', () => {
  it('is of version 3.1, has every route, and its schemas hold for the replies', async () => {
    const { body } = await get('/api/v1/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    const paths = body.paths as Record<string, { get: Record<string, unknown> }>;
    expect(Object.keys(paths).sort()).toEqual([
      '/api/v1/findings',
      '/api/v1/servers',
      '/api/v1/services',
      '/api/v1/services/{namespace}/{service}',
      '/api/v1/summary',
    ]);
    const ajv = new Ajv.default({ strict: false, validateFormats: false });
    for (const [path, { get: operation }] of Object.entries(paths)) {
      const urlOf = (service: string): string =>
        path.replace('{namespace}', 'shop').replace('{service}', service);
      const url = urlOf('rich');
      const { responses } = operation as {
        responses: Record<string, { content: Record<string, { schema: object }> }>;
      };
      const ofReply = ajv.compile(responses['200']?.content['application/json']?.schema ?? false);
      for (const one of [url, urlOf('lost'), urlOf('poor')]) {
        expect([one, ofReply((await get(one)).body), ofReply.errors]).toEqual([one, true, null]);
      }
      expect(ofReply({})).toBe(false);
      const ofProblem = ajv.compile(
        responses['400']?.content['application/problem+json']?.schema ?? false,
      );
      expect(ofProblem((await get(`${url}?nope=1`)).body)).toBe(true);
    }
  });
});
