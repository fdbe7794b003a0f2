/** `--cluster-name`: people with several clusters see which one they look at. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../../src/commands/process.ts';
import { parseClusterName } from '../../../src/config/kubernetes-values.ts';
import { MonitorMetrics } from '../../../src/metrics/monitor.ts';
import { serverOf } from '../../fixtures/http-server.ts';
import { HEALTHY, reportOf } from '../../fixtures/rounds.ts';
import { parseSamples } from '../../fixtures/samples.ts';
import { specOf } from '../../fixtures/spec.ts';
import { holdWithViews } from '../../fixtures/views.ts';

function serverNamed(clusterName?: string): ReturnType<typeof serverOf> {
  const { store, views } = holdWithViews({}, clusterName);
  const spec = specOf('db');
  store.seen(spec, false, 0);
  store.round(reportOf(spec, HEALTHY, 1), 1);
  return serverOf({ views });
}

describe.each(['/', '/services/shop/db', '/services/shop/other'])('the page %s', (url) => {
  it('has the name in its title and its header', async () => {
    const { body } = await serverNamed('arn:aws:eks/prod-eu').inject(url);
    expect(body).toMatch(/<title>.* – arn:aws:eks\/prod-eu – externalname-monitor<\/title>/);
    expect(body).toMatch(/<p class="cluster">Cluster <strong>.*arn:aws:eks\/prod-eu/);
  });

  it('has none without the option', async () => {
    const { body } = await serverNamed().inject(url);
    expect(body).toMatch(/<title>[^–]* – externalname-monitor<\/title>/);
    expect(body).not.toContain('class="cluster"');
  });
});

describe('beside the pages', () => {
  afterEach(() => vi.restoreAllMocks());

  it('the summary of the API has it', async () => {
    const url = '/api/v1/summary';
    expect((await serverNamed('prod').inject(url)).json()).toMatchObject({ cluster: 'prod' });
    expect((await serverNamed().inject(url)).json()).not.toHaveProperty('cluster');
  });

  it('externalname_build_info has it', async () => {
    const labelsOf = async (more: { cluster_name?: string }) => {
      const metrics = new MonitorMetrics(30_000, { version: '1', node_version: 'v26', ...more });
      return parseSamples(await metrics.text(), 'externalname_build_info')[0]?.labels;
    };
    const build = { version: '1', node_version: 'v26' };
    expect(await labelsOf({ cluster_name: 'prod' })).toEqual({ ...build, cluster_name: 'prod' });
    expect(await labelsOf({})).toEqual(build);
  });

  it('each log line has it', async () => {
    const lines: string[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
    const options = { logLevel: 'info', logFormat: 'text' } as const;
    (await createLogger({ ...options, clusterName: 'prod' })).info('watching');
    (await createLogger({ ...options, clusterName: undefined })).info('watching');
    vi.restoreAllMocks();
    expect(lines[0]).toContain('"cluster":"prod"');
    expect(lines[1]).not.toContain('cluster');
  });
});

it.each(['prod', 'gke_project_europe-west1_prod', 'arn:aws:eks:eu-west-1:1234:cluster/prod'])(
  '%s is a name',
  (name) => expect(parseClusterName(name)).toBe(name),
);

it.each(['', 'a b', 'a"b', 'a\n', 'x'.repeat(101)])('%j is none', (name) => {
  expect(() => parseClusterName(name)).toThrow(/1 to 100 letters/);
});
