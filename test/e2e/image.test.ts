import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { ARCHITECTURES, hostArchitecture } from '../../release/image.ts';
import { select } from '../fixtures/samples.ts';
import { type Cluster, describeImages, externalName, startCluster } from '../lab/cluster/index.ts';
import { buildImage } from '../lab/image/build.ts';
import { runImage } from '../lab/image/container.ts';
import { configOf, contentOf } from '../lab/image/look.ts';
import { provideStandIns } from '../lab/image/stand-in.ts';
import { ImageStore } from '../lab/image/store.ts';
import type { Program } from '../lab/program.ts';
import { monitorArgs, verdicts } from './monitor.ts';

const SPEC = {
  name: 'localhost/test',
  version: packageJson.version,
  revision: '0123456789abcdef0123456789abcdef01234567',
  // Different in each run, to detect labels that come from a cache.
  created: new Date().toISOString(),
} as const;

const MOST_BYTES = 5_000_000;
/** A first build downloads all of npm's packages, and the first stand-ins two Debians. */
const BUILD_MS = 15 * 60_000;

const imageOf = (arch: string): string => `${SPEC.name}:${SPEC.version}-${arch}`;

describeImages('the image', () => {
  let store: ImageStore;

  beforeAll(async () => {
    store = await ImageStore.open();
    await provideStandIns(store, (line) => console.log(line));
    for (const arch of ARCHITECTURES) await buildImage(store, SPEC, arch);
  }, BUILD_MS);

  test.each(ARCHITECTURES)('for %s says what it is, and starts Node as a number', async (arch) => {
    const { Architecture, Healthcheck, Config } = await configOf(store, imageOf(arch));
    expect(Architecture).toBe(arch);
    expect(Healthcheck).toBeUndefined();
    expect(Config.User).toBe('65532:65532');
    expect(Config.Entrypoint[0]).toBe('node');
    expect(Config.Entrypoint.at(-1)).toBe('/app/main.js');
    expect(Config.Labels).toMatchObject({
      'org.opencontainers.image.title': packageJson.name,
      'org.opencontainers.image.description': packageJson.description,
      'org.opencontainers.image.licenses': packageJson.license,
      'org.opencontainers.image.version': SPEC.version,
      'org.opencontainers.image.revision': SPEC.revision,
      'org.opencontainers.image.created': SPEC.created,
    });
  });

  test.each(ARCHITECTURES)('for %s holds Node, the bundle and licences, no more', async (arch) => {
    const { app, bytes, machine, npm, writable } = await contentOf(store, imageOf(arch));
    expect(machine).toBe(arch);
    expect(bytes).toBeLessThan(MOST_BYTES);
    expect(writable).toEqual([]);
    expect(npm).toEqual([]);
    const names = Object.keys(app);
    expect(names).toEqual(
      expect.arrayContaining(['LICENSE', 'THIRD-PARTY-LICENSES.txt', 'main.js', 'sbom.cdx.json']),
    );
    expect(names.filter((name) => !/^(LICENSE|[\w.-]+\.(js|json|txt))$/.test(name))).toEqual([]);
  });

  test('holds the same program for each architecture', async () => {
    const [first, ...rest] = await Promise.all(
      ARCHITECTURES.map(async (arch) => (await contentOf(store, imageOf(arch))).app),
    );
    for (const other of rest) expect(other).toEqual(first);
  });

  describe('as a container that may do nothing', () => {
    const NAME = 'externalname-monitor-test';
    let cluster: Cluster;
    let monitor: Program;

    beforeAll(async () => {
      cluster = await startCluster();
      await cluster.kube.create(externalName('www', 'www.example.test'));
      await cluster.kube.create(externalName('dangling', 'gone.example.test'));
      monitor = await runImage(store, imageOf(hostArchitecture()), {
        name: NAME,
        kubeconfig: cluster.kubeconfig,
        args: monitorArgs(cluster),
      });
    });

    afterAll(async () => {
      await monitor?.stop();
      await cluster?.stop();
    });

    test('does its job on a real cluster', async () => {
      await verdicts(monitor, {
        'default/www': '1 healthy none',
        'default/dangling': '0 target_nxdomain target',
      });
      expect((await monitor.get('/readyz')).status).toBe(200);
      expect((await monitor.get('/livez')).status).toBe(200);
      const [build] = select(await monitor.samples(), 'externalname_build_info');
      expect(build?.labels.version).toBe(packageJson.version);
      expect(build?.labels.node_version).toMatch(/^v26\./);
    });

    test('runs as process 1 and user 65532, without capabilities, on a root that is read-only', async () => {
      const pid = await store.run('podman', ['inspect', '--format={{.State.Pid}}', NAME]);
      const status = await readFile(`/proc/${pid.trim()}/status`, 'utf8');
      const field = (name: string): string[] =>
        new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1]?.split(/\s+/) ?? [];
      expect(field('Name')[0]).toMatch(/^node/);
      expect(field('NSpid').at(-1)).toBe('1');
      expect(field('Uid')).toEqual(Array(4).fill('65532'));
      expect(field('Gid')).toEqual(Array(4).fill('65532'));
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
        expect([set, ...field(set)]).toEqual([set, '0000000000000000']);
      expect(field('NoNewPrivs')).toEqual(['1']);
      const mounts = await readFile(`/proc/${pid.trim()}/mountinfo`, 'utf8');
      const root = mounts.split('\n').find((line) => line.split(' ')[4] === '/');
      expect(root?.split(' ')[5]?.split(',')).toContain('ro');
    });

    test('ends with status 0 when it is asked to', async () => {
      expect(await monitor.stop('SIGTERM')).toBe(0);
    });
  });
});
