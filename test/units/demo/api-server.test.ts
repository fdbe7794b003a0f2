import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { afterEach, describe, expect, test } from 'vitest';
import { clusterIpService, externalNameService } from '../../../src/demo/api/objects.ts';
import { ApiServer, type ApiServerOptions } from '../../../src/demo/api/server.ts';
import { selfSigned } from '../../../src/demo/certificate.ts';
import { get, namesIn } from './_api-client.ts';

const servers: ApiServer[] = [];
const aliases = '/api/v1/services?fieldSelector=spec.type%3DExternalName';

async function serve(options: ApiServerOptions = {}): Promise<ApiServer> {
  const api = new ApiServer(options);
  await api.start();
  servers.push(api);
  api.apply(externalNameService('b', 'two', 'two.example.com', { labels: { tier: 'db' } }));
  api.apply(externalNameService('a', 'one', 'one.example.com'));
  api.apply(externalNameService('b', 'three', 'three.example.com'));
  api.apply(clusterIpService('b', 'plain', '10.96.0.7'));
  return api;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((api) => api.stop()));
});

describe('LIST', () => {
  test('gives objects by namespace and name, with the version of the latest change', async () => {
    const api = await serve();
    const { body } = await get(api, '/api/v1/services');
    expect(body).toMatchObject({ kind: 'ServiceList', apiVersion: 'v1' });
    expect(body.metadata.resourceVersion).toBe(String(api.resourceVersion));
    expect(namesIn(body)).toEqual(['one', 'plain', 'three', 'two']);
    expect(body.items?.[0]).toEqual({
      metadata: {
        namespace: 'a',
        name: 'one',
        uid: expect.any(String),
        resourceVersion: '1002',
        creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
      spec: { type: 'ExternalName', externalName: 'one.example.com' },
    });
    expect(namesIn((await get(api, '/api/v1/namespaces/b/services')).body)).toEqual([
      'plain',
      'three',
      'two',
    ]);
  });

  test.each([
    ['fieldSelector=spec.type%3DExternalName', ['one', 'three', 'two']],
    ['fieldSelector=spec.type!%3DExternalName', ['plain']],
    ['fieldSelector=metadata.namespace%3Db,spec.type%3D%3DExternalName', ['three', 'two']],
    ['labelSelector=tier%3Ddb', ['two']],
    ['labelSelector=tier', ['two']],
    ['labelSelector=!tier', ['one', 'plain', 'three']],
    ['labelSelector=tier!%3Ddb', ['one', 'plain', 'three']],
  ])('%s', async (query, names) => {
    const api = await serve();
    expect(namesIn((await get(api, `/api/v1/services?${query}`)).body)).toEqual(names);
  });

  test('spec.type is unknown before 1.31, and other fields always', async () => {
    const old = await serve({ minor: 30 });
    expect(await get(old, aliases)).toMatchObject({
      code: 400,
      body: {
        kind: 'Status',
        reason: 'BadRequest',
        message:
          '"spec.type" is not a known field selector: only "metadata.name", "metadata.namespace"',
      },
    });
    const api = await serve({ minor: 31 });
    expect((await get(api, aliases)).code).toBe(200);
    expect((await get(api, '/api/v1/services?fieldSelector=spec.foo%3Dx')).body.message).toBe(
      'field label not supported: spec.foo',
    );
  });

  test('comes in pages that see one state', async () => {
    const api = await serve();
    const first = await get(api, '/api/v1/services?limit=3');
    expect(first.body.metadata).toMatchObject({ remainingItemCount: 1, resourceVersion: '1004' });
    api.remove('b', 'two');
    const token = first.body.metadata.continue;
    const second = await get(api, `/api/v1/services?limit=3&continue=${token}`);
    expect(namesIn(second.body)).toEqual(['two']);
    expect(second.body.metadata).toEqual({ resourceVersion: '1004' });
    expect((await get(api, `${aliases}&limit=1`)).body.metadata).not.toHaveProperty(
      'remainingItemCount',
    );
  });

  test('a continue token that is too old is 410, with one that reads on regardless', async () => {
    const api = await serve();
    const first = await get(api, '/api/v1/services?limit=2');
    api.compact();
    api.remove('b', 'three');
    const path = '/api/v1/services?limit=2&continue=';
    const gone = await get(api, path + first.body.metadata.continue);
    expect(gone).toMatchObject({ code: 410, body: { kind: 'Status', reason: 'Expired' } });
    const rest = await get(api, path + gone.body.metadata.continue);
    expect(namesIn(rest.body)).toEqual(['two']);
    expect((await get(api, `${path}rubbish`)).code).toBe(400);
  });

  test('a resourceVersion that is not reached yet is 504', async () => {
    const api = await serve();
    expect(await get(api, '/api/v1/services?resourceVersion=5000')).toMatchObject({
      code: 504,
      body: { message: 'Timeout: Too large resource version: 5000, current: 1004' },
    });
    expect((await get(api, '/api/v1/services?resourceVersion=0')).code).toBe(200);
  });

  test('goes backwards after an etcd restore', async () => {
    const api = await serve();
    const backup = api.backup();
    api.apply(externalNameService('a', 'later', 'later.example.com'));
    api.remove('a', 'one');
    api.restore(backup);
    const { body } = await get(api, '/api/v1/services');
    expect(body.metadata.resourceVersion).toBe('1004');
    expect(namesIn(body)).toEqual(['one', 'plain', 'three', 'two']);
  });
});

describe('failures', () => {
  test('are refusals as the real one words them, as often as told', async () => {
    const api = await serve();
    api.fail({ status: 403 });
    api.fail({ status: 429, retryAfterSeconds: 7 });
    api.fail({ status: 500 }, { verb: 'watch' });
    api.fail({ status: 500 }, { times: 2 });
    expect((await get(api, aliases)).body).toMatchObject({
      kind: 'Status',
      code: 403,
      reason: 'Forbidden',
      message: expect.stringContaining(
        'cannot list resource "services" in API group "" at the cluster scope',
      ),
    });
    const busy = await get(api, aliases);
    expect([busy.code, busy.headers.get('retry-after')]).toEqual([429, '7']);
    const codes: number[] = [];
    for (let i = 0; i < 3; i++) codes.push((await get(api, aliases)).code);
    expect(codes).toEqual([500, 500, 200]);
    expect((await get(api, '/api/v1/services?watch=1')).code).toBe(500);
  });

  test('can be ended, hang, or reset', async () => {
    const api = await serve();
    const end = api.fail('reset', { times: Number.POSITIVE_INFINITY });
    await expect(get(api, aliases)).rejects.toThrow('fetch failed');
    end();
    api.fail('hang');
    const abort = new AbortController();
    const hung = get(api, aliases, { signal: abort.signal });
    await expect.poll(() => api.requests.length).toBe(2);
    expect((await get(api, aliases)).code).toBe(200);
    expect(api.requests.map(({ code }) => code)).toEqual([undefined, undefined, 200]);
    abort.abort();
    await expect(hung).rejects.toThrow('aborted');
  });

  test('a rotated token is 401 until the client has the new one', async () => {
    const api = await serve();
    api.token = 'new';
    const ask = async (token: string) =>
      (await get(api, aliases, { headers: { authorization: `Bearer ${token}` } })).code;
    expect([await ask('old'), await ask('new')]).toEqual([401, 200]);
  });

  test('stopped it refuses connections, started again it has its port and its objects', async () => {
    const api = await serve();
    const { url } = api;
    await api.stop();
    await expect(fetch(url)).rejects.toThrow('fetch failed');
    await api.start();
    expect(api.url).toBe(url);
    expect(namesIn((await get(api, aliases)).body)).toHaveLength(3);
  });
});

test('paths that are no resource', async () => {
  const api = await serve({ minor: 30 });
  expect(await (await fetch(`${api.url}/version`)).json()).toMatchObject({
    major: '1',
    minor: '30',
  });
  expect(await (await fetch(`${api.url}/readyz`)).text()).toBe('ok');
  expect(await get(api, '/api/v1/pods')).toMatchObject({ code: 404, body: { kind: 'Status' } });
});

test('what curl can do', async () => {
  const api = await serve();
  const send = async (method: string, path: string, body?: object) => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    return (await get(api, `/api/v1/namespaces/c/services${path}`, init)).code;
  };
  const service = {
    metadata: { name: 'new' },
    spec: { type: 'ExternalName', externalName: 'a.test' },
  };
  expect(await send('POST', '', service)).toBe(201);
  expect(await send('POST', '', service)).toBe(409);
  expect(await send('GET', '/new')).toBe(200);
  const created = api.get('c', 'new');
  expect(await send('PATCH', '/new', { spec: { externalName: 'b.test' } })).toBe(200);
  expect(api.get('c', 'new')).toMatchObject({
    metadata: { uid: created?.metadata.uid },
    spec: { type: 'ExternalName', externalName: 'b.test' },
  });
  expect(await send('PATCH', '/new', { spec: { externalName: null } })).toBe(200);
  expect(api.get('c', 'new')?.spec).toEqual({ type: 'ExternalName' });
  expect(await send('PUT', '/new', created)).toBe(409);
  expect(await send('PUT', '/new', service)).toBe(200);
  expect(await send('DELETE', '/new')).toBe(200);
  expect(await send('DELETE', '/new')).toBe(404);
  expect(await send('POST', '')).toBe(400);
  expect(await send('DELETE', '')).toBe(405);
  const huge = { metadata: { name: 'x'.repeat(1 << 20) } };
  expect(await send('POST', '', huge)).toBe(400);
});

