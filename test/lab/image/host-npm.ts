import { execFile } from 'node:child_process';
import { delimiter } from 'node:path';
import { env } from 'node:process';
import { promisify } from 'node:util';

/** What npm tells its scripts of where its Node is. */
const PLACES = /^npm_config_(prefix|global_prefix|globalconfig)$/i;

/**
 * npm as this machine has it: it takes its global settings and packages from beside the Node that it finds first, and in
 * npm's scripts that is the project's own.
 */
export async function hostNpm(...args: string[]): Promise<string> {
  const folders = (env.PATH ?? '')
    .split(delimiter)
    .filter((path) => !/\bnode_modules\b/.test(path));
  const kept = Object.entries(env).filter(([name]) => !PLACES.test(name));
  const options = { env: { ...Object.fromEntries(kept), PATH: folders.join(delimiter) } };
  return (await promisify(execFile)('npm', args, options)).stdout.trim();
}
