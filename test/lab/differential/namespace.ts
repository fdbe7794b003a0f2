/**
 * Namespaces with their own port 53 on loopback and their own /etc/resolv.conf. The machine itself
 * is not changed, and the namespaces disappear with their last process.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A resolv.conf without a search list. */
export function resolvConf(servers: readonly string[], options: string): string {
  return [...servers.map((server) => `nameserver ${server}`), `options ${options}`, ''].join('\n');
}

/** Starts programs in separate mount namespaces, each with its own /etc/resolv.conf. */
export class Configs {
  readonly #folder = mkdtempSync(join(tmpdir(), 'differential-'));
  #count = 0;

  /** Starts a program with this resolv.conf, and with hosts from DNS alone. */
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

/** Makes loopback usable in a new network namespace. */
export function raiseLoopback(): void {
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
}
