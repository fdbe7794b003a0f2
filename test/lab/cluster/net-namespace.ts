import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { asset } from './assets.ts';
import { command } from './command.ts';
import type { Order, Told } from './pause.ts';

const pauseFile = join(import.meta.dirname, 'pause.ts');

/** A requested socket, and its pending promise. */
interface Opening {
  readonly resolve: (socket: unknown) => void;
  readonly reject: (error: Error) => void;
  socket?: unknown;
}

/**
 * A network namespace of the tests. It has no name, so it cannot be left behind: it exists as long
 * as its holder process, which ends together with the tests, and as long as sockets that were
 * opened in it.
 */
export class NetNamespace {
  readonly #pause: ChildProcess;
  readonly #openings = new Map<number, Opening>();
  #lastId = 0;

  private constructor(pause: ChildProcess) {
    this.#pause = pause;
    pause.on('message', (what, socket) => this.#hear(what as Told, socket));
    pause.on('exit', () => {
      const ended = new Error(
        'Cannot open a socket: the process of its namespace has ended, got exit',
      );
      for (const { reject } of this.#openings.values()) reject(ended);
      this.#openings.clear();
    });
  }

  /**
   * Creates one. It contains only a loopback interface that is down.
   *
   * @throws Error with the kernel's message if it is not permitted
   */
  static async create(): Promise<NetNamespace> {
    const { PATH = '' } = env;
    const pause = spawn(asset('unshare'), ['--net', execPath, pauseFile], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { PATH },
    });
    let log = '';
    pause.stderr?.on('data', (chunk) => {
      log += chunk;
    });
    const held = await Promise.race([
      once(pause, 'message').then(() => true),
      once(pause, 'exit').then(() => false),
    ]);
    if (!held) throw new Error(`Cannot make a network namespace: nobody holds it, got ${log}`);
    return new NetNamespace(pause);
  }

  /**
   * The process that holds it, for `ip`.
   *
   * @throws Error if it has ended, because another process may have its number now
   */
  get pid(): number {
    const { pid, exitCode, signalCode } = this.#pause;
    if (pid === undefined || exitCode !== null || signalCode !== null) {
      throw new Error(`Cannot use the network namespace: it has ended, got process ${pid}`);
    }
    return pid;
  }

  /** Runs a program in it, with `input`; returns its output. */
  run(file: string, args: readonly string[], input?: string): Promise<string> {
    const [enter = '', ...rest] = this.entering(file);
    return command(enter, [...rest, ...args], input);
  }

  /** The command line that runs a program in it; the program's arguments follow. */
  entering(file: string): string[] {
    return [asset('nsenter'), `--net=/proc/${this.pid}/ns/net`, '--', file];
  }

  /** A UDP socket inside it, for use by this process. */
  udp(host: string, port: number): Promise<Socket> {
    return this.#open({ transport: 'udp', host, port }) as Promise<Socket>;
  }

  /** A TCP listener inside it, for use by this process. */
  tcp(host: string, port: number): Promise<Server> {
    return this.#open({ transport: 'tcp', host, port }) as Promise<Server>;
  }

  /** Releases it; the kernel removes it, and its links, when no socket of it is left. */
  async stop(): Promise<void> {
    const { exitCode, signalCode } = this.#pause;
    if (exitCode !== null || signalCode !== null) return;
    const exit = once(this.#pause, 'exit');
    this.#pause.kill('SIGKILL');
    await exit;
  }

  #open(order: Omit<Order, 'id'>): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#openings.set(id, { resolve, reject });
      this.#pause.send({ ...order, id } satisfies Order, (error) => error && reject(error));
    });
  }

  #hear(what: Told, socket: unknown): void {
    if (what.kind === 'ready') return;
    const opening = this.#openings.get(what.id);
    if (what.kind === 'opened') {
      if (opening) opening.socket = socket;
      return;
    }
    this.#openings.delete(what.id);
    if (what.kind === 'yours') opening?.resolve(opening.socket);
    else opening?.reject(new Error(`Cannot open a socket in the namespace: ${what.error}`));
  }
}
