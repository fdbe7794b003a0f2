import type { Daemon } from './daemon.ts';
import { DnsPath } from './dns-path.ts';
import type { Interceptor } from './interceptor.ts';

/** A path to a server for a single client. */
export interface OwnWay {
  readonly path: DnsPath;
  /** Removes it. */
  close(): Promise<void>;
}

/** A DNS server of the harness, and the path to it. */
export class DnsPart extends DnsPath {
  /** The server's own `host:port`. Only a stop or a pause affects it, no other fault. */
  readonly direct: string;
  protected readonly daemon: Daemon;
  readonly #fronts: Set<Interceptor>;

  constructor(direct: string, daemon: Daemon, front: Interceptor) {
    super(front);
    this.direct = direct;
    this.daemon = daemon;
    this.#fronts = new Set([front]);
  }

  /** Starts the server, with empty caches; returns once it serves. */
  async start(): Promise<void> {
    await this.daemon.start();
    for (const front of this.#fronts) await front.open();
  }

  /** Ends the server: clients are refused. */
  async stop(graceMs?: number): Promise<void> {
    for (const front of this.#fronts) await front.close();
    await this.daemon.stop(graceMs);
  }

  /** A path for one client. The faults of this server and of that path both affect the client. */
  async ownWay(): Promise<OwnWay> {
    const front = await this.front.beside();
    this.#fronts.add(front);
    if (this.daemon.running) await front.open();
    const close = () => {
      this.#fronts.delete(front);
      return front.close();
    };
    return { path: new DnsPath(front), close };
  }

  /** Freezes the server: queries get no reply until {@link resume}, and a late one then. */
  pause(): Promise<void> {
    return this.daemon.pause();
  }

  /** Ends a {@link pause}. */
  resume(): void {
    this.daemon.resume();
  }

  /** The end of the server's output. */
  get log(): string {
    return this.daemon.log;
  }
}
