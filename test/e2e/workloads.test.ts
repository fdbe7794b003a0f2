/**
 * The program with the variables that the manifests give its container: vantage points and shards.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { select, verdictsOf } from '../fixtures/samples.ts';
import {
  type Cluster,
  describeE2e,
  externalName,
  type KubeObject,
  startCluster,
  until,
} from '../lab/cluster/index.ts';
import { Program } from '../lab/program.ts';
import { build, withOverlay } from './kubectl.ts';

const SERVICES = Array.from({ length: 12 }, (_, i) => `s${i}`);

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
}

/** The values that the kubelet would compute for a pod's variables. */
function variablesOf(workload: KubeObject, podName: string): Record<string, string> {
  const fields: Readonly<Record<string, string>> = {
    'metadata.name': podName,
    'metadata.namespace': 'externalname-monitor',
    'status.podIPs': '127.0.0.1',
  };
  const { template } = workload.spec as {
    template: { spec: { containers: { env: Variable[] }[] } };
  };
  const env = template.spec.containers[0]?.env ?? [];
  return Object.fromEntries(
    env.map(({ name, value, valueFrom }) => {
      const text = value ?? fields[valueFrom?.fieldRef.fieldPath ?? ''];
      if (text === undefined)
        throw new Error(`Cannot set ${name}: got ${JSON.stringify(valueFrom)}`);
      return [name, text];
    }),
  );
}

describeE2e('the program as the manifests start it', () => {
  let cluster: Cluster;
  const running: Program[] = [];

  beforeAll(async () => {
    cluster = await startCluster();
    for (const name of SERVICES) await cluster.kube.create(externalName(name, 'www.example.test'));
  });
  afterAll(async () => {
    await Promise.all(running.map((program) => program.stop()));
    await cluster?.stop();
  });

  /** Flags only for values of this cluster, and for short intervals. */
  async function start(
    components: readonly string[],
    kind: string,
    podName: string,
  ): Promise<Program> {
    const objects = await withOverlay(components, build);
    const workload = objects.find((object) => object.kind === kind);
    if (!workload)
      throw new Error(`Cannot start a ${kind}: ${components.join()} has none, got none`);
    const flags = [
      `--kubeconfig=${cluster.kubeconfig}`,
      `--cluster-dns=${cluster.clusterDns}`,
      '--cluster-domain=cluster.local',
      '--listen=127.0.0.1:0',
      '--interval=1s',
    ];
    const program = await Program.start(flags, variablesOf(workload, podName));
    running.push(program);
    return program;
  }

  /** The Services that have a verdict. */
  async function servicesOf(program: Program): Promise<string[]> {
    return Object.keys(verdictsOf(await program.samples())).map((key) =>
      key.replace('default/', ''),
    );
  }

  describe('a vantage point', () => {
    test('asks A and AAAA of each alias and nothing of the targets, and says which cannot be resolved', async () => {
      const vantage = await start(['per-node'], 'DaemonSet', 'externalname-monitor-node-x7z2k');
      const untilAll = (rounds: number) =>
        until(
          `${rounds} rounds of all`,
          async () => {
            const samples = await vantage.samples();
            const up = select(samples, 'externalname_service_rounds_total', { result: 'up' });
            return up.filter(({ value }) => value >= rounds).length === SERVICES.length;
          },
          { deadlineMs: 30_000 },
        );
      // They are so new that cluster DNS may not serve them: the first query is for their CNAME.
      await untilAll(1);
      const from = cluster.dns.seen.length;
      await untilAll(3);
      const asked = cluster.dns.seen
        .slice(from)
        // Without the two sensors.
        .filter(({ name, type }) => !name.startsWith('kubernetes.') && type !== 'NS');
      expect([...new Set(asked.map(({ type }) => type))].sort()).toEqual(['A', 'AAAA']);
      expect(asked.every(({ name }) => /^s\d+\.default\.svc\.cluster\.local$/.test(name))).toBe(
        true,
      );
      const samples = await vantage.samples();
      expect(
        samples.some(({ name }) => name === 'externalname_probe_duration_seconds_bucket'),
      ).toBe(false);

      await cluster.kube.create(externalName('dangling', 'gone.example.test'));
      await until(
        'its verdict',
        async () => {
          const verdicts = verdictsOf(await vantage.samples());
          return verdicts['default/dangling'] === '0 target_nxdomain target';
        },
        { deadlineMs: 30_000 },
      );
      await cluster.kube.delete(externalName('dangling'));
    });
  });

  describe('shards', () => {
    test('have each Service once between them, by the numbers in their names', async () => {
      const names = ['externalname-monitor-0', 'externalname-monitor-1'];
      const shards = await Promise.all(
        names.map((name) => start(['sharded'], 'StatefulSet', name)),
      );
      const parts = await until(
        'all Services',
        async () => {
          const of = await Promise.all(shards.map(servicesOf));
          return of.flat().length >= SERVICES.length && of;
        },
        { deadlineMs: 30_000 },
      );
      expect(parts.flat().sort()).toEqual([...SERVICES].sort());
      for (const part of parts) expect(part).not.toEqual([]);
      for (const [shard, program] of shards.entries()) {
        const info = select(await program.samples(), 'externalname_shard_info');
        expect(info.map(({ labels }) => labels)).toEqual([
          { shard: `${shard}`, total_shards: '2' },
        ]);
      }
    });
  });

  test('the configuration of the example `large` is one that it takes', async () => {
    const objects = await build('manifests/examples/large');
    const config = objects.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'externalname-monitor',
    );
    expect(config?.data).toHaveProperty(
      ['config.yaml'],
      expect.stringContaining('allowed-suffixes'),
    );
    const path = 'manifests/examples/large/config.yaml';
    const program = await Program.start([
      `--kubeconfig=${cluster.kubeconfig}`,
      `--cluster-dns=${cluster.clusterDns}`,
      '--cluster-domain=cluster.local',
      '--listen=127.0.0.1:0',
      '--interval=1s',
      `--config=${path}`,
    ]);
    running.push(program);
    await until(
      'the policy to be held against it',
      async () => {
        const verdicts = verdictsOf(await program.samples());
        return verdicts['default/s0'] === '1 untrusted_answer policy';
      },
      { deadlineMs: 30_000 },
    );
  });
});
