import type { Fault, Match, SeenQuery } from './fault.ts';
import type { Interceptor } from './interceptor.ts';
import { mangledCase, type Rcode } from './message.ts';

/** A path to a DNS server, through an {@link Interceptor}, with one method per fault. */
export class DnsPath {
  /** The address for clients, as `host:port`. */
  readonly address: string;
  protected readonly front: Interceptor;

  constructor(front: Interceptor) {
    this.address = front.address;
    this.front = front;
  }

  /** Drops every query silently. */
  cutOff(match?: Match): () => void {
    return this.inject({ ...match, lose: 1 });
  }

  /** Drops a random fraction of the queries. */
  lossy(fraction: number, match?: Match): () => void {
    return this.inject({ ...match, lose: fraction });
  }

  /** Delays queries. */
  slow(delayMs: number, match?: Match): () => void {
    return this.inject({ ...match, delayMs });
  }

  /** Answers `rcode` without records, in place of the server. */
  answer(rcode: Rcode, match?: Match): () => void {
    return this.inject({ ...match, rcode });
  }

  /** Answers over UDP with TC, so that the client must use TCP. */
  truncate(match?: Match): () => void {
    return this.inject({ ...match, truncate: true });
  }

  /** Changes the case of letters in the names of replies; DNS treats the names as equal. */
  mangleCase(match?: Match): () => void {
    return this.inject({ ...match, rewrite: mangledCase });
  }

  /**
   * Simulates an attacker who wins every race: before the server's reply come one with a wrong ID,
   * one with a wrong question, and one from another port of the server's address, each with a false
   * record.
   */
  forge(match?: Match): () => void {
    return this.inject({ ...match, forge: ['id', 'question', 'port'] });
  }

  /** Any other fault; returns a function that ends only this one, like the methods above. */
  inject(fault: Fault): () => void {
    return this.front.inject(fault);
  }

  /** Ends all faults. */
  restore(): void {
    this.front.clear();
  }

  /** The queries that clients sent here, oldest first. */
  get seen(): readonly SeenQuery[] {
    return this.front.seen;
  }
}
