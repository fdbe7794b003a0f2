import { cp, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Limits } from '../../src/kubernetes/limits.ts';
import { steadyNow } from '../../src/model/time.ts';
import { ALIASES, Bench, HASTY, type Watching } from '../fixtures/watching.ts';
import { ApiServer } from '../lab/cluster/api-server.ts';
import { Etcd } from '../lab/cluster/etcd.ts';
import { describeE2e, externalName, type Kube, namespace, until } from '../lab/cluster/index.ts';
import type { TcpLink } from '../lab/cluster/tcp-link.ts';

describeE2e('the watch, on a real API server', () => {
  let folder: string;
  let etcd: Etcd;
  let api: ApiServer;
  let kube: Kube;
  let link: TcpLink;
  let bench: Bench;
  let seen: Watching;
  let made = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'watch-'));
    etcd = await Etcd.create(folder);
    api = await ApiServer.create(folder, etcd);
    await etcd.daemon.start();
    await api.start();
    kube = await api.client();
    link = await api.link();
  });
  afterAll(async () => {
    kube?.close();
    await link?.refuse();
    await api?.stop();
    await etcd?.daemon.stop(0);
    if (folder) await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    bench = new Bench();
  });
  afterEach(async () => {
    await bench.end();
    await link.restore();
  });

  async function watch(limits: Partial<Limits> = HASTY, token?: string): Promise<void> {
    const config = new KubeConfig();
    config.loadFromFile(await api.kubeconfig({ link, ...(token ? { token } : {}) }));
    seen = bench.watch(config, limits);
  }

  const connected = (): Promise<unknown> => until('the watch', () => seen.now.connected);

  /** All Services on the API server. */
  async function truth(): Promise<string[]> {
    const path = '/api/v1/services?fieldSelector=spec.type%3DExternalName';
    const { items } = await kube.request<{ items: Parameters<typeof ALIASES.slim>[0][] }>(
      'GET',
      path,
    );
    return items
      .map((object) => ALIASES.slim(object))
      .map((alias) => `${alias?.key} ${alias?.target}`)
      .sort();
  }

  async function agreed(): Promise<void> {
    const expected = JSON.stringify(await truth());
    await until('the truth', () => JSON.stringify(seen.targets) === expected, {
      deadlineMs: 20_000,
    });
  }

  /** Creates, edits and deletes a Service, and checks that the sink receives each change. */
  async function isAlive(): Promise<void> {
    await connected();
    const name = `alive-${++made}`;
    await kube.create(externalName(name, 'a.example.test'));
    await agreed();
    await kube.patch(externalName(name), { spec: { externalName: 'b.example.test' } });
    await agreed();
    await kube.delete(externalName(name));
    await agreed();
    expect(seen.log.slice(-3)).toEqual([
      `seen default/${name} a.example.test`,
      `seen default/${name} b.example.test`,
      `gone default/${name}`,
    ]);
  }

  test('follows creation, edit and deletion; retyping both ways; a namespace that goes', async () => {
    await kube.create(externalName('retyped', 'a.example.test'));
    await watch();
    await connected();
    await isAlive();
    const ports = [{ port: 80 }];
    await kube.patch(externalName('retyped'), {
      spec: { type: 'ClusterIP', externalName: null, ports },
    });
    await agreed();
    await kube.delete(externalName('retyped'));
    await kube.create(externalName('retyped', 'b.example.test'));
    await agreed();
    await kube.create(namespace('doomed'));
    for (const name of ['a', 'b', 'c']) await kube.create(externalName(name, 'a.test', 'doomed'));
    await agreed();
    await kube.request('DELETE', '/api/v1/namespaces/doomed/services');
    await agreed();
    expect(seen.reasons).toEqual([]);
  });

  test('API server stopped, started: nothing is lost, and no new list is needed', async () => {
    await watch();
    await connected();
    const { lastListAt } = seen.now;
    await api.stop();
    await until('the loss', () => !seen.now.connected && seen.reasons.length > 1);
    const before = seen.targets;
    await api.start();
    await isAlive();
    expect(seen.targets).toEqual(before);
    expect(seen.now.lastListAt).toBe(lastListAt);
  });

  test('doubted: lists beside the watch, which goes on', async () => {
    await watch({ ...HASTY, doubtMs: 50 });
    await connected();
    await kube.create(externalName('doubted', 'a.example.test'));
    await agreed();
    const doubtedAt = steadyNow();
    const from = seen.statuses.length;
    seen.relist();
    await until('the list', () => (seen.now.lastListAt ?? 0) >= doubtedAt);
    await isAlive();
    await kube.delete(externalName('doubted'));
    await agreed();
    expect(seen.statuses.slice(from).every((status) => status.connected)).toBe(true);
    expect([seen.relists, seen.reasons]).toEqual([['doubt'], []]);
  });

  test('API server away at the start', async () => {
    await link.refuse();
    await watch();
    await until('several tries', () => seen.reasons.length > 2);
    await link.restore();
    await isAlive();
  });

  test('connections reset, and half-open: none is left hanging', async () => {
    await watch({ ...HASTY, answerMs: 1_000, silenceMs: 1_000 });
    await connected();
    link.reset();
    await until('the loss', () => seen.reasons.includes('connection'));
    await isAlive();
    link.cutOff();
    await kube.create(externalName('meanwhile', 'a.example.test'));
    await until('the limit', () => seen.reasons.includes('silence'));
    await until('a try in vain', () => seen.reasons.includes('timeout'), { deadlineMs: 20_000 });
    await link.restore();
    await agreed();
    await kube.delete(externalName('meanwhile'));
    await agreed();
  });

  test('a token that RBAC grants nothing, then something', async () => {
    const metadata = { name: 'watcher', namespace: 'default' };
    await kube.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata });
    await watch(HASTY, await kube.token('watcher'));
    await until('the refusal', () => seen.reasons.includes('forbidden'));
    expect(seen.errors[0]).toMatch(
      /^Cannot list services: RBAC does not allow it; grant list and watch on services, got status 403: services is forbidden: User "system:serviceaccount:default:watcher"/,
    );
    const rules = [{ apiGroups: [''], resources: ['services'], verbs: ['list', 'watch'] }];
    const rbac = 'rbac.authorization.k8s.io';
    const role = { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name: 'watcher' } };
    await kube.create({ ...role, rules });
    await kube.create({
      ...role,
      kind: 'ClusterRoleBinding',
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'watcher' },
      subjects: [{ kind: 'ServiceAccount', ...metadata }],
    });
    await isAlive();
  });

  test('a token that is not accepted', async () => {
    await watch(HASTY, 'nonsense');
    await until('the refusal', () => seen.reasons.includes('unauthorized'));
    expect(seen.errors[0]).toContain('the credentials are not accepted, got status 401');
  });

  test('pages that go on to be consistent while objects come and go', async () => {
    const names = Array.from({ length: 1_100 }, (_, i) => `page-${i}`);
    for (let i = 0; i < names.length; i += 50)
      await Promise.all(
        names.slice(i, i + 50).map((name) => kube.create(externalName(name, 'a.test'))),
      );
    await watch();
    await Promise.all(names.slice(0, 20).map((name) => kube.delete(externalName(name))));
    await agreed();
    await isAlive();
  });

  test('etcd restored from a backup: what it then says holds', async () => {
    await watch({ ...HASTY, answerMs: 2_000, silenceMs: 1_000 });
    await connected();
    const data = join(folder, 'etcd');
    await api.stop();
    await etcd.daemon.stop(5_000);
    await cp(data, join(folder, 'backup'), { recursive: true });
    await etcd.daemon.start();
    await api.start();
    for (const name of ['lost-1', 'lost-2']) await kube.create(externalName(name, 'a.test'));
    await agreed();
    await api.stop();
    await etcd.daemon.stop(0);
    await rm(data, { recursive: true });
    await rename(join(folder, 'backup'), data);
    await etcd.daemon.start();
    await api.start();
    await agreed();
    expect(seen.targets.some((line) => line.includes('lost'))).toBe(false);
    await isAlive();
  }, 60_000);
});
