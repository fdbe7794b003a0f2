import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { quoted, UsageError } from '../../config/values.ts';
import type { Io } from '../io.ts';

/** In bytes: the manifests of a large cluster fit. */
const LARGEST = 64 * 1024 * 1024;
const MOST_FILES = 10_000;

const MANIFEST = /\.(ya?ml|json)$/i;

export interface TextFile {
  readonly file: string;
  readonly text: string;
}

/**
 * The texts of files, of all manifests in folders and those below, and of `stdin`, which is `-`.
 * @throws UsageError for what is not there or cannot be read
 */
export async function* readFiles(
  paths: readonly string[],
  stdin: Io['stdin'],
): AsyncGenerator<TextFile> {
  let count = 0;
  for (const path of new Set(paths)) {
    if (path === '-') {
      yield { file: 'stdin', text: await textOf(stdin, path) };
      continue;
    }
    for await (const file of filesAt(path)) {
      if (++count > MOST_FILES) {
        throw new UsageError(
          `Cannot read manifests: there are more than ${MOST_FILES} files, got ${quoted(path)}`,
        );
      }
      yield { file, text: await readFile(file) };
    }
  }
}

async function* filesAt(path: string): AsyncGenerator<string> {
  if (!(await orExplain(path, stat(path))).isDirectory()) {
    yield path;
    return;
  }
  let isEmpty = true;
  for await (const file of manifestsIn(path)) {
    isEmpty = false;
    yield file;
  }
  if (isEmpty) {
    throw new UsageError(
      `Cannot read manifests: the folder has no .yaml, .yml or .json file, got ${quoted(path)}`,
    );
  }
}

/** In the order of their names; hidden folders hold what is no manifest, and links could lead round in circles. */
async function* manifestsIn(folder: string): AsyncGenerator<string> {
  const entries = await orExplain(folder, readdir(folder, { withFileTypes: true }));
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* manifestsIn(path);
    else if (MANIFEST.test(entry.name)) yield path;
  }
}

async function readFile(path: string): Promise<string> {
  const handle = await orExplain(path, open(path));
  return textOf(handle.createReadStream(), path);
}

async function textOf(stream: AsyncIterable<Buffer | string>, path: string): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  const read = async (): Promise<void> => {
    for await (const chunk of stream) {
      chunks.push(Buffer.from(chunk));
      length += chunk.length;
      if (length > LARGEST) return;
    }
  };
  await orExplain(path, read());
  if (length > LARGEST) {
    throw new UsageError(
      `Cannot read manifests: the file is larger than ${LARGEST / 1024 ** 2} MiB, got ${quoted(path)}`,
    );
  }
  return Buffer.concat(chunks).toString();
}

async function orExplain<T>(path: string, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`Cannot read manifests: ${why}, got ${quoted(path)}`, { cause });
  }
}
