import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clusterIpService, externalNameService } from '../../../src/demo/api/objects.ts';
import type { ApiServer } from '../../../src/demo/api/server.ts';
import type { InformerStatus } from '../../../src/model/informer.ts';
import { ALIASES, Bench, HASTY, truth, type Watching } from '../../fixtures/watching.ts';
import { until } from '../../lab/cluster/until.ts';

let bench: Bench;
let api: ApiServer;
let seen: Watching;

beforeEach(async () => {
  bench = new Bench();
  api = await bench.serve();
  fill(api);
});
afterEach(() => bench.end());

function fill(server: ApiServer): void {
  server.apply(clusterIpService('default', 'kubernetes', '10.96.0.1'));
  server.apply(externalNameService('shop', 'db', 'DB.example.com'));
}

async function watch(...options: [object?, typeof ALIASES?]): Promise<void> {
  seen = bench.watch(api, ...options);
  await bench.connected(api, seen);
}

describe('Reflector', () => {
  it('lists, then follows creation, edit, deletion and retyping', async () => {
    await watch();
    expect(seen.log).toEqual(['listed shop/db db.example.com']);
    api.apply(externalNameService('shop', 'mail', 'mail.example.com'));
    api.apply(externalNameService('shop', 'db', 'db2.example.com'));
    await until('both', () => seen.log.length === 3);
    api.remove('shop', 'mail');
    api.apply(clusterIpService('shop', 'db', '10.96.7.7'));
    await until('neither', () => seen.held.size === 0);
    api.apply(externalNameService('shop', 'db', 'back.example.com'));
    await until('one back', () => seen.held.size === 1);
    expect(seen.log.slice(1)).toEqual([
      'seen shop/mail mail.example.com',
      'seen shop/db db2.example.com',
      'gone shop/mail',
      'gone shop/db',
      'seen shop/db back.example.com',
    ]);
    expect(api.requestsOf('list')).toHaveLength(1);
  });

  it('filters by itself where the API server knows no field selector for it', async () => {
    api = await bench.serve({ minor: 30 });
    fill(api);
    await watch();
    expect(seen.targets).toEqual(['shop/db db.example.com']);
    api.apply(clusterIpService('shop', 'db', '10.96.7.7'));
    await until('the retyped one gone', () => seen.held.size === 0);
    api.apply(externalNameService('shop', 'db', 'back.example.com'));
    await until('it back', () => seen.held.size === 1);
    expect(seen.reasons).toEqual([]);
    expect(api.requests.map(({ code, query }) => [code, query.fieldSelector])).toEqual([
      [400, ALIASES.fieldSelector],
      [200, undefined],
      [200, undefined],
    ]);
  });

  it('lets the API server select by label', async () => {
    api.apply(externalNameService('shop', 'ours', 'a.example.com', { labels: { team: 'shop' } }));
    await watch(HASTY, { ...ALIASES, labelSelector: 'team=shop' });
    expect(seen.targets).toEqual(['shop/ours a.example.com']);
    api.apply(externalNameService('shop', 'more', 'b.example.com', { labels: { team: 'shop' } }));
    api.apply(externalNameService('shop', 'ours', 'a.example.com'));
    await until('the change', () => seen.held.has('shop/more') && seen.held.size === 1);
  });

  it('watches any resource', async () => {
    const slice = { kind: 'EndpointSlice', metadata: { namespace: 'shop', name: 'db-1' } };
    api.apply(slice);
    await watch(HASTY, {
      path: '/apis/discovery.k8s.io/v1/endpointslices',
      slim: ({ metadata, addressType }) => ({
        key: `${metadata?.namespace}/${metadata?.name}`,
        uid: metadata?.uid ?? '',
        target: String(addressType),
      }),
    });
    api.apply({ ...slice, addressType: 'IPv4' });
    await until('the edit', () => seen.targets[0] === 'shop/db-1 IPv4');
    const scripted = api.fail({ status: 403 });
    api.closeWatches();
    await until('the refusal', () => seen.errors.length > 0);
    scripted();
    expect(seen.errors[0]).toContain('grant list and watch on endpointslices.discovery.k8s.io');
  });

  it('keeps why the API server refuses it, until it does not', async () => {
    await watch();
    const refusal = () => seen.statuses.findIndex(({ failure }) => failure === 'forbidden');
    api.fail({ status: 403 });
    api.closeWatches();
    await until('the refusal', () => refusal() >= 0);
    const isBack = ({ connected, failure }: InformerStatus) => connected && failure === undefined;
    await until('the watch', () => seen.statuses.slice(refusal()).some(isBack));
  });

  it('tells of a Service made again between two lists as gone and new', async () => {
    await watch();
    await api.stop();
    api.remove('shop', 'db');
    api.apply(externalNameService('shop', 'db', 'db.example.com'));
    api.compact();
    await api.start();
    await until('the new one', () => seen.log.length === 3);
    expect(seen.log.slice(1)).toEqual(['gone shop/db', 'seen shop/db db.example.com']);
  });

  it('says nothing of edits that leave what it keeps as it was', async () => {
    await watch();
    api.apply(externalNameService('shop', 'db', 'db.example.com', { labels: { team: 'shop' } }));
    api.apply(externalNameService('shop', 'last', 'a.example.com'));
    await until('the last', () => seen.held.size === 2);
    expect(seen.log.slice(1)).toEqual(['seen shop/last a.example.com']);
  });

  it('is rid of a namespace that is deleted', async () => {
    for (let i = 0; i < 500; i++) api.apply(externalNameService('doomed', `s${i}`, 'a.test'));
    await watch();
    expect(seen.held.size).toBe(501);
    for (let i = 0; i < 500; i++) api.remove('doomed', `s${i}`);
    await bench.agreed(api, seen);
    expect(seen.held.size).toBe(1);
    expect(api.requestsOf('list').filter(({ query }) => !query.continue)).toHaveLength(1);
  });

  it('lists 10,000 Services page by page, and tells of them page by page', async () => {
    for (let i = 0; i < 10_000; i++) api.apply(externalNameService('many', `s${i}`, 'a.test'));
    seen = bench.watch(api);
    await until('the list', () => seen.now.synced, { deadlineMs: 30_000 });
    await bench.connected(api, seen);
    expect(seen.held.size).toBe(10_001);
    expect(seen.calls).toBe(21);
    expect(api.requestsOf('list')).toHaveLength(21);
  });

  it('loses nothing of 5,000 Services that come and go at once, and bothers the sink little', async () => {
    await watch();
    for (let i = 0; i < 5_000; i++) {
      api.apply(externalNameService('brief', `s${i}`, `t${i}.example.com`));
      if (i % 50 !== 0) api.remove('brief', `s${i}`);
    }
    await bench.agreed(api, seen);
    expect(seen.held.size).toBe(101);
    expect(seen.calls).toBeLessThan(1_000);
    expect(api.requestsOf('list')).toHaveLength(1);
  });

  it('is connected only once a watch is answered, and in contact with each bookmark', async () => {
    const end = api.fail('hang', { verb: 'watch', times: Number.POSITIVE_INFINITY });
    seen = bench.watch(api, { ...HASTY, answerMs: 300 });
    await until('the list', () => seen.now.synced);
    await until('the unanswered watch', () => seen.reasons.includes('timeout'));
    expect(seen.statuses.some(({ connected }) => connected)).toBe(false);
    expect(seen.now).toMatchObject({ synced: true, connected: false });
    end();
    await bench.connected(api, seen);
    const { lastContactAt: before = 0 } = seen.now;
    await until('a later bookmark', () => {
      api.bookmark();
      return (seen.now.lastContactAt ?? 0) > before;
    });
  });

  it('goes on from where a bookmark says', async () => {
    await watch();
    api.apply({ kind: 'Event', metadata: { namespace: 'shop', name: 'e' } });
    const statuses = seen.statuses.length;
    api.bookmark();
    const version = String(api.resourceVersion);
    await until('the bookmark', () => seen.statuses.length > statuses);
    api.closeWatches();
    await until('another watch', () => api.requestsOf('watch').length === 2);
    expect(api.requestsOf('watch')[1]?.query.resourceVersion).toBe(version);
    expect(api.requestsOf('list')).toHaveLength(1);
  });

  it('lists again now and then, and so finds what no event has told', async () => {
    await watch({ ...HASTY, relistMs: 300, random: () => 0, answerMs: 300 });
    const metadata = { resourceVersion: String(api.resourceVersion + 1) };
    api.sendToWatches(JSON.stringify({ type: 'BOOKMARK', object: { metadata } }));
    api.freezeWatches();
    api.apply(externalNameService('shop', 'missed', 'a.example.com'));
    expect(truth(api)).toHaveLength(2);
    await bench.agreed(api, seen);
    await until('another watch', () => seen.reasons.length > 0 && seen.now.connected);
    expect(seen.reasons).toEqual(['missed']);
  });

  it('goes on watching while it cannot list again', async () => {
    await watch({ ...HASTY, relistMs: 300, random: () => 0 });
    api.fail({ status: 500 }, { verb: 'list', times: Number.POSITIVE_INFINITY });
    await until('a list that failed', () => seen.reasons.includes('server_error'));
    api.apply(externalNameService('shop', 'new', 'a.example.com'));
    await bench.agreed(api, seen);
  });

  it('survives an object that cannot be slimmed, and says which', async () => {
    await watch();
    api.apply({ metadata: { namespace: 'evil', name: 'x' }, spec: { type: 'ExternalName' } });
    api.apply({ metadata: { namespace: 'shop', name: 'db' }, spec: { type: 'ExternalName' } });
    api.apply(externalNameService('shop', 'new', 'a.example.com'));
    await until('the good one', () => seen.held.has('shop/new'));
    expect(seen.rejections).toEqual(['evil/x', 'shop/db']);
    expect(seen.targets).toEqual(['shop/new a.example.com']);
    expect(seen.reasons).toEqual([]);
  });
});
