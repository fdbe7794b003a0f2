import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kubeconfig } from '../../src/demo/kubeconfig.ts';
import { until } from '../cluster/until.ts';
import { Program } from '../program.ts';

let folder: string;
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'command-line-'));
  await writeFile(file('good'), kubeconfig('http://127.0.0.1:1'));
  await writeFile(file('empty'), '');
  await writeFile(file('nonsense'), 'clusters: [');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(
  ...args: string[]
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const program = new Program(args);
  const status = await program.ended();
  await until('its output', () => program.stdout + program.stderr !== '');
  return { status, stdout: program.stdout, stderr: program.stderr };
}

describe('the command line', () => {
  it('prints help and leaves with 0', async () => {
    const { status, stdout } = await run('--help');
    expect(status).toBe(0);
    expect(stdout).toContain('--cluster-dns=<address[:port],…>');
  });

  it.each([
    ['an unknown option', ['--nope'], "Unknown option '--nope'"],
    ['a bad value', ['--interval=x'], 'got "x"'],
    ['a kubeconfig that is not there', ['--kubeconfig=/no/such/file'], 'got "/no/such/file"'],
    [
      'a cluster for the demo',
      ['demo', '--kubeconfig=x'],
      'it brings a cluster of its own, got "x"',
    ],
  ])('answers %s with one line and status 2', async (_what, args, message) => {
    const { status, stdout, stderr } = await run(...args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^externalname-monitor: Cannot [^\n]*\n$/);
    expect(stderr).toContain(message);
  });

  it.each([['empty'], ['nonsense']])(
    'answers a kubeconfig that is %s with one line and status 2',
    async (name) => {
      const { status, stderr } = await run(
        `--kubeconfig=${file(name)}`,
        '--cluster-dns=127.0.0.1:1',
      );
      expect(status).toBe(2);
      expect(stderr).toMatch(/^externalname-monitor: Cannot [^\n]*\n$/);
    },
  );

  it('answers a port in use with one line and status 2', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await until('the port', () => taken.listening);
    const { port } = taken.address() as { port: number };
    const { status, stderr } = await run(
      `--kubeconfig=${file('good')}`,
      '--cluster-dns=127.0.0.1:1',
      `--listen=127.0.0.1:${port}`,
    );
    taken.close();
    expect(status).toBe(2);
    expect(stderr).toMatch(
      new RegExp(`^externalname-monitor: Cannot listen: [^\\n]*EADDRINUSE[^\\n]*${port}\\n$`),
    );
  });

  it('is alive but not ready before the first list, and serves its metrics', async () => {
    const monitor = await Program.start([
      `--kubeconfig=${file('good')}`,
      '--cluster-dns=127.0.0.1:1',
      '--listen=127.0.0.1:0',
    ]);
    expect((await monitor.get('/livez')).status).toBe(200);
    expect((await monitor.get('/readyz')).status).toBe(503);
    expect((await monitor.get('/metrics')).text).toContain('externalname_informer_synced 0');
    expect(await monitor.stop()).toBe(0);
  });
});
