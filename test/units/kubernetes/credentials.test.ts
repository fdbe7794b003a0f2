import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { KubeConfig, type User } from '@kubernetes/client-node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { externalNameService } from '../../../src/demo/api/objects.ts';
import type { ApiServer } from '../../../src/demo/api/server.ts';
import { Bench, configOf, type Watching } from '../../fixtures/watching.ts';
import { until } from '../../lab/cluster/until.ts';

let bench: Bench;
let api: ApiServer;
let seen: Watching;
let folder: string;
let file: string;

beforeEach(async () => {
  bench = new Bench();
  api = await bench.serve();
  api.token = 'first';
  api.apply(externalNameService('shop', 'db', 'db.example.com'));
  folder = await mkdtemp(join(tmpdir(), 'credentials-'));
  file = join(folder, 'token');
});
afterEach(async () => {
  await bench.end();
  await rm(folder, { recursive: true });
});

/** As that of the API server, with these credentials. */
function configWith(user: Omit<User, 'name'>): KubeConfig {
  const config = new KubeConfig();
  const { clusters, contexts, currentContext, users } = configOf(api.kubeconfig());
  const [name = ''] = users.map((each) => each.name);
  config.loadFromOptions({ clusters, contexts, currentContext, users: [{ ...user, name }] });
  return config;
}

/** As those of a pod. */
const fromFile = (): KubeConfig =>
  configWith({ authProvider: { name: 'tokenFile', config: { tokenFile: file } } });

it('reads a token that was rotated, once the old one is refused', async () => {
  await writeFile(file, 'first\n');
  seen = bench.watch(fromFile());
  await bench.connected(api, seen);
  api.token = 'second';
  await writeFile(file, 'second');
  api.closeWatches();
  api.apply(externalNameService('shop', 'new', 'a.example.com'));
  await bench.agreed(api, seen);
  expect(seen.reasons).toEqual(['unauthorized']);
  expect(api.requestsOf('list')).toHaveLength(1);
});

it('waits for a token file that is missing, and says which', async () => {
  seen = bench.watch(fromFile());
  await until('several tries', () => seen.reasons.length > 2);
  expect(new Set(seen.reasons)).toEqual(new Set(['credentials']));
  expect(seen.errors[0]).toContain('Cannot get credentials for the API server: ENOENT');
  expect(seen.errors[0]).toContain(file);
  await writeFile(file, 'first');
  await bench.connected(api, seen);
});

it('waits for a token file that goes missing, and keeps what it has', async () => {
  await writeFile(file, 'first');
  seen = bench.watch(fromFile());
  await bench.connected(api, seen);
  await rm(file);
  api.token = 'second';
  api.closeWatches();
  await until('several tries', () => seen.reasons.length > 2);
  expect(seen.reasons.slice(0, 2)).toEqual(['unauthorized', 'credentials']);
  expect(seen.held.size).toBe(1);
  await writeFile(file, 'second');
  await bench.connected(api, seen);
});

it('asks an exec plug-in again, once what it gave is refused', async () => {
  await writeFile(file, 'first');
  const script = `
    const token = require('node:fs').readFileSync(${JSON.stringify(file)}, 'utf8');
    console.log(JSON.stringify({ status: { token } }));
  `;
  const exec = { command: execPath, args: ['-e', script] };
  seen = bench.watch(configWith({ exec } as Omit<User, 'name'>));
  await bench.connected(api, seen);
  api.token = 'second';
  await writeFile(file, 'second');
  api.closeWatches();
  await until('the refusal', () => seen.reasons.length > 0);
  await bench.connected(api, seen);
  expect(seen.reasons).toEqual(['unauthorized']);
});

it('ends at once while an exec plug-in hangs', async () => {
  const script = `setTimeout(() => require('node:fs').writeFileSync(${JSON.stringify(file)}, ''), 2000)`;
  const exec = { command: execPath, args: ['-e', script] };
  seen = bench.watch(configWith({ exec } as Omit<User, 'name'>));
  await seen.stop();
  expect(existsSync(file)).toBe(false);
  expect(seen.reasons).toEqual([]);
});
