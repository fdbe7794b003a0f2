import type { Daemon } from './daemon.ts';
import type { Fault, Match, SeenQuery } from './fault.ts';
import type { Interceptor } from './interceptor.ts';
import type { Rcode } from './message.ts';

/** A DNS server behind an {@link Interceptor}: what a test can do to any of them, one call each. */
export class DnsPart {
  /** Where clients ask it, through the interceptor, as `host:port`. */
  readonly address: string;
  /** The server's own `host:port`: no fault but a stop or a pause is met there. */
  readonly direct: string;
  protected readonly daemon: Daemon;
  readonly #front: Interceptor;

  constructor(direct: string, daemon: Daemon, front: Interceptor) {
    this.direct = direct;
    this.address = front.address;
    this.daemon = daemon;
    this.#front = front;
  }

  /** Starts the server, with empty caches; returns once it serves. */
  async start(): Promise<void> {
    await this.daemon.start();
    await this.#front.open();
  }

  /** Ends the server: clients are refused. */
  async stop(graceMs?: number): Promise<void> {
    await this.#front.close();
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

  /** Loses every query without a trace. */
  cutOff(match?: Match): () => void {
    return this.inject({ ...match, lose: 1 });
  }

  /** Loses a fraction of the queries, by chance. */
  lossy(fraction: number, match?: Match): () => void {
    return this.inject({ ...match, lose: fraction });
  }

  /** Holds queries back. */
  slow(delayMs: number, match?: Match): () => void {
    return this.inject({ ...match, delayMs });
  }

  /** Answers `rcode` without records, in place of the server. */
  answer(rcode: Rcode, match?: Match): () => void {
    return this.inject({ ...match, rcode });
  }

  /** Answers by UDP that the client must ask by TCP. */
  truncate(match?: Match): () => void {
    return this.inject({ ...match, truncate: true });
  }

  /** Any other fault; like those above, it returns a function that takes just this one away. */
  inject(fault: Fault): () => void {
    return this.#front.inject(fault);
  }

  /** Takes all faults away; a stop or a pause stays. */
  restore(): void {
    this.#front.clear();
  }

  /** The queries that clients sent here, oldest first. */
  get seen(): readonly SeenQuery[] {
    return this.#front.seen;
  }

  /** The end of what the server printed. */
  get log(): string {
    return this.daemon.log;
  }
}
