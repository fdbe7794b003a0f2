import type { Fault, Match, SeenQuery } from './fault.ts';
import type { Interceptor } from './interceptor.ts';
import { mangledCase, type Rcode } from './message.ts';

/** A way to a DNS server, through an {@link Interceptor}: what a test can do to it, one call each. */
export class DnsPath {
  /** Where clients ask, as `host:port`. */
  readonly address: string;
  protected readonly front: Interceptor;

  constructor(front: Interceptor) {
    this.address = front.address;
    this.front = front;
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

  /** Changes the case of the letters in the names of replies, which stay the same names. */
  mangleCase(match?: Match): () => void {
    return this.inject({ ...match, rewrite: mangledCase });
  }

  /**
   * Has an attacker win every race: before the server's reply, one comes with a wrong ID, one with a
   * wrong question, and one from another port of the server's address, each with a false record.
   */
  forge(match?: Match): () => void {
    return this.inject({ ...match, forge: ['id', 'question', 'port'] });
  }

  /** Any other fault; like those above, it returns a function that takes just this one away. */
  inject(fault: Fault): () => void {
    return this.front.inject(fault);
  }

  /** Takes all faults away. */
  restore(): void {
    this.front.clear();
  }

  /** The queries that clients sent here, oldest first. */
  get seen(): readonly SeenQuery[] {
    return this.front.seen;
  }
}
