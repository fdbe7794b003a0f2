import {
  KubeConfig,
  type KubernetesListObject,
  ListWatch,
  type V1Service,
  Watch,
} from '@kubernetes/client-node';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { clusterIpService, externalNameService } from '../../../src/demo/api/objects.ts';
import { ApiServer, type ApiServerOptions } from '../../../src/demo/api/server.ts';
import { get, WatchClient } from './_api-client.ts';

const servers: ApiServer[] = [];
const aliases = 'fieldSelector=spec.type%3DExternalName';

async function serve(options: ApiServerOptions = {}): Promise<ApiServer> {
  const api = new ApiServer(options);
  await api.start();
  servers.push(api);
  return api;
}

function one(target: string) {
  return externalNameService('a', 'one', target);
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((api) => api.stop()));
});

describe('events', () => {
  test('through a field selector a retyped Service is DELETED, with its old content, and ADDED', async () => {
    const api = await serve();
    api.apply(clusterIpService('a', 'plain', '10.96.0.7'));
    const watch = await WatchClient.open(api, `${aliases}&resourceVersion=${api.resourceVersion}`);
    const created = api.apply(one('one.example.com'));
    api.apply(one('two.example.com'));
    api.apply(clusterIpService('a', 'plain', '10.96.0.8'));
    api.apply(clusterIpService('a', 'one', '10.96.0.9'));
    const retyped = api.resourceVersion;
    api.apply(one('three.example.com'));
    api.remove('a', 'one');
    expect(await watch.take(2)).toEqual(['ADDED one', 'MODIFIED one']);
    expect(await watch.next()).toMatchObject({
      type: 'DELETED',
      object: {
        kind: 'Service',
        metadata: { uid: created.metadata.uid, resourceVersion: String(retyped) },
        spec: { type: 'ExternalName', externalName: 'two.example.com' },
      },
    });
    expect(await watch.take(1)).toEqual(['ADDED one']);
    expect(await watch.next()).toMatchObject({
      type: 'DELETED',
      object: { metadata: { resourceVersion: String(api.resourceVersion) } },
    });
  });

  test('without a selector a retyping is a MODIFIED', async () => {
    const api = await serve();
    api.apply(one('one.example.com'));
    const watch = await WatchClient.open(api, `resourceVersion=${api.resourceVersion}`);
    api.apply(clusterIpService('a', 'one', '10.96.0.9'));
    expect(await watch.take(1)).toEqual(['MODIFIED one']);
  });

  test('a recreated Service has another uid', async () => {
    const api = await serve();
    const first = api.apply(one('one.example.com'));
    api.remove('a', 'one');
    expect(api.apply(one('one.example.com')).metadata.uid).not.toBe(first.metadata.uid);
  });

  test('of other namespaces and resources are left out', async () => {
    const api = await serve();
    const response = await fetch(`${api.url}/api/v1/namespaces/b/services?watch=true`);
    api.apply(one('one.example.com'));
    api.apply({ kind: 'EndpointSlice', metadata: { namespace: 'b', name: 'slice' } });
    api.apply(externalNameService('b', 'other', 'other.example.com'));
    const reader = response.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    expect(new TextDecoder().decode(value)).toMatch(/^\{"type":"ADDED".*"name":"other"/);
    await reader?.cancel();
  });
});

describe('resourceVersion', () => {
  test('replays what came after it; absent or 0 it begins with what is there', async () => {
    const api = await serve();
    api.apply(one('one.example.com'));
    const before = api.resourceVersion;
    api.apply(one('two.example.com'));
    api.apply(externalNameService('a', 'more', 'more.example.com'));
    const replay = await WatchClient.open(api, `resourceVersion=${before}`);
    expect(await replay.take(2)).toEqual(['MODIFIED one', 'ADDED more']);
    for (const query of ['', 'resourceVersion=0']) {
      const fresh = await WatchClient.open(api, query);
      expect(await fresh.take(2)).toEqual(['ADDED more', 'ADDED one']);
    }
  });

  test('too old is an ERROR event and the end, or HTTP 410', async () => {
    const api = await serve();
    api.apply(one('one.example.com'));
    const old = api.resourceVersion;
    api.compact();
    const watch = await WatchClient.open(api, `resourceVersion=${old}`);
    expect(await watch.next()).toMatchObject({
      type: 'ERROR',
      object: {
        kind: 'Status',
        code: 410,
        message: `too old resource version: ${old} (${old + 1})`,
      },
    });
    expect(await watch.line()).toBeUndefined();
    api.goneAs = 'http';
    expect((await get(api, `/api/v1/services?watch=true&resourceVersion=${old}`)).code).toBe(410);
    const current = await WatchClient.open(api, `resourceVersion=${api.resourceVersion}`);
    api.apply(one('two.example.com'));
    expect(await current.take(1)).toEqual(['MODIFIED one']);
  });

  test('the log of changes is bounded', async () => {
    const api = await serve({ keepChanges: 2 });
    const start = api.resourceVersion;
    for (const name of ['x', 'y', 'z']) api.apply(externalNameService('a', name, 'x.example.com'));
    const late = await WatchClient.open(api, `resourceVersion=${start}`);
    expect((await late.next()).type).toBe('ERROR');
    const intime = await WatchClient.open(api, `resourceVersion=${start + 1}`);
    expect(await intime.take(2)).toEqual(['ADDED y', 'ADDED z']);
  });
});

describe('bookmarks', () => {
  test('go to those who asked, and carry the version', async () => {
    const api = await serve();
    const asked = await WatchClient.open(api, 'allowWatchBookmarks=true');
    const other = await WatchClient.open(api, '');
    api.bookmark();
    api.apply(one('one.example.com'));
    expect(await asked.next()).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'Service', metadata: { resourceVersion: '1000' } },
    });
    expect(await other.take(1)).toEqual(['ADDED one']);
  });

  test('come by themselves', async () => {
    const api = await serve({ bookmarkEveryMs: 5 });
    const watch = await WatchClient.open(api, 'allowWatchBookmarks=true');
    expect(await watch.take(2)).toEqual(['BOOKMARK', 'BOOKMARK']);
  });

  test('end the first part of a streaming list', async () => {
    const api = await serve();
    api.apply(one('one.example.com'));
    const query =
      'sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan';
    const watch = await WatchClient.open(api, query);
    expect(await watch.take(1)).toEqual(['ADDED one']);
    expect((await watch.next()).object.metadata.annotations).toEqual({
      'k8s.io/initial-events-end': 'true',
    });
  });
});

