import { kindOf } from '../model/outcome.ts';
import type { QueryResult } from '../model/round.ts';

/** So many queries in a row must have met silence: one lost packet is not a silent server. */
const SILENT_QUERIES = 3;
/** So many domains must fail, with no answer from any in between: one alone is its own fault. */
const SILENT_DOMAINS = 3;
/** Where nothing has come from outside since the start, so many rounds must fail: the first ones may all be of dead targets. */
const FIRST_ROUNDS = 20;

/**
 * Decides whether cluster DNS is silent as a whole. It opens when the control query of every server
 * and the latest queries got no reply, and closes with the first reply to anything. Behind one address there
 * may be several servers of which one is silent: then replies come in between, and it stays closed.
 */
export class ClusterBreaker {
  readonly #servers: number;
  readonly #timeoutMs: number;
  readonly #silentServers = new Set<string>();
  #silentQueries = 0;
  #lastReplyAt = -Infinity;

  constructor(servers: number, timeoutMs: number) {
    this.#servers = servers;
    this.#timeoutMs = timeoutMs;
  }

  get isOpen(): boolean {
    return this.#silentServers.size === this.#servers && this.#silentQueries >= SILENT_QUERIES;
  }

  /** A control query has ended at `now`, in milliseconds. */
  control(server: string, result: QueryResult, now: number): void {
    if (!isSilent(result)) {
      this.#silentServers.delete(server);
      this.#replied(now);
    } else if (this.#isNews(result, now)) {
      this.#silentServers.add(server);
      this.#silentQueries++;
    }
  }

  /** The alias hop of a round has ended: cluster DNS answers it from memory, so silence is its own. */
  alias(result: QueryResult, now: number): void {
    if (!isSilent(result)) {
      this.#silentServers.clear();
      this.#replied(now);
    } else if (this.#isNews(result, now)) {
      this.#silentQueries++;
    }
  }

  #replied(now: number): void {
    this.#silentQueries = 0;
    this.#lastReplyAt = now;
  }

  /** Silence takes as long to see as its timeouts: a query sent before the last reply says nothing of after it. */
  #isNews({ exchanges }: QueryResult, now: number): boolean {
    const waits = exchanges.filter(({ outcome }) => outcome === 'timeout').length;
    return now - waits * this.#timeoutMs >= this.#lastReplyAt;
  }
}

/**
 * Decides whether all that cluster DNS forwards to is silent: the upstream sensor gets no answer from any server that pods
 * ask, and the latest domains fail. It closes with the first answer to either. A sensor that has never worked counts only as
 * long as no domain has been answered, since a network may have no root.
 */
export class UpstreamBreaker {
  readonly #servers: number;
  readonly #failingServers = new Set<string>();
  /** Servers that fail by themselves, so that they say nothing of upstream. */
  readonly #unknownServers = new Set<string>();
  /** Servers of which the sensor has worked. */
  readonly #provenServers = new Set<string>();
  readonly #failingDomains = new Set<string>();
  /** Since the last answer. */
  #failedRounds = 0;
  #hasAnswered = false;

  constructor(servers: number) {
    this.#servers = servers;
  }

  get isOpen(): boolean {
    const { size } = this.#failingServers;
    const isEach = size > 0 && size + this.#unknownServers.size === this.#servers;
    const isProven = [...this.#failingServers].every((server) => this.#provenServers.has(server));
    const isFirst = !this.#hasAnswered && this.#failedRounds >= FIRST_ROUNDS;
    return isEach && this.#failingDomains.size >= SILENT_DOMAINS && (isProven || isFirst);
  }

  control(server: string, works: boolean): void {
    if (works) this.#unknownServers.delete(server);
    else {
      this.#failingServers.delete(server);
      this.#unknownServers.add(server);
    }
  }

  sensor(server: string, works: boolean): void {
    if (!works) {
      this.#failingServers.add(server);
      return;
    }
    this.#failingServers.delete(server);
    this.#provenServers.add(server);
    this.#answered();
  }

  /** A round got an answer from a domain, or none. */
  domain(name: string, answered: boolean): void {
    if (answered) {
      this.#hasAnswered = true;
      this.#answered();
      return;
    }
    this.#failedRounds++;
    if (this.#failingDomains.size < SILENT_DOMAINS) this.#failingDomains.add(name);
  }

  #answered(): void {
    this.#failedRounds = 0;
    this.#failingDomains.clear();
  }
}

/** No reply to any attempt at any server. */
export function isSilent({ exchanges }: QueryResult): boolean {
  return exchanges.length > 0 && exchanges.every(({ outcome }) => kindOf(outcome) === 'silence');
}
