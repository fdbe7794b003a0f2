import { open } from 'node:fs/promises';
import { NO_POLICY, type Policy } from '../model/policy.ts';
import type { Settings } from './options.ts';
import { quoted, UsageError } from './values.ts';

/** In bytes; enough for ten thousand namespace names. */
export const MAX_FILE_BYTES = 1024 * 1024;
const PIECE = 64 * 1024;

/** The parsed file of `--config`. */
export interface ConfigFile {
  readonly file: string;
  readonly text: string;
  readonly settings: Settings;
  /** `NO_POLICY` if the file has none. */
  readonly policy: Policy;
}

/**
 * Reads the options and the policy from a YAML file.
 *
 * @throws UsageError with the file, the line, the reason and the invalid value
 */
export async function readConfigFile(file: string): Promise<ConfigFile> {
  return parseConfigFile(file, await readText(file));
}

/** The same for a text that has already been read. */
export async function parseConfigFile(file: string, text: string): Promise<ConfigFile> {
  // Loaded on demand: it takes several megabytes of memory, and most monitors do not need it.
  const { readYaml } = await import('./yaml.ts');
  const { settings, policy = NO_POLICY } = readYaml(text, file);
  return { file, text, settings, policy };
}

/**
 * Reads in pieces, because a pipe has no size and a device has no end.
 *
 * @param what the name of the file in errors
 * @throws UsageError
 */
export async function readText(file: string, what = 'the configuration file'): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    await using handle = await open(file);
    for (let read = -1; read !== 0 && length <= MAX_FILE_BYTES; length += read) {
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
  if (length > MAX_FILE_BYTES) {
    throw new UsageError(
      `Cannot read ${what}: it is larger than ${MAX_FILE_BYTES / 1024 ** 2} MiB, got ${quoted(file)}`,
    );
  }
  return Buffer.concat(pieces, length).toString();
}
