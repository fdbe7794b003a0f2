import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { asset } from './assets.ts';
import { until } from './until.ts';

/** The program of a {@link Daemon}. */
export interface DaemonSpec {
  /** Its name in errors. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Whether it serves; polled after the start. */
  readonly ready: () => Promise<boolean>;
  /** Maximum time to become ready; 30 s by default. */
  readonly deadlineMs?: number;
}

/** A server process of the tests that can be started, stopped, frozen, and started again. */
export class Daemon {
  readonly #spec: DaemonSpec;
  #child: ChildProcess | undefined;
  #log = '';
  #printed = 0;

  constructor(spec: DaemonSpec) {
    this.#spec = spec;
  }

  /** The process id, while it runs. */
  get pid(): number | undefined {
    return this.running ? this.#child?.pid : undefined;
  }

  /** Whether the process exists, frozen or not. */
  get running(): boolean {
    return this.#child !== undefined && !hasEnded(this.#child);
  }

  /** The end of its output since the start. */
  get log(): string {
    return this.#log;
  }

  /**
   * Starts the process, and returns once it is ready. Does nothing if it runs.
   *
   * @throws Error with the end of its log if it exits or is not ready in time. It is not left
   * running.
   */
  async start(): Promise<void> {
    if (this.running) return;
    const { name, command, args, ready, deadlineMs = 30_000 } = this.#spec;
    // The kernel ends it when the test process ends, even by SIGKILL, so that no server outlives
    // the tests.
    const child = spawn(asset('setpriv'), ['--pdeathsig', 'KILL', '--', command, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#log = '';
    child.stdout.on('data', (chunk) => this.#keep(chunk));
    child.stderr.on('data', (chunk) => this.#keep(chunk));
    try {
      await until(`${name} ready`, () => hasEnded(child) || ready(), { deadlineMs, everyMs: 10 });
      if (hasEnded(child)) throw new Error(`it exited with ${child.exitCode ?? child.signalCode}`);
    } catch (error) {
      await this.stop(0);
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`Cannot start ${name}: ${reason}, got:\n${lastLines(this.#log, 15)}`, {
        cause: error,
      });
    }
  }

  /**
   * Ends the process: SIGTERM, and SIGKILL if it still runs after `graceMs` (immediately with 0).
   * Does nothing if it does not run.
   */
  async stop(graceMs = 2_000): Promise<void> {
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return;
    const exit = once(child, 'exit');
    child.kill(graceMs === 0 ? 'SIGKILL' : 'SIGTERM');
    // A frozen process does not handle SIGTERM.
    child.kill('SIGCONT');
    const timer = new AbortController();
    await Promise.race([exit, sleep(graceMs, undefined, { signal: timer.signal, ref: false })]);
    timer.abort();
    child.kill('SIGKILL');
    await exit;
  }

  /**
   * Freezes the process: its sockets stay open, and no request is answered. Does nothing if it does
   * not run.
   */
  async pause(): Promise<void> {
    const pid = this.pid;
    if (pid === undefined) return;
    this.#child?.kill('SIGSTOP');
    // The kernel stops one thread after another; the remaining ones may still answer.
    await until(`${this.#spec.name} frozen`, () => isFrozen(pid), { everyMs: 1 });
  }

  /** Ends a {@link pause}. */
  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Makes it reload its files by SIGHUP, or by another signal that it supports. */
  reload(signal: NodeJS.Signals = 'SIGHUP'): void {
    this.#child?.kill(signal);
  }

  /** Runs `action`, and returns once the process has printed `text` after it. */
  async printsAfter(text: string, action: () => void): Promise<void> {
    const before = this.#printed;
    action();
    const since = (): string => this.#log.slice(-Math.max(1, this.#printed - before));
    await until(`"${text}" from ${this.#spec.name}`, () => {
      return this.#printed > before && since().includes(text);
    });
  }

  #keep(chunk: Buffer): void {
    const text = chunk.toString();
    this.#printed += text.length;
    this.#log = (this.#log + text).slice(-64_000);
  }
}

async function isFrozen(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`);
  const stats = threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8'));
  // The state follows the name in parentheses; T is stopped.
  return (await Promise.all(stats)).every((stat) => /\) T /.test(stat));
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
