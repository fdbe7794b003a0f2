import type { QueryResult } from '../model/round.ts';

/** So many rounds in a row must have met silence: one lost packet is not a silent server. */
const ROUNDS = 3;

/**
 * Decides whether cluster DNS is silent as a whole. It opens when the control query of every server
 * and the latest rounds got no reply, and closes with the first reply to anything.
 */
export class Breaker {
  readonly #silentServers = new Set<string>();
  readonly #servers: number;
  #silentRounds = 0;

  constructor(servers: number) {
    this.#servers = servers;
  }

  get isOpen(): boolean {
    return this.#silentServers.size === this.#servers && this.#silentRounds >= ROUNDS;
  }

  /** A control query has ended. */
  control(server: string, result: QueryResult): void {
    if (isSilent(result)) {
      this.#silentServers.add(server);
    } else {
      this.#silentServers.delete(server);
      this.#silentRounds = 0;
    }
  }

  /** The alias hop of a round has ended: cluster DNS answers it from memory, so silence is its own. */
  round(alias: QueryResult): void {
    if (isSilent(alias)) {
      this.#silentRounds++;
    } else {
      this.#silentRounds = 0;
      this.#silentServers.clear();
    }
  }
}

/** No reply to any attempt at any server. */
export function isSilent({ exchanges }: QueryResult): boolean {
  return exchanges.every(({ seconds }) => seconds === undefined);
}
