import { open } from 'node:fs/promises';
import { NO_POLICY, type Policy } from '../model/policy.ts';
import type { Settings } from './options.ts';
import { quoted, UsageError } from './values.ts';

/** In bytes; ten thousand names of namespaces fit. */
const LARGEST = 1024 * 1024;
const PIECE = 64 * 1024;

/** The file of `--config` as it was read. */
export interface ConfigFile {
  readonly file: string;
  readonly text: string;
  readonly settings: Settings;
  /** `NO_POLICY` where it has none. */
  readonly policy: Policy;
}

/**
 * The options and the policy that a YAML file sets.
 * @throws UsageError that names the file, the line, what is wrong and the offending value
 */
export async function readConfigFile(file: string): Promise<ConfigFile> {
  return parseConfigFile(file, await readText(file));
}

/** The same of a text that has been read already. */
export async function parseConfigFile(file: string, text: string): Promise<ConfigFile> {
  // Loaded on demand: several megabytes of memory that most have no use for.
  const { readYaml } = await import('./yaml.ts');
  const { settings, policy = NO_POLICY } = readYaml(text, file);
  return { file, text, settings, policy };
}

/**
 * Piece by piece, since a pipe has no size and a device no end.
 * @param what how an error calls the file
 * @throws UsageError
 */
export async function readText(file: string, what = 'the configuration file'): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    await using handle = await open(file);
    for (let read = -1; read !== 0 && length <= LARGEST; length += read) {
      const piece = Buffer.allocUnsafe(PIECE);
      read = (await handle.read(piece, 0, PIECE, null)).bytesRead;
      pieces.push(piece.subarray(0, read));
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`Cannot read ${what}: ${why}, got ${quoted(file)}`, {
      cause,
    });
  }
  if (length > LARGEST) {
    throw new UsageError(`Cannot read ${what}: it is larger than 1 MiB, got ${quoted(file)}`);
  }
  return Buffer.concat(pieces, length).toString();
}
