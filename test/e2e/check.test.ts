/** `check` and `check -f` against a real API server and real cluster DNS, run like by a user. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findAsset } from '../lab/cluster/assets.ts';
import {
  ask,
  type Cluster,
  defaultZones,
  describeE2e,
  externalName,
  namespace,
  startCluster,
  until,
} from '../lab/cluster/index.ts';
import { Program } from '../lab/program.ts';

interface Said {
  readonly status: number | null;
  /** `up verdict blame rules` by `namespace/service`; only rules of level warning or higher. */
  readonly services: Readonly<Record<string, string>>;
  readonly stderr: string;
}

async function check(...args: string[]): Promise<Said> {
  const program = new Program(['check', ...args, '--output=json', '--timeout=2s', '--attempts=1']);
  const status = await program.ended();
  await until('its output', () => program.stdout.endsWith('}\n') || program.stderr !== '');
  const services = program.stdout ? JSON.parse(program.stdout).services : [];
  const words = services.map(
    (one: {
      namespace: string;
      service: string;
      up: number | null;
      verdict: string;
      blame: string;
      findings: { rule: string; level: string }[];
    }) => [
      `${one.namespace}/${one.service}`,
      [
        one.up ?? '-',
        one.verdict,
        one.blame,
        ...one.findings.filter(({ level }) => level !== 'info').map(({ rule }) => rule),
      ].join(' '),
    ],
  );
  return { status, services: Object.fromEntries(words), stderr: program.stderr };
}

describeE2e('check', () => {
  let cluster: Cluster;
  let args: string[];

  beforeAll(async () => {
    cluster = await startCluster({
      servers: 2,
      zones: { ...defaultZones, 'azurewebsites.net': { other: ['A 192.0.2.1'] } },
    });
    const { kube } = cluster;
    await kube.create(namespace('shop'));
    await kube.create(externalName('www', 'www.example.test'));
    await kube.create(externalName('www', 'www.example.test', 'shop'));
    await kube.create(externalName('literal', '192.0.2.7'));
    await kube.create(externalName('gone', 'gone.azurewebsites.net'));
    await kube.create(externalName('dangling', 'dangling.example.test'));
    await kube.create(externalName('empty', 'no-address.example.test'));
    await kube.create(externalName('meant', 'kubernetes.default'));
    for (const { address } of cluster.servers) {
      await until('cluster DNS knows them', async () => {
        const reply = await ask(address, 'meant.default.svc.cluster.local', 'CNAME');
        return reply.rcode === 'NOERROR';
      });
    }
    args = [
      `--kubeconfig=${cluster.kubeconfig}`,
      `--cluster-dns=${cluster.clusterDns}`,
      '--cluster-domain=cluster.local',
      '--convergence-deadline=10s',
    ];
  });

  afterAll(() => cluster?.stop());

  const ALL = {
    'default/www': '1 healthy none',
    'shop/www': '1 healthy none',
    'default/literal': '0 invalid_target config ip_literal_target',
    'default/gone': '0 target_nxdomain target dangling_claimable',
    'default/dangling': '0 target_nxdomain target',
    'default/empty': '0 target_no_address target',
    'default/meant': '0 invalid_target config unqualified_target',
  };

  test('says of every Service of a cluster what is wrong with it', async () => {
    expect(await check('--all', ...args)).toEqual({ status: 1, services: ALL, stderr: '' });
  });

  test('says the same of the manifests that kubectl writes of them', async () => {
    const kubectl = findAsset('kubectl') ?? '';
    // Not synchronous, because the path to the API server leads through this process.
    const { stdout: manifests } = await promisify(execFile)(kubectl, [
      `--kubeconfig=${cluster.kubeconfig}`,
      ...['get', 'services', '--all-namespaces', '--output=yaml'],
    ]);
    const file = join(cluster.kubeconfig, '../services.yaml');
    writeFileSync(file, manifests);
    const said = await check('-f', file, `--dns=${cluster.clusterDns}`);
    expect(said).toEqual({ status: 1, services: ALL, stderr: '' });
  });

  test('leaves with 0 where those that are named are well', async () => {
    const services = { 'default/www': ALL['default/www'], 'shop/www': ALL['shop/www'] };
    expect(await check('default/www', 'shop/www', ...args)).toEqual({
      status: 0,
      services,
      stderr: '',
    });
  });

  test('chooses by label and namespace', async () => {
    const said = await check('--all', '--namespaces=shop', ...args);
    expect(said.services).toEqual({ 'shop/www': ALL['shop/www'] });
    expect((await check('--all', '--selector=team=shop', ...args)).services).toEqual({});
  });

  test('waits for what has just been created, and does not spoil it for pods', async () => {
    await cluster.kube.create(externalName('fresh', 'www.example.test', 'shop'));
    expect(await check('shop/fresh', ...args)).toEqual({
      status: 0,
      services: { 'shop/fresh': '1 healthy none' },
      stderr: '',
    });
  });

  test('blames cluster DNS that does not get its upstream to answer', async () => {
    await cluster.upstream.stop();
    // Until then cluster DNS may answer from its cache.
    let said: Awaited<ReturnType<typeof check>> | undefined;
    const isFailing = async () => {
      said = await check('default/www', ...args);
      return said.status === 1;
    };
    await until('a failure', isFailing);
    await cluster.mend();
    expect(said?.services['default/www']).toMatch(/^0 target_failing (target|upstream_dns)$/);
  });

  test('finds the one of two servers that is silent', async () => {
    const [first, second] = cluster.servers;
    const both = `--cluster-dns=${second?.address},${first?.address}`;
    await second?.stop();
    const said = await check('default/www', ...args, both);
    await cluster.mend();
    expect(said.services).toEqual({ 'default/www': '1 degraded cluster_dns' });
  });

  test('names the Service that is none of its kind', async () => {
    const said = await check('default/kubernetes', ...args);
    expect(said.status).toBe(2);
    expect(said.stderr).toContain('no such Service of type ExternalName, got "default/kubernetes"');
  });
});
