import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../../..');

/** The cache folder of .ci/provide: outside the checkout, and kept between runs. */
const CACHE = join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'externalname-monitor');

/**
 * A separate store of images and layers, so that a stand-in with an official name never becomes the
 * base image of another project. It is kept for the next run; to remove it, delete the folder
 * `images` of the cache.
 */
export class ImageStore {
  /** For buildah and podman. */
  readonly env: Readonly<Record<string, string>>;

  private constructor(configuration: string) {
    this.env = {
      CONTAINERS_STORAGE_CONF: configuration,
      // Without a runtime, and so without cgroups, which may be missing in a container that runs
      // this.
      BUILDAH_ISOLATION: 'chroot',
    };
  }

  static async open(): Promise<ImageStore> {
    const folder = join(CACHE, 'images');
    await mkdir(folder, { recursive: true });
    const configuration = join(folder, 'storage.conf');
    const lines = [
      '[storage]',
      'driver = "overlay"',
      `graphroot = ${JSON.stringify(join(folder, 'store'))}`,
      `runroot = ${JSON.stringify(join(folder, 'run'))}`,
    ];
    await writeFile(configuration, `${lines.join('\n')}\n`);
    return new ImageStore(configuration);
  }

  /**
   * Runs a program in the checkout's folder; returns its output.
   *
   * @throws Error with the reason if it fails
   */
  async run(program: string, args: readonly string[]): Promise<string> {
    const options = { cwd: ROOT, env: { ...env, ...this.env }, maxBuffer: 64 * 1024 * 1024 };
    return (await promisify(execFile)(program, args, options)).stdout;
  }

  async has(image: string): Promise<boolean> {
    const found = await this.run('buildah', [
      'images',
      '--quiet',
      '--filter',
      `reference=${image}`,
    ]);
    return found.trim() !== '';
  }

  /** Gives `read` the files of an image, of any architecture, until it returns. */
  async files<T>(image: string, read: (root: string) => Promise<T>): Promise<T> {
    const root = (await this.run('podman', ['image', 'mount', image])).trim();
    try {
      return await read(root);
    } finally {
      await this.run('podman', ['image', 'unmount', image]);
    }
  }
}
