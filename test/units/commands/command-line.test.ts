import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, get, type IncomingMessage } from 'node:http';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { kubeconfig } from '../../../src/demo/api/kubeconfig.ts';
import { externalNameService } from '../../../src/demo/api/objects.ts';
import { ApiServer } from '../../../src/demo/api/server.ts';
import { runCommand } from '../../fixtures/command.ts';
import { until } from '../../lab/cluster/until.ts';
import { Program } from '../../lab/program.ts';

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount/token';

let folder: string;
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'command-line-'));
  await writeFile(file('good'), kubeconfig('http://127.0.0.1:1'));
  await writeFile(file('empty'), '');
  await writeFile(file('bare'), 'apiVersion: v1\nkind: Config\n');
  await writeFile(file('nonsense'), 'clusters: [');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** In a process of its own. */
async function start(
  args: readonly string[],
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const program = new Program(args);
  const status = await program.ended();
  await until('its output', () => program.stdout + program.stderr !== '');
  return { status, stdout: program.stdout, stderr: program.stderr };
}

/** With DNS and a port of its own, so that only the kubeconfig can be wrong. */
const KNOWN_DNS = ['--cluster-dns=127.0.0.1:1', '--listen=127.0.0.1:0'] as const;

afterEach(() => void vi.unstubAllEnvs());

describe('the command line', () => {
  it.each([
    [['--help'], '--cluster-dns=<address[:port],…>'],
    [['demo', '--help'], '(default 127.0.0.1:9953)'],
    [['demo', '--help=all'], 'Default: 127.0.0.1:9953'],
    [['--version'], `externalname-monitor ${packageJson.version}\n`],
  ])('answers %j and leaves with 0', async (args, text) => {
    const { status, stdout, stderr } = await runCommand(args);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain(text);
  });

  it('ends the process with the status of the command', async () => {
    expect(await start(['check', '-f', '/no/such'])).toEqual({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^externalname-monitor: Cannot read manifests: ENOENT/),
    });
  });

  it.each([
    ['an unknown option', ['--zzyzx'], 'no such option (--help=all lists them), got "--zzyzx"'],
    ['a near miss', ['--clusterdns=::1'], '(did you mean --cluster-dns?), got "--clusterdns"'],
    ['a bad value', ['--interval=x'], 'got "x"'],
    ['a file that is not there', ['--config=/no/such\nfile'], 'got "/no/such\\nfile"'],
    ['a kubeconfig that is not there', ['--kubeconfig=/no/such/file'], 'got "/no/such/file"'],
    [
      'a cluster for the demo',
      ['demo', '--context=x'],
      'Cannot use --context with demo: it has its own cluster, got "x"',
    ],
  ])('answers %s with one line and status 2', async (_what, args, message) => {
    const { status, stdout, stderr } = await runCommand([...args, ...KNOWN_DNS]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^externalname-monitor: Cannot [^\n]*\n$/);
    expect(stderr).toContain(message);
  });

  it.each([
    ['empty', [], 'Cannot read the kubeconfig: '],
    ['bare', [], 'its context names no cluster with a server address, got ""'],
    ['nonsense', [], 'Cannot read the kubeconfig: '],
    ['good', ['--context=prod'], 'the kubeconfig has embedded, got "prod"'],
  ])(
    'answers a kubeconfig that is %s with %j, in one line and status 2',
    async (name, args, message) => {
      const { status, stderr } = await runCommand([
        `--kubeconfig=${file(name)}`,
        ...args,
        ...KNOWN_DNS,
      ]);
      expect(status).toBe(2);
      expect(stderr).toMatch(/^externalname-monitor: Cannot [^\n]*\n$/);
      expect(stderr).toContain(message);
    },
  );

  it('names the file of $KUBECONFIG that cannot be read', async () => {
    vi.stubEnv('KUBECONFIG', '/no/such/file');
    const { status, stderr } = await runCommand(KNOWN_DNS);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^externalname-monitor: Cannot [^\n]* got "\/no\/such\/file"\n$/);
  });

  it.skipIf(existsSync(SERVICE_ACCOUNT))('says so where there is no cluster at all', async () => {
    vi.stubEnv('KUBECONFIG', undefined);
    vi.stubEnv('HOME', folder);
    const { status, stderr } = await runCommand(KNOWN_DNS);
    expect(status).toBe(2);
    expect(stderr).toBe(
      'externalname-monitor: Cannot find a cluster: no --kubeconfig, no $KUBECONFIG, no ~/.kube/config, and not in a pod with a ServiceAccount token\n',
    );
  });

  it('is alive but not ready before the first list, and logs for people with --log-format=text', async () => {
    const monitor = await Program.start([
      `--kubeconfig=${file('good')}`,
      '--log-format=text',
      ...KNOWN_DNS,
    ]);
    expect((await monitor.get('/livez')).status).toBe(200);
    expect((await monitor.get('/readyz')).status).toBe(503);
    expect((await monitor.get('/metrics')).text).toContain('externalname_informer_synced 0');
    expect(await monitor.stop()).toBe(0);
    expect(monitor.stdout).toMatch(
      /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: watching ExternalName Services \{[^\n]*\}\n/,
    );
  });
});

describe('the end, with a slow scrape under way', () => {
  let api: ApiServer;
  let monitor: Program;
  let scrape: IncomingMessage;
  const agent = new Agent({ keepAlive: true });
  const TIMED_OUT = 'shutdown timed out, exiting';

  beforeAll(async () => {
    api = new ApiServer();
    // More than fits into the buffers of a socket.
    for (let index = 0; index < 2_000; index++) {
      api.apply(externalNameService('shop', `db-${index}`, `${'x'.repeat(60)}.example.com`));
    }
    await api.start();
    await writeFile(file('embedded'), api.kubeconfig());
  });

  afterAll(() => api.stop());

  beforeEach(async () => {
    monitor = await Program.start([
      `--kubeconfig=${file('embedded')}`,
      '--interval=1h',
      ...KNOWN_DNS,
    ]);
    await until('the first list', async () => (await monitor.get('/readyz')).status === 200, {
      deadlineMs: 30_000,
    });
    const asked = get(`${monitor.url}/metrics`, { agent });
    [scrape] = (await once(asked, 'response')) as [IncomingMessage];
  });

  afterEach(async () => {
    agent.destroy();
    await monitor.stop('SIGKILL');
  });

  it('waits for it after SIGTERM', async () => {
    const ended = monitor.stop('SIGTERM');
    await until('its end to begin', () => monitor.stdout.includes('"stopping"'));
    expect(monitor.exitCode).toBe(null);
    let text = '';
    for await (const chunk of scrape) text += chunk;
    expect(text.length).toBeGreaterThan(3_000_000);
    expect(text.match(/^externalname_service_info\{/gm)).toHaveLength(2_000);
    expect(await ended).toBe(0);
    expect(monitor.stdout).toMatch(/^\{"level":"info","time":"[^\n]*"url":"http[^\n]*\}\n/);
    // The connection is kept alive, but not waited for.
    expect(monitor.stdout).not.toContain(TIMED_OUT);
  });

  it('does not wait for ever', async () => {
    expect(await monitor.stop('SIGINT')).toBe(0);
    expect(monitor.stdout).toContain(TIMED_OUT);
  });

  it('ends at once when asked again', async () => {
    const ended = monitor.stop('SIGTERM');
    await until('its end to begin', () => monitor.stdout.includes('"stopping"'));
    expect(await monitor.stop('SIGINT')).toBe(128 + constants.signals.SIGINT);
    await ended;
  });
});
