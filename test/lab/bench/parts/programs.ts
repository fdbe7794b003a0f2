/** Finds the programs that the bench runs in addition to Node. */
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Debian keeps daemons out of a user's PATH; Go installs into the last folder. */
const MORE = ['/usr/local/sbin', '/usr/sbin', '/sbin', join(homedir(), 'go', 'bin')];

export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...MORE];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/**
 * The version that a program prints. A program built by `go install` prints none, so Go's build
 * information is used.
 */
export function versionOf(program: string): string {
  const output = outputOf(program, '--version');
  // "knotd (Knot DNS), version 3.2.6", "blackbox_exporter, version 0.23.0 (branch: …)".
  const said = /version (\d+\.\d+(\.\d+)?)/.exec(output)?.[1];
  if (said !== undefined) return said;
  const noted = /\bblackbox_exporter\s+v(\S+)/.exec(outputOf('go', 'version', '-m', program));
  return noted?.[1] ?? 'of unknown version';
}

function outputOf(command: string, ...args: string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe' });
  } catch {
    return '';
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
