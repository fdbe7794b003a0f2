import { execFile } from 'node:child_process';
import { delimiter } from 'node:path';
import { env } from 'node:process';
import { promisify } from 'node:util';

/** Variables that npm sets for its scripts, with the location of its Node. */
const PLACES = /^npm_config_(prefix|global_prefix|globalconfig)$/i;

/**
 * Runs this machine's npm. npm takes its global settings and packages from next to the Node that it
 * finds first; in npm's scripts that would be the project's own.
 */
export async function hostNpm(...args: string[]): Promise<string> {
  const folders = (env.PATH ?? '')
    .split(delimiter)
    .filter((path) => !/\bnode_modules\b/.test(path));
  const kept = Object.entries(env).filter(([name]) => !PLACES.test(name));
  const options = { env: { ...Object.fromEntries(kept), PATH: folders.join(delimiter) } };
  return (await promisify(execFile)('npm', args, options)).stdout.trim();
}
