import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiServer } from '../../../src/demo/api/server.ts';
import { KubernetesApi } from '../../../src/kubernetes/api.ts';
import { EventRecorder, type Occurrence } from '../../../src/kubernetes/events.ts';
import { SpamFilter } from '../../../src/kubernetes/spam-filter.ts';
import { until } from '../../lab/cluster/until.ts';

const occurrence = (change: Partial<Occurrence> = {}): Occurrence => ({
  namespace: 'shop',
  name: 'db',
  uid: 'uid-1',
  type: 'Warning',
  reason: 'TargetNxdomain',
  message: 'gone',
  since: Date.now() - 60_000,
  ...change,
});

describe('EventRecorder', () => {
  let api: ApiServer;
  let ending: AbortController;
  let running: Promise<void>[];
  let failures: string[];

  beforeEach(async () => {
    api = new ApiServer();
    await api.start();
    ending = new AbortController();
    running = [];
    failures = [];
  });

  afterEach(async () => {
    ending.abort();
    await Promise.all(running);
    await api.stop();
  });

  function start(instance: string): EventRecorder {
    const config = new KubeConfig();
    config.loadFromString(api.kubeconfig());
    const onError = ({ message }: Error): number => failures.push(message);
    const recorder = new EventRecorder(new KubernetesApi(config), instance, onError, 50);
    running.push(recorder.run(ending.signal));
    return recorder;
  }

  interface Event {
    readonly metadata: { readonly name: string };
    readonly reason: string;
    readonly count: number;
    readonly message: string;
    readonly reportingInstance: string;
  }

  async function events(): Promise<Event[]> {
    const reply = await fetch(`${api.url}/api/v1/namespaces/shop/events`);
    return ((await reply.json()) as { items: Event[] }).items;
  }

  const written = (count: number): Promise<unknown> =>
    until('the Events', async () => (await events()).length === count);

  it('writes what client-go would', async () => {
    start('pod-0').record(occurrence(), Date.now());
    await written(1);
    expect(await events()).toEqual([
      expect.objectContaining({
        metadata: expect.objectContaining({
          name: expect.stringMatching(/^db\.[0-9a-f]{16}$/),
          namespace: 'shop',
        }),
        involvedObject: {
          apiVersion: 'v1',
          kind: 'Service',
          namespace: 'shop',
          name: 'db',
          uid: 'uid-1',
        },
        type: 'Warning',
        reason: 'TargetNxdomain',
        message: 'gone',
        count: 1,
        source: { component: 'externalname-monitor' },
        reportingComponent: 'externalname-monitor',
        reportingInstance: 'pod-0',
        firstTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      }),
    ]);
  });

  it('writes one Event for what several replicas have seen', async () => {
    const replicas = ['pod-0', 'pod-1', 'pod-2'].map(start);
    for (const replica of replicas) replica.record(occurrence(), Date.now());
    for (const replica of replicas) replica.record(occurrence({ reason: 'Healthy' }), Date.now());
    await written(2);
    expect((await events()).map(({ count }) => count)).toEqual([1, 1]);
    expect(failures).toEqual([]);
  });

  it('counts what happens again', async () => {
    const recorder = start('pod-0');
    recorder.record(occurrence(), Date.now());
    await written(1);
    recorder.record(occurrence({ message: 'gone again', since: Date.now() + 1 }), Date.now());
    await until('the count', async () => (await events())[0]?.count === 2);
    expect(await events()).toEqual([expect.objectContaining({ message: 'gone again', count: 2 })]);
  });

  it('tells Services of one name apart that were made one after the other', async () => {
    const recorder = start('pod-0');
    recorder.record(occurrence(), Date.now());
    recorder.record(occurrence({ uid: 'uid-2' }), Date.now());
    await written(2);
  });

  it('waits for an API server that is away', async () => {
    const recorder = start('pod-0');
    await api.stop();
    recorder.record(occurrence(), Date.now());
    await new Promise((resolve) => setTimeout(resolve, 100));
    await api.start();
    await written(1);
    expect(failures).toEqual([]);
  });

  it.each([503, 429, 'reset'] as const)('tries again after %s', async (failure) => {
    api.fail(failure === 'reset' ? failure : { status: failure }, { verb: 'create', times: 3 });
    start('pod-0').record(occurrence(), Date.now());
    await written(1);
    expect(failures).toEqual([]);
  });

  it('gives up on what the API server refuses, and goes on', async () => {
    api.fail({ status: 403 }, { verb: 'create' });
    const recorder = start('pod-0');
    recorder.record(occurrence(), Date.now());
    recorder.record(occurrence({ reason: 'Healthy' }), Date.now());
    await written(1);
    expect(await events()).toEqual([expect.objectContaining({ reason: 'Healthy' })]);
    expect(failures).toEqual([
      expect.stringMatching(
        /^Cannot create events: RBAC does not allow it; grant create on events/,
      ),
    ]);
  });
});

describe('SpamFilter', () => {
  it('lets 25 through, then one in five minutes, for each object', () => {
    const filter = new SpamFilter();
    const allowed = (uid: string, now: number): number =>
      Array.from({ length: 30 }, () => filter.allows(uid, now)).filter(Boolean).length;
    expect(allowed('a', 0)).toBe(25);
    expect(allowed('b', 0)).toBe(25);
    expect(allowed('a', 299_000)).toBe(0);
    expect(allowed('a', 300_000)).toBe(1);
    expect(allowed('a', 3_000_000)).toBe(9);
    expect(allowed('b', 1e9)).toBe(25);
  });

  it('does not grow without end', () => {
    const filter = new SpamFilter();
    for (let i = 0; i < 25; i++) filter.allows('first', 0);
    expect(filter.allows('first', 0)).toBe(false);
    for (let i = 0; i < 5_000; i++) filter.allows(`other-${i}`, 0);
    expect(filter.allows('first', 0)).toBe(true);
  });
});
