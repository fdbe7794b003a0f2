import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readConfigFile } from '../../../src/config/file.ts';
import { watchPolicy } from '../../../src/config/policy-file.ts';
import { NO_POLICY } from '../../../src/model/policy.ts';

const EVERY_MS = 5;

let folder: string;
let file: string;
let abort: AbortController;
let watching: Promise<void> | undefined;
/** All that was told, in its order. */
let told: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'policy-'));
  file = join(folder, 'options.yaml');
  abort = new AbortController();
  told = [];
});

afterEach(async () => {
  abort.abort();
  await watching;
  await rm(folder, { recursive: true, force: true });
});

const allowing = (suffix: string): string => `policy: {allowed-suffixes: ${suffix}}\n`;

async function watch(yaml: string): Promise<void> {
  await writeFile(file, yaml);
  await watchFile(file);
}

async function watchFile(path: string): Promise<void> {
  watching = watchPolicy({
    config: await readConfigFile(path),
    everyMs: EVERY_MS,
    onPolicy: ({ allowedSuffixes = ['any'] }) => told.push(`allow ${allowedSuffixes}`),
    onError: ({ message }) => told.push(message.replaceAll(folder, 'FOLDER')),
    onRestartNeeded: (keys) => told.push(`restart for ${keys}`),
    signal: abort.signal,
  });
}

/** Replaced at once, as an editor or the kubelet does. */
async function put(yaml: string): Promise<void> {
  await writeFile(`${file}.new`, yaml);
  await rename(`${file}.new`, file);
}

async function hears(...expected: readonly string[]): Promise<void> {
  await vi.waitFor(() => expect(told).toEqual(expected), { timeout: 10_000, interval: 5 });
}

/** Until the watch has looked again at what is there now. */
async function looksAgain(): Promise<void> {
  const before = told.length;
  const marker = allowing('marker.example');
  const now = await readFile(file, 'utf8');
  await put(marker);
  await vi.waitFor(() => expect(told.length).toBe(before + 1), { timeout: 10_000, interval: 5 });
  await put(now);
  await vi.waitFor(() => expect(told.length).toBe(before + 2), { timeout: 10_000, interval: 5 });
}

const bad = 'policy: {allowed-suffixes: "*.b.example"}\n';
const refusal =
  'Cannot use allowed-suffixes in FOLDER/options.yaml:1: each must be a DNS domain such as example.com, which counts for all names below it, got "*.b.example"';

describe('watchPolicy', () => {
  it('tells of a good file, refuses a bad one once, and goes on with the next good one', async () => {
    await watch(allowing('a.example'));
    await put(allowing('b.example'));
    await hears('allow b.example');
    await put(bad);
    await hears('allow b.example', refusal);
    await put(allowing('c.example'));
    await hears('allow b.example', refusal, 'allow c.example');
    // The one that was good before the bad one is good again.
    await put(bad);
    await hears('allow b.example', refusal, 'allow c.example', refusal);
    await put(allowing('c.example'));
    await hears('allow b.example', refusal, 'allow c.example', refusal, 'allow c.example');
  });

  it('says nothing while nothing changes, and each thing once', async () => {
    await watch(allowing('a.example'));
    await looksAgain();
    expect(told).toEqual(['allow marker.example', 'allow a.example']);
    await put(bad);
    await hears('allow marker.example', 'allow a.example', refusal);
    await looksAgain();
    expect(told.slice(3)).toEqual(['allow marker.example', refusal]);
  });

  it('sees the swap of links by which a ConfigMap changes', async () => {
    for (const [name, suffix] of [
      ['one', 'a.example'],
      ['two', 'b.example'],
    ]) {
      await mkdir(join(folder, `..${name}`));
      await writeFile(join(folder, `..${name}`, 'options.yaml'), allowing(suffix ?? ''));
    }
    await symlink('..one', join(folder, '..data'));
    await symlink('..data/options.yaml', file);
    await watchFile(file);
    await symlink('..two', join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    await hears('allow b.example');
  });

  it('keeps the policy while the file is away, and takes it up again when it is back', async () => {
    await watch(allowing('a.example'));
    await rename(file, `${file}.away`);
    const away =
      'Cannot read the configuration file: ENOENT: no such file or directory, open \'FOLDER/options.yaml\', got "FOLDER/options.yaml"';
    await hears(away);
    await rename(`${file}.away`, file);
    await hears(away, 'allow a.example');
  });

  it('allows everything when the policy is taken out', async () => {
    await watch(allowing('a.example'));
    await put('interval: 30s\n');
    await hears('allow any', 'restart for interval');
  });

  it('says once which other options need a restart, and again when these are others', async () => {
    await watch('interval: 30s\ntimeout: 1s\n');
    await put('interval: 10s\ntimeout: 1s\n');
    await hears('allow any', 'restart for interval');
    await put(`interval: 10s\ntimeout: 1s\n${allowing('a.example')}`);
    await hears('allow any', 'restart for interval', 'allow a.example');
    await put('interval: 10s\nattempts: 3\n');
    await hears(
      'allow any',
      'restart for interval',
      'allow a.example',
      'allow any',
      'restart for timeout,attempts,interval',
    );
  });

  it('refuses a file whose other options are bad: the next start would fail', async () => {
    await watch(allowing('a.example'));
    await put(`interval: soon\n${allowing('b.example')}`);
    await hears(
      'Cannot use interval in FOLDER/options.yaml:1: it must be a duration such as 30s or 1m30s, got "soon"',
    );
  });

  it.each([
    ['empty', '', ['allow any']],
    [
      'larger than 1 MiB',
      ' '.repeat(1024 * 1024 + 1),
      ['Cannot read the configuration file: it is larger than 1 MiB, got "FOLDER/options.yaml"'],
    ],
    [
      'no YAML',
      'policy: {[',
      [expect.stringMatching(/^Cannot read FOLDER\/options\.yaml:1: it must be one YAML document/)],
    ],
  ])('survives a file that is %s', async (_what, yaml, expected) => {
    await watch(allowing('a.example'));
    await put(yaml);
    await hears(...(expected as string[]));
    await put(allowing('a.example'));
    await hears(...(expected as string[]), 'allow a.example');
  });

  it('ends when it is aborted, and at once where the file cannot be read twice', async () => {
    await watch(allowing('a.example'));
    abort.abort();
    await watching;
    await put(allowing('b.example'));
    expect(told).toEqual([]);
    const config = { file: '/dev/null', text: '', settings: new Map(), policy: NO_POLICY };
    const unheard = () => expect.unreachable();
    await watchPolicy({
      config,
      everyMs: EVERY_MS,
      onPolicy: unheard,
      onError: unheard,
      onRestartNeeded: unheard,
      signal: new AbortController().signal,
    });
  });
});
