import { closeSync, openSync, readSync } from 'node:fs';
import type { OptionName, Setting } from './options.ts';
import { quoted, UsageError } from './values.ts';

/** In bytes; ten thousand names of namespaces fit. */
const LARGEST = 1024 * 1024;

/**
 * The options that a YAML file sets.
 * @throws UsageError that names the file, the line, what is wrong and the offending value
 */
export async function readConfigFile(file: string): Promise<Map<OptionName, Setting>> {
  const text = readLimited(file);
  // Loaded on demand: several megabytes of memory that most have no use for.
  const { readYaml } = await import('./yaml.ts');
  return readYaml(text, file);
}

/** Piece by piece, since a pipe has no size and a device no end. */
function readLimited(file: string): string {
  const buffer = Buffer.alloc(LARGEST + 1);
  let length = 0;
  try {
    const descriptor = openSync(file, 'r');
    try {
      for (let read = -1; read !== 0; length += read) {
        read = readSync(descriptor, buffer, length, buffer.length - length, null);
      }
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`Cannot read the configuration file: ${why}, got ${quoted(file)}`, {
      cause,
    });
  }
  if (length > LARGEST) {
    throw new UsageError(
      `Cannot read the configuration file: it is larger than 1 MiB, got ${quoted(file)}`,
    );
  }
  return buffer.toString('utf8', 0, length);
}
