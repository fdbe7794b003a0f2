/**
 * Namespaces in which port 53 of loopback and /etc/resolv.conf are ours: nothing of the machine is touched,
 * and all of it is gone with the last process in them.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A resolv.conf without a search list. */
export function resolvConf(servers: readonly string[], options: string): string {
  return [...servers.map((server) => `nameserver ${server}`), `options ${options}`, ''].join('\n');
}

/** Starts programs in mount namespaces of their own, each with its /etc/resolv.conf. */
export class Configs {
  readonly #folder = mkdtempSync(join(tmpdir(), 'differential-'));
  #count = 0;

  /** Starts a program that finds this resolv.conf, and hosts from DNS alone. */
  spawn(resolvConf: string, file: string, args: readonly string[]): ChildProcess {
    const conf = this.#write(resolvConf);
    const nsswitch = this.#write('hosts: dns\n');
    const mounts = [`mount --bind ${conf} /etc/resolv.conf`];
    if (existsSync('/etc/nsswitch.conf'))
      mounts.push(`mount --bind ${nsswitch} /etc/nsswitch.conf`);
    const script = `${mounts.join(' && ')} && exec "$@"`;
    const unshare = ['--mount', '--', 'sh', '-ec', script, 'sh', file, ...args];
    return spawn('unshare', unshare, { stdio: ['pipe', 'pipe', 'inherit'] });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #write(text: string): string {
    const path = join(this.#folder, String(this.#count++));
    writeFileSync(path, text);
    return path;
  }
}

/** Makes loopback usable in a network namespace that has just been made. */
export function raiseLoopback(): void {
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
}
