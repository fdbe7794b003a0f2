import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Architecture, buildahCommand, type ImageSpec } from '../../../release/image.ts';
import { hostNpm } from './host-npm.ts';
import type { ImageStore } from './store.ts';

/** The path of npm's global settings in Node's images; the mount leaves no trace in the image. */
const IN_IMAGE = '/usr/local/etc/npmrc';

/** Builds the project's image like a release, on the stand-ins; returns its name. */
export async function buildImage(
  store: ImageStore,
  spec: ImageSpec,
  arch: Architecture,
): Promise<string> {
  const image = `${spec.name}:${spec.version}-${arch}`;
  const folder = await mkdtemp(join(tmpdir(), 'image-npm-'));
  try {
    const more = [`--tag=${image}`, '--pull-never', ...(await npmMounts(folder))];
    const [program, ...args] = buildahCommand(spec, arch, more);
    await store.run(program, args);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return image;
}

/**
 * npm in the build stage installs packages like npm on this machine: from the same registry, with
 * the same certificates.
 */
async function npmMounts(folder: string): Promise<string[]> {
  const get = (key: string): Promise<string> => hostNpm('config', 'get', key);
  const files = [await get('globalconfig'), await get('userconfig')].filter((f) => existsSync(f));
  // One file with both settings files; in npm the later value counts.
  const settings = join(folder, 'npmrc');
  await writeFile(settings, files.map((file) => readFileSync(file, 'utf8')).join('\n'), {
    mode: 0o600,
  });
  const trust = await get('cafile');
  return [[settings, IN_IMAGE] as const, [trust, trust] as const]
    .filter(([file]) => existsSync(file))
    .map(([file, inside]) => `--volume=${file}:${inside}:ro`);
}