test('the official client reads its kubeconfig and its lists', async () => {
  const api = await serve();
  const config = new KubeConfig();
  config.loadFromString(api.kubeconfig());
  const list = await config
    .makeApiClient(CoreV1Api)
    .listServiceForAllNamespaces({ fieldSelector: 'spec.type=ExternalName' });
  expect(list.items.map((service) => service.metadata?.name)).toEqual(['one', 'three', 'two']);
  expect(api.requestsOf('list')).toMatchObject([
    { path: '/api/v1/services', query: { fieldSelector: 'spec.type=ExternalName' }, code: 200 },
  ]);
});

test.each(['127.0.0.1', '::1'] as const)(
  'over TLS on %s, trusted through its kubeconfig, and reset',
  async (host) => {
    const api = await serve({ tls: selfSigned(), host });
    expect(api.url).toMatch(/^https:/);
    const config = new KubeConfig();
    config.loadFromString(api.kubeconfig());
    const core = config.makeApiClient(CoreV1Api);
    expect((await core.listServiceForAllNamespaces()).items).toHaveLength(4);
    api.fail('reset');
    await expect(core.listServiceForAllNamespaces()).rejects.toThrow();
    expect((await core.listServiceForAllNamespaces()).items).toHaveLength(4);
  },
);

test('a token is part of the kubeconfig', async () => {
  const api = await serve({ tls: selfSigned() });
  api.token = 'secret';
  const config = new KubeConfig();
  config.loadFromString(api.kubeconfig());
  const core = config.makeApiClient(CoreV1Api);
  expect((await core.listServiceForAllNamespaces()).items).toHaveLength(4);
});

test('other resources are rows of a table', async () => {
  const api = await serve();
  api.apply({ kind: 'EndpointSlice', metadata: { namespace: 'a', name: 'one-x' }, endpoints: [] });
  const path = '/apis/discovery.k8s.io/v1/endpointslices';
  expect((await get(api, path)).body).toMatchObject({
    kind: 'EndpointSliceList',
    items: [{ metadata: { name: 'one-x' } }],
  });
  expect(() => api.apply({ kind: 'Pod', metadata: { namespace: 'a', name: 'x' } })).toThrow(
    'Cannot store the object: no resource has this kind, got Pod',
  );
});
