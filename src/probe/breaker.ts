import type { QueryResult } from '../model/round.ts';

/** So many rounds in a row must have met silence: one lost packet is not a silent server. */
const ROUNDS = 3;

/**
 * Decides whether cluster DNS is silent as a whole. It opens when the control query of every server
 * and the latest rounds got no reply, and closes with the first reply to anything. Behind one address there
 * may be several servers of which one is silent: then replies come in between, and it stays closed.
 */
export class Breaker {
  readonly #silentServers = new Set<string>();
  readonly #servers: number;
  readonly #timeoutMs: number;
  #silentRounds = 0;
  #lastReplyAt = -Infinity;

  constructor(servers: number, timeoutMs: number) {
    this.#servers = servers;
    this.#timeoutMs = timeoutMs;
  }

  get isOpen(): boolean {
    return this.#silentServers.size === this.#servers && this.#silentRounds >= ROUNDS;
  }

  /** A control query has ended at `now`, in milliseconds. */
  control(server: string, result: QueryResult, now: number): void {
    if (!isSilent(result)) {
      this.#silentServers.delete(server);
      this.#replied(now);
    } else if (this.#isNews(result, now)) {
      this.#silentServers.add(server);
    }
  }

  /** The alias hop of a round has ended: cluster DNS answers it from memory, so silence is its own. */
  round(alias: QueryResult, now: number): void {
    if (!isSilent(alias)) {
      this.#silentServers.clear();
      this.#replied(now);
    } else if (this.#isNews(alias, now)) {
      this.#silentRounds++;
    }
  }

  #replied(now: number): void {
    this.#silentRounds = 0;
    this.#lastReplyAt = now;
  }

  /** Silence takes as long to see as its time-outs: what was asked before the last reply says nothing of after it. */
  #isNews({ exchanges }: QueryResult, now: number): boolean {
    const waits = exchanges.filter(({ outcome }) => outcome === 'timeout').length;
    return now - waits * this.#timeoutMs >= this.#lastReplyAt;
  }
}

/** No reply to any attempt at any server. */
export function isSilent({ exchanges }: QueryResult): boolean {
  return exchanges.every(({ seconds }) => seconds === undefined);
}