describe('ends and faults', () => {
  test('timeoutSeconds ends a watch cleanly', async () => {
    const api = await serve();
    const watch = await WatchClient.open(api, 'timeoutSeconds=1');
    expect(await watch.line()).toBeUndefined();
  });

  test('closed, reset, failed, stopped', async () => {
    const api = await serve();
    const closed = await WatchClient.open(api, '');
    expect(api.openWatches('services')).toBe(1);
    api.closeWatches();
    expect(await closed.line()).toBeUndefined();
    await expect.poll(() => api.openWatches()).toBe(0);

    const reset = await WatchClient.open(api, '');
    api.resetWatches();
    await expect(reset.line()).rejects.toThrow('terminated');

    const failed = await WatchClient.open(api, '');
    api.failWatches(500);
    expect(await failed.next()).toMatchObject({ type: 'ERROR', object: { code: 500 } });
    expect(await failed.line()).toBeUndefined();

    const stopped = await WatchClient.open(api, '');
    await api.stop();
    await expect(stopped.line()).rejects.toThrow('terminated');
  });

  test('frozen watches say nothing more, new ones work', async () => {
    const api = await serve();
    const frozen = await WatchClient.open(api, '');
    api.freezeWatches();
    const line = frozen.line();
    api.closeWatches();
    api.apply(one('one.example.com'));
    const fresh = await WatchClient.open(api, '');
    expect(await fresh.take(1)).toEqual(['ADDED one']);
    expect([api.openWatches(), api.maxOpenWatches]).toEqual([2, 2]);
    api.resetWatches();
    await expect(line).rejects.toThrow('terminated');
  });

  test('any line can be sent', async () => {
    const api = await serve();
    const watch = await WatchClient.open(api, '');
    api.sendToWatches('{"type":"ADDED"');
    expect(await watch.line()).toBe('{"type":"ADDED"');
  });

  test('a watch that its client closes is no longer open', async () => {
    const api = await serve();
    const watch = await WatchClient.open(api, '');
    watch.close();
    await expect.poll(() => api.openWatches()).toBe(0);
  });

  test('an old server refuses the selector on a watch too', async () => {
    const api = await serve({ minor: 30 });
    expect((await get(api, `/api/v1/services?watch=true&${aliases}`)).code).toBe(400);
  });
});

test('the official informer follows', async () => {
  const api = await serve();
  api.apply(one('one.example.com'));
  const config = new KubeConfig();
  config.loadFromString(api.kubeconfig());
  const path = '/api/v1/services';
  const list = async () =>
    (await (await fetch(`${api.url}${path}?${aliases}`)).json()) as KubernetesListObject<V1Service>;
  const informer = new ListWatch<V1Service>(
    path,
    new Watch(config),
    list,
    false,
    undefined,
    'spec.type=ExternalName',
  );
  const seen = vi.fn();
  informer.on('error', () => {});
  for (const verb of ['add', 'update', 'delete'] as const) {
    informer.on(verb, (service) => seen(verb, service.spec?.externalName));
  }
  await informer.start();
  await expect.poll(() => api.openWatches()).toBe(1);
  api.apply(one('two.example.com'));
  api.apply(clusterIpService('a', 'one', '10.96.0.9'));
  await expect.poll(() => seen.mock.calls.length).toBe(3);
  expect(seen.mock.calls).toEqual([
    ['add', 'one.example.com'],
    ['update', 'two.example.com'],
    ['delete', 'two.example.com'],
  ]);
  await informer.stop();
});
