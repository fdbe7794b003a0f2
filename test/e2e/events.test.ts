/**
 * Events about Services on a real API server, written by two replicas with the permissions of the
 * component.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asset } from '../lab/cluster/assets.ts';
import {
  type Cluster,
  describeE2e,
  externalName,
  startCluster,
  until,
} from '../lab/cluster/index.ts';
import type { Program } from '../lab/program.ts';
import { startMonitor } from './monitor.ts';

const run = promisify(execFile);
const MANIFESTS = join(import.meta.dirname, '../../manifests');
const NAME = 'externalname-monitor';

interface Event {
  readonly type: string;
  readonly reason: string;
  readonly count: number;
  readonly message: string;
  readonly metadata: { readonly name: string };
}

describeE2e('events', () => {
  let cluster: Cluster;
  let folder: string;
  let replicas: Program[] = [];

  beforeAll(async () => {
    cluster = await startCluster();
    folder = mkdtempSync(join(tmpdir(), 'events-'));
    const at = (path: string): string => relative(folder, join(MANIFESTS, path));
    writeFileSync(
      join(folder, 'kustomization.yaml'),
      `resources: [${at('base')}]\ncomponents: [${at('components/events')}]\n`,
    );
    await kubectl('apply', '--server-side', '-k', folder);
    await cluster.kube.create(externalName('www', 'www.example.test'));
    await cluster.kube.create(externalName('gone', 'gone.example.test'));
    const kubeconfig = await cluster.api.kubeconfig({
      token: await cluster.kube.token(NAME, NAME),
      link: cluster.apiLink,
    });
    const args = [`--kubeconfig=${kubeconfig}`, '--events', '--log-format=json'];
    replicas = await Promise.all([startMonitor(cluster, args), startMonitor(cluster, args)]);
  });

  afterAll(async () => {
    const statuses = await Promise.all(replicas.map((replica) => replica.stop()));
    await cluster?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
    expect(statuses).toEqual([0, 0]);
  });

  async function kubectl(...args: string[]): Promise<string> {
    const { stdout } = await run(asset('kubectl'), [`--kubeconfig=${cluster.kubeconfig}`, ...args]);
    return stdout;
  }

  async function events(service: string): Promise<Event[]> {
    const about = `involvedObject.kind=Service,involvedObject.name=${service}`;
    const { items } = await cluster.kube.request<{ items: Event[] }>(
      'GET',
      `/api/v1/namespaces/default/events?fieldSelector=${encodeURIComponent(about)}`,
    );
    return items;
  }

  /** `type reason count`, sorted. */
  const told = async (service: string): Promise<string[]> =>
    (await events(service)).map(({ type, reason, count }) => `${type} ${reason} ${count}`).sort();

  const says = (service: string, ...expected: string[]): Promise<unknown> =>
    until(`the Events of ${service}`, async () => {
      const seen = await told(service);
      return seen.join() === expected.join();
    });

  test('say what is wrong, once for both replicas, so that kubectl shows it', async () => {
    await says('gone', 'Warning TargetNxdomain 1');
    const text = await kubectl('describe', 'service', 'gone');
    expect(text).toMatch(
      /Warning +TargetNxdomain .* externalname-monitor +gone\.example\.test: The/,
    );
    expect(text).toContain('Correct spec.externalName');
    expect(await told('www')).toEqual([]);
  });

  test('follow an edit that breaks a Service, and its correction, and then stop', async () => {
    await cluster.kube.patch(externalName('www'), { spec: { externalName: '192.0.2.7' } });
    await says('www', 'Warning InvalidTarget 1');
    await cluster.kube.patch(externalName('www'), { spec: { externalName: 'www.example.test' } });
    await says('www', 'Normal Healthy 1', 'Warning InvalidTarget 1');
    // Both replicas have continued for several rounds, and neither has written an Event.
    for (const replica of replicas) {
      const rounds = async (): Promise<number> =>
        (await replica.samples())
          .filter(({ name }) => name === 'externalname_service_rounds_total')
          .reduce((sum, { value }) => sum + value, 0);
      const start = await rounds();
      await until('more rounds', async () => (await rounds()) >= start + 10);
    }
    expect(await told('www')).toEqual(['Normal Healthy 1', 'Warning InvalidTarget 1']);
    expect(await told('gone')).toEqual(['Warning TargetNxdomain 1']);
  });

  test('need no right that the component does not give', () => {
    for (const replica of replicas) expect(replica.stdout).not.toContain('could not be written');
  });

  test('that may not be written are told of in the log, and the monitor goes on', async () => {
    await kubectl('delete', 'clusterrolebinding', `${NAME}-events`);
    await cluster.kube.create(externalName('lost', 'gone.other.test'));
    await until('the log', () =>
      replicas.some(({ stdout }) => stdout.includes('grant create on events')),
    );
    expect(await told('lost')).toEqual([]);
  });
});
