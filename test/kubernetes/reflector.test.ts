import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clusterIpService, externalNameService } from '../../src/demo/api-objects.ts';
import { ApiServer, type ApiServerOptions } from '../../src/demo/api-server.ts';
import { KubernetesApi } from '../../src/kubernetes/api.ts';
import { Reflector } from '../../src/kubernetes/reflector.ts';
import { EXTERNAL_NAME_SERVICES } from '../../src/kubernetes/services.ts';
import type { InformerStatus } from '../../src/model/informer.ts';
import type { ServiceSpec } from '../../src/model/service.ts';
import { until } from '../cluster/until.ts';

/** What the sink has been told, folded into what it holds. */
class Seen {
  readonly held = new Map<string, ServiceSpec>();
  readonly log: string[] = [];
  readonly reasons: string[] = [];
  status: InformerStatus = { synced: false, connected: false };

  upsert(specs: readonly ServiceSpec[], listed: boolean): void {
    for (const spec of specs) {
      this.held.set(spec.key, spec);
      this.log.push(`${listed ? 'listed' : 'seen'} ${spec.key} ${spec.externalName}`);
    }
  }

  gone(keys: readonly string[]): void {
    for (const key of keys) {
      this.held.delete(key);
      this.log.push(`gone ${key}`);
    }
  }

  targets(): Record<string, string> {
    return Object.fromEntries([...this.held].map(([key, { target }]) => [key, target]));
  }
}

let api: ApiServer;
let seen: Seen;
let abort: AbortController;
let running: Promise<void>;

async function start(options: ApiServerOptions = {}): Promise<void> {
  api = new ApiServer(options);
  api.apply(clusterIpService('default', 'kubernetes', '10.96.0.1'));
  api.apply(externalNameService('shop', 'db', 'DB.example.com.'));
  await api.start();
  watch();
}

function watch(): void {
  const config = new KubeConfig();
  config.loadFromString(api.kubeconfig());
  seen = new Seen();
  abort = new AbortController();
  const target = seen;
  const reflector = new Reflector(new KubernetesApi(config), EXTERNAL_NAME_SERVICES, {
    upsert: (specs, listed) => target.upsert(specs, listed),
    gone: (keys) => target.gone(keys),
    status: (status) => {
      target.status = status;
    },
    failed: (_error, reason) => target.reasons.push(reason),
  });
  running = reflector.run(abort.signal);
}

const connected = (): Promise<unknown> =>
  until('a watch', () => seen.status.connected && api.openWatches() === 1);

beforeEach(() => start());

afterEach(async () => {
  abort.abort();
  await running;
  await api.stop();
  expect(api.maxOpenWatches).toBeLessThanOrEqual(1);
});

describe('Reflector', () => {
  it('lists, then follows creation, edit, deletion and retyping', async () => {
    await connected();
    expect(seen.log).toEqual(['listed shop/db DB.example.com.']);
    expect(seen.targets()).toEqual({ 'shop/db': 'db.example.com' });
    api.apply(externalNameService('shop', 'mail', 'mail.example.com'));
    api.apply(externalNameService('shop', 'db', 'db2.example.com'));
    await until('both', () => seen.log.length === 3);
    api.remove('shop', 'mail');
    api.apply(clusterIpService('shop', 'db', '10.96.7.7'));
    await until('neither', () => seen.held.size === 0);
    expect(seen.log.slice(1)).toEqual([
      'seen shop/mail mail.example.com',
      'seen shop/db db2.example.com',
      'gone shop/mail',
      'gone shop/db',
    ]);
    expect(api.requests.filter(({ verb }) => verb === 'list')).toHaveLength(1);
  });

  it('filters by itself where the API server knows no field selector for it', async () => {
    abort.abort();
    await running;
    await api.stop();
    await start({ minor: 30 });
    await connected();
    expect(seen.targets()).toEqual({ 'shop/db': 'db.example.com' });
    api.apply(clusterIpService('shop', 'db', '10.96.7.7'));
    await until('the retyped one gone', () => seen.held.size === 0);
    api.apply(externalNameService('shop', 'db', 'back.example.com'));
    await until('it back', () => seen.held.size === 1);
  });

  it('lists page by page', async () => {
    abort.abort();
    await running;
    for (let i = 0; i < 1_200; i++)
      api.apply(externalNameService('many', `s${i}`, 'a.example.com'));
    watch();
    await connected();
    expect(seen.held.size).toBe(1_201);
  });

  it('keeps what it has while the API server is away, and catches up when it is back', async () => {
    await connected();
    await api.stop();
    await until('the loss', () => !seen.status.connected);
    api.apply(externalNameService('shop', 'mail', 'mail.example.com'));
    api.remove('shop', 'db');
    expect(seen.targets()).toEqual({ 'shop/db': 'db.example.com' });
    await api.start();
    await connected();
    await until('the news', () => 'shop/mail' in seen.targets() && seen.held.size === 1);
    expect(seen.reasons).toContain('connection');
  });

  it('goes on from where it was after a clean close, without a new list', async () => {
    await connected();
    api.closeWatches();
    api.apply(externalNameService('shop', 'mail', 'mail.example.com'));
    await until('the news', () => seen.held.size === 2);
    expect(api.requests.filter(({ verb }) => verb === 'list')).toHaveLength(1);
    expect(seen.reasons).toEqual([]);
  });

  it.each([['event'], ['http']] as const)(
    'lists anew when its version is too old (%s)',
    async (goneAs) => {
      await connected();
      api.goneAs = goneAs;
      api.closeWatches();
      api.apply(externalNameService('shop', 'mail', 'mail.example.com'));
      api.remove('shop', 'db');
      api.compact();
      await until('the news', () => seen.held.size === 1 && seen.held.has('shop/mail'));
      expect(seen.reasons).toContain('gone');
    },
  );

  it.each([
    ['malformed JSON', '{"type":"ADDED","object":', 'malformed'],
    ['an event without object', '{"type":"ADDED"}', 'malformed'],
    ['an event that is no object', 'null', 'malformed'],
  ])('survives %s', async (_what, line, reason) => {
    await connected();
    api.sendToWatches(line);
    await until('the restart', () => seen.reasons.includes(reason));
    await connected();
    api.apply(externalNameService('shop', 'mail', 'mail.example.com'));
    await until('the news', () => seen.held.size === 2);
  });

  it.each([
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [500, 'server_error'],
  ])('tries again after %i', async (status, reason) => {
    abort.abort();
    await running;
    api.fail({ status }, { times: 1 });
    watch();
    await connected();
    expect(seen.reasons).toEqual([reason]);
    expect(seen.held.size).toBe(1);
  });

  it('survives a connection reset', async () => {
    await connected();
    api.resetWatches();
    await until('the restart', () => seen.reasons.includes('connection'));
    await connected();
  });
});
