/**
 * Inspects an image by its files and its configuration: for any architecture, without running it.
 */
import { createHash } from 'node:crypto';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageStore } from './store.ts';

/** The ELF header of a file: byte 18 is the machine (`e_machine`, a 16-bit number). */
const MACHINE = { offset: 18, 62: 'amd64', 183: 'arm64' } as const;

export interface ImageConfig {
  readonly Architecture: string;
  readonly Healthcheck?: unknown;
  readonly Config: {
    readonly User: string;
    readonly Entrypoint: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
  };
}

export interface ImageContent {
  /** SHA-256 by name, for the files of /app. */
  readonly app: Readonly<Record<string, string>>;
  /** Size of /app. */
  readonly bytes: number;
  /** Files of /app that users other than root can write. */
  readonly writable: readonly string[];
  /** The machine of the image's `node`. */
  readonly machine: string;
  /** Remaining files of a package manager. */
  readonly npm: readonly string[];
}

export async function configOf(store: ImageStore, image: string): Promise<ImageConfig> {
  const [config] = JSON.parse(await store.run('podman', ['image', 'inspect', image]));
  return config;
}

export function contentOf(store: ImageStore, image: string): Promise<ImageContent> {
  return store.files(image, async (root) => {
    const folder = join(root, 'app');
    const names = (await readdir(folder, { recursive: true })).toSorted();
    const files = await Promise.all(
      names.map(async (name) => {
        const path = join(folder, name);
        const { size, mode, uid } = await stat(path);
        const hash = createHash('sha256').update(await readFile(path));
        return { name, size, digest: hash.digest('hex'), isRoots: uid === 0 && !(mode & 0o022) };
      }),
    );
    return {
      app: Object.fromEntries(files.map(({ name, digest }) => [name, digest])),
      bytes: files.reduce((sum, { size }) => sum + size, 0),
      writable: files.filter(({ isRoots }) => !isRoots).map(({ name }) => name),
      machine: await machineOf(join(root, 'usr/local/bin/node')),
      npm: (await readdir(join(root, 'usr/local'), { recursive: true })).filter((name) =>
        /(^|\/)(npm|npx|node_modules)$/.test(name),
      ),
    };
  });
}

async function machineOf(file: string): Promise<string> {
  await using handle = await open(file);
  const { buffer } = await handle.read(Buffer.alloc(20), 0, 20, 0);
  const number = buffer.readUInt16LE(MACHINE.offset);
  return number === 62 || number === 183 ? MACHINE[number] : String(number);
}
