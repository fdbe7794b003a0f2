/**
 * Executes docs/install.md: applies its overlays, and scrapes with a real Prometheus in each of its
 * ways.
 */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import packageJson from '../../package.json' with { type: 'json' };
import { at, readText } from '../fixtures/yaml.ts';
import {
  type Cluster,
  Daemon,
  describeE2e,
  externalName,
  freePort,
  type KubeObject,
  namespace,
  startCluster,
  until,
} from '../lab/cluster/index.ts';
import { Program } from '../lab/program.ts';
import { apply, build, withFiles, withOverlay } from './kubectl.ts';

const NAME = 'externalname-monitor';
const OPERATOR = 'operator';

/** The YAML blocks of the page that begin with a path, by that path. */
const FILES = Object.fromEntries(
  [...readText('docs/install.md').matchAll(/```yaml\n# (\S+\.yaml)\n([^`]*)```/g)].map(
    ([, path = '', text = '']) => [path, text],
  ),
);
const OVERLAYS = Object.keys(FILES).filter((path) => path.endsWith('/kustomization.yaml'));

const withoutPrometheus =
  spawnSync('prometheus', ['--version']).error !== undefined && process.env.E2E !== 'required';

describeE2e('the overlays of docs/install.md', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster();
    for (const name of ['monitoring', 'openshift-dns']) await cluster.kube.create(namespace(name));
  });
  afterAll(() => cluster?.stop());

  function built(folder: string): Promise<KubeObject[]> {
    return withFiles(FILES, (root) => build(`${root}/${folder}`));
  }

  test.each(OVERLAYS)('%s applies', async (path) => {
    const folder = path.replace('/kustomization.yaml', '');
    const said = await withFiles(FILES, (root) => apply(cluster, `${root}/${folder}`));
    expect(said).toContain(`deployment.apps/${NAME} serverside-applied`);
  });

  test('are all there', () => {
    expect(OVERLAYS.length).toBe(5);
  });

  describe('in a namespace that was there', () => {
    // Another user has bound the role to a different account since.
    beforeAll(async () => {
      await withFiles(FILES, (root) => apply(cluster, `${root}/my-monitoring`));
    });

    test.each([
      ['list', '', 'services', '', true],
      ['list', 'discovery.k8s.io', 'endpointslices', 'kube-system', true],
      ['list', 'discovery.k8s.io', 'endpointslices', 'monitoring', false],
    ])('its account may %s %s %s in "%s": %s', async (verb, group, resource, where, allowed) => {
      const spec = {
        user: `system:serviceaccount:monitoring:${NAME}`,
        groups: ['system:serviceaccounts', 'system:authenticated'],
        resourceAttributes: { verb, group, resource, namespace: where },
      };
      const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
      const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
      const { status } = await cluster.kube.request('POST', path, review);
      expect(status).toMatchObject({ allowed });
    });
  });

  test('in a namespace that was there, all is in it, and it is not ours to delete', async () => {
    const objects = await built('my-monitoring');
    const namespaces = objects.map(({ metadata }) => metadata.namespace);
    expect(new Set(namespaces)).toEqual(new Set([undefined, 'monitoring', 'kube-system']));
    expect(objects.some(({ kind }) => kind === 'Namespace')).toBe(false);
  });

  test('the image of the overlay is what runs', async () => {
    const workloads = (await built('my-cluster')).filter(
      ({ apiVersion }) => apiVersion === 'apps/v1',
    );
    const images = workloads.map((each) => at(each, 'spec.template.spec.containers.0.image'));
    expect(images).toEqual([`registry.example.com/externalname-monitor:${packageJson.version}`]);
  });

  test('the address of the API server goes where its ports are', async () => {
    const policy = (await built('fenced')).find(({ kind }) => kind === 'NetworkPolicy');
    const egress = (at(policy, 'spec.egress') ?? []) as {
      to?: unknown;
      ports: { port: number }[];
    }[];
    const ofApiServer = egress.filter(({ ports }) => ports.some(({ port }) => port === 6443));
    expect(ofApiServer.map(({ to }) => to)).toEqual([[{ ipBlock: { cidr: '192.0.2.10/32' } }]]);
    expect(egress.every(({ to }) => to !== undefined)).toBe(true);
  });
});

interface Series {
  readonly metric: Readonly<Record<string, string>>;
}

const describePrometheus = withoutPrometheus ? describe.skip : describeE2e;

// Debian's Prometheus is built without discovery in Kubernetes, so targets come with the labels
// that discovery would add.
describePrometheus('scrapes, by a real Prometheus', () => {
  let cluster: Cluster;
  let prometheus: Daemon;
  let url: string;
  const programs: Program[] = [];

  beforeAll(async () => {
    cluster = await startCluster();
    await cluster.kube.create(externalName('db', 'www.example.test'));
    const objects = await withOverlay(['per-node'], build);
    const targets = [
      await startPod(objects, 'Deployment', 'worker-1'),
      await startPod(objects, 'DaemonSet', 'worker-2', [
        '--hops=app',
        '--service-histograms=false',
      ]),
    ];
    await startPrometheus(targets);
  });
  afterAll(async () => {
    await prometheus?.stop();
    await Promise.all(programs.map((program) => program.stop()));
    await cluster?.stop();
  });

  /**
   * Starts the program, and returns the labels that discovery of pods (`role: pod`) would have for
   * it.
   */
  async function startPod(
    objects: readonly KubeObject[],
    kind: string,
    node: string,
    args: readonly string[] = [],
  ): Promise<object> {
    const program = await Program.start([
      `--kubeconfig=${cluster.kubeconfig}`,
      `--cluster-dns=${cluster.clusterDns}`,
      '--cluster-domain=cluster.local',
      '--listen=127.0.0.1:0',
      '--interval=1s',
      ...args,
    ]);
    programs.push(program);
    const workload = objects.find((object) => object.kind === kind);
    const labels = at(workload, 'spec.template.metadata.labels') as Record<string, string>;
    const ofPod = Object.entries(labels).map(([label, value]) => {
      return [`__meta_kubernetes_pod_label_${label.replace(/[^a-zA-Z0-9_]/g, '_')}`, value];
    });
    const meta = {
      __meta_kubernetes_namespace: NAME,
      __meta_kubernetes_pod_name: kind.toLowerCase(),
      __meta_kubernetes_pod_node_name: node,
      __meta_kubernetes_pod_ip: '127.0.0.1',
      __meta_kubernetes_pod_container_port_name: at(
        workload,
        'spec.template.spec.containers.0.ports.0.name',
      ),
    };
    return {
      targets: [new URL(program.url).host],
      // Labels of the target, as in many jobs and in the operator's. Our own labels must win over
      // these.
      labels: { ...Object.fromEntries(ofPod), ...meta, namespace: NAME, service: NAME },
    };
  }

  /** The page's file with these targets, and with shorter intervals for a test. */
  async function startPrometheus(targets: readonly object[]): Promise<void> {
    const page = parse(FILES['prometheus.yaml'] ?? '') as { scrape_configs: [object] };
    const { kubernetes_sd_configs: _, ...job } = page.scrape_configs[0] as Record<string, unknown>;
    const pace = { scrape_interval: '1s', scrape_timeout: '1s' };
    // The second slice of a dual-stack Service: the same pods, with their other address.
    const others = targets.map((each) => ({ ...each, targets: ['[::1]:9953'] }));
    const jobs = [
      { ...job, ...pace, static_configs: targets },
      { ...operatorJob(), ...pace, static_configs: [...targets, ...others] },
    ];
    const text = stringify({ scrape_configs: jobs });
    url = `http://127.0.0.1:${await freePort()}`;
    await withFiles({ 'prometheus.yml': text }, async (root) => {
      prometheus = new Daemon({
        name: 'prometheus',
        command: 'prometheus',
        args: [
          `--config.file=${root}/prometheus.yml`,
          `--storage.tsdb.path=${cluster.kubeconfig}.prometheus`,
          `--web.listen-address=${new URL(url).host}`,
        ],
        ready: async () => (await fetch(`${url}/-/ready`)).ok,
      });
      await prometheus.start();
    });
  }

  async function query(expression: string): Promise<Series[]> {
    const reply = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
    return ((await reply.json()) as { data: { result: Series[] } }).data.result;
  }

  test.each([
    ['the job of docs/install.md', NAME],
    ['the ServiceMonitor', OPERATOR],
  ])(
    '%s finds both pods once, tells them apart, and leaves our labels as they are',
    async (_, job) => {
      const up = `externalname_service_up{job="${job}"}`;
      await until('both', async () => (await query(up)).length === 2, { deadlineMs: 40_000 });
      const common = {
        job,
        namespace: 'default',
        service: 'db',
        __name__: 'externalname_service_up',
      };
      const series = (await query(up)).map(({ metric }) => {
        const { instance: _instance, pod: _pod, ...labels } = metric;
        return labels;
      });
      expect(series).toContainEqual(common);
      expect(series).toContainEqual({ ...common, vantage: 'node', node: 'worker-2' });
      expect(await query(`up{job="${job}"}`)).toHaveLength(2);
      expect(await query(`up{job="${job}"} == 1`)).toHaveLength(2);
    },
  );

  test.each([NAME, OPERATOR])(
    '%s keeps what multiplies by nodes of the monitor alone',
    async (job) => {
      const vantages = async (name: string) =>
        (await query(`group by (vantage) (${name}{job="${job}"})`))
          .map(({ metric }) => metric.vantage ?? '')
          .sort();
      expect(await vantages('externalname_service_info')).toEqual(['']);
      expect(await vantages('externalname_probes_total')).toEqual(['']);
      expect(await vantages('externalname_service_verdict')).toEqual(['', 'node']);
      expect(await vantages('externalname_build_info')).toEqual(['', 'node']);
      const each = `{__name__=~"externalname_.+",service="db",vantage="node",job="${job}"}`;
      expect(await query(each)).toHaveLength(4);
    },
  );
});

/**
 * The scrape configuration that the operator would generate from the ServiceMonitor, as far as it
 * is used here.
 */
function operatorJob(): object {
  const monitor = parse(
    readText('manifests/components/prometheus-operator/service-monitor.yaml'),
  ) as unknown;
  const snake = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(snake);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([key, each]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      snake(each),
    ]);
    return Object.fromEntries(entries);
  };
  const endpoint = at(monitor, 'spec.endpoints.0');
  return {
    job_name: OPERATOR,
    honor_labels: at(endpoint, 'honorLabels'),
    relabel_configs: snake(at(endpoint, 'relabelings')),
    metric_relabel_configs: snake(at(endpoint, 'metricRelabelings')),
  };
}
