import { existsSync } from 'node:fs';
import { type Architecture, buildahCommand, type ImageSpec } from '../../release/image.ts';
import { hostNpm } from './host-npm.ts';
import type { ImageStore } from './store.ts';

/** Where Node's images have npm's files; a mount leaves nothing of them in the image. */
const IN_IMAGE = { userconfig: '/root/.npmrc', globalconfig: '/usr/local/etc/npmrc' } as const;

/** Builds the project's image as a release does, on the stand-ins; gives its name. */
export async function buildImage(
  store: ImageStore,
  spec: ImageSpec,
  arch: Architecture,
): Promise<string> {
  const image = `${spec.name}:${spec.version}-${arch}`;
  const more = [`--tag=${image}`, '--pull-never', ...(await npmMounts())];
  const [program, ...args] = buildahCommand(spec, arch, more);
  await store.run(program, args);
  return image;
}

/** npm in the build stage gets packages as npm here does: from the same registry, with the same trust. */
async function npmMounts(): Promise<string[]> {
  const files = await Promise.all(
    Object.entries(IN_IMAGE).map(
      async ([key, inside]) => [await hostNpm('config', 'get', key), inside] as const,
    ),
  );
  const trust = await hostNpm('config', 'get', 'cafile');
  return [...files, [trust, trust] as const]
    .filter(([file]) => existsSync(file))
    .map(([file, inside]) => `--volume=${file}:${inside}:ro`);
}
