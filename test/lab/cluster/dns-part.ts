import type { Daemon } from './daemon.ts';
import { DnsPath } from './dns-path.ts';
import type { Interceptor } from './interceptor.ts';

/** A way to a server that one client has for itself. */
export interface OwnWay {
  readonly path: DnsPath;
  /** Takes it away. */
  close(): Promise<void>;
}

/** A DNS server of the harness, and the way to it. */
export class DnsPart extends DnsPath {
  /** The server's own `host:port`: no fault but a stop or a pause is met there. */
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

  /** A way for one client, who meets the faults of this server and those of that way. */
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

  /** Freezes the server: clients wait in vain, and are answered late, after {@link resume}. */
  pause(): Promise<void> {
    return this.daemon.pause();
  }

  /** Ends a {@link pause}. */
  resume(): void {
    this.daemon.resume();
  }

  /** The end of what the server printed. */
  get log(): string {
    return this.daemon.log;
  }
}
