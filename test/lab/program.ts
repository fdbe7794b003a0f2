import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseSamples, type Sample } from '../fixtures/samples.ts';
import { until } from './cluster/until.ts';

/** The command that runs the program from its sources. */
export const FROM_SOURCES = [
  process.execPath,
  join(import.meta.dirname, '../../src/main.ts'),
] as const;

/** Node caches compiled sources here, which saves a third of the CPU time of a start. */
export const COMPILE_CACHE = {
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../../node_modules/.cache/externalname-monitor'),
} as const;

/** The program in a separate process, run like by a user. */
export class Program {
  readonly #child: ChildProcess;
  stdout = '';
  stderr = '';

  /**
   * `args`: the command line. Of the environment it inherits only PATH and HOME, plus `env`.
   * `command`: replaces the command for the sources.
   */
  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    command: readonly string[] = FROM_SOURCES,
  ) {
    const { PATH = '', HOME = '' } = process.env;
    const [file = '', ...first] = command;
    this.#child = spawn(file, [...first, ...args], {
      env: { PATH, HOME, ...COMPILE_CACHE, ...env },
    });
    this.#child.stdout?.on('data', (chunk) => {
      this.stdout += chunk;
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
    });
  }

  /** Starts it, and waits until it has printed its address. */
  static async start(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    command?: readonly string[],
  ): Promise<Program> {
    const program = new Program(args, env, command);
    await until(
      'where the program listens',
      () => {
        if (program.exitCode !== null) throw new Error(`it exited, with ${program.stderr}`);
        return program.url !== '';
      },
      { deadlineMs: 60_000 },
    );
    return program;
  }

  /** From its log line, or from the demo's guide. */
  get url(): string {
    return (
      /"url":"([^"]+)"|metrics +(https?:\S+)\/metrics/.exec(this.stdout)?.slice(1).find(Boolean) ??
      ''
    );
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** @throws Error if it has ended, because another process may have its number now */
  get pid(): number {
    const { pid } = this.#child;
    if (pid !== undefined && this.#child.exitCode === null) return pid;
    throw new Error(`Cannot use the process: it has ended, got ${this.#child.exitCode}`);
  }

  async get(path: string): Promise<{ status: number; text: string; type: string | null }> {
    const reply = await fetch(this.url + path);
    return {
      status: reply.status,
      text: await reply.text(),
      type: reply.headers.get('content-type'),
    };
  }

  /** Those whose names start with `prefix`. */
  async samples(prefix = ''): Promise<Sample[]> {
    return parseSamples((await this.get('/metrics')).text, prefix);
  }

  /** Asks it to end, and waits; returns its exit status. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill(signal);
      await ended;
    }
    return this.#child.exitCode;
  }

  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }
}
