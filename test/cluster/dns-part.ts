import type { Daemon } from './daemon.ts';
import { DnsPath } from './dns-path.ts';
import type { Interceptor } from './interceptor.ts';

/** A DNS server of the harness, and the way to it. */
export class DnsPart extends DnsPath {
  /** The server's own `host:port`: no fault but a stop or a pause is met there. */
  readonly direct: string;
  protected readonly daemon: Daemon;

  constructor(direct: string, daemon: Daemon, front: Interceptor) {
    super(front);
    this.direct = direct;
    this.daemon = daemon;
  }

  /** Starts the server, with empty caches; returns once it serves. */
  async start(): Promise<void> {
    await this.daemon.start();
    await this.front.open();
  }

  /** Ends the server: clients are refused. */
  async stop(graceMs?: number): Promise<void> {
    await this.front.close();
    await this.daemon.stop(graceMs);
  }

  /** Freezes the server: clients wait in vain, and are answered late, after {@link resume}. */
  pause(): Promise<void> {
    return this.daemon.pause();
  }

  /** Ends a {@link pause}. */
  resume(): void {
    this.daemon.resume();
  }

  /** Whether the server is there, frozen or not. */
  get running(): boolean {
    return this.daemon.running;
  }

  /** The end of what the server printed. */
  get log(): string {
    return this.daemon.log;
  }
}
