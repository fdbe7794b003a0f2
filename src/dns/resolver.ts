import type { Server } from '../model/messages.ts';
import type { Exchange, QueryResult } from '../model/round.ts';
import type { Question } from './message.ts';
import { type Exchanged, unanswered } from './reply.ts';
import { exchangeTcp } from './tcp.ts';
import { UdpSocket } from './udp.ts';

export interface ResolverOptions {
  /** Asked in this order, as the `nameserver` lines of resolv.conf are. */
  readonly servers: readonly Server[];
  readonly timeoutMs: number;
  /** How often the whole list of servers is gone through. */
  readonly attempts: number;
  /** Hears of each exchange as soon as it is over; for traces. */
  readonly onExchange?: (heard: Heard) => void;
}

/** An exchange, and the question that it was about. */
export interface Heard {
  readonly question: Question;
  readonly edns: boolean;
  /** On the clock of `performance.now()`. */
  readonly startedAt: number;
  readonly exchanged: Exchanged;
}

/** What makes a stub resolver go on to the next server (glibc `res_send.c`); any other reply is final. */
const NEXT_SERVER: ReadonlySet<string> = new Set([
  'timeout',
  'unreachable',
  'servfail',
  'refused',
  'notimp',
  'malformed',
]);

/**
 * Asks questions the way a pod's stub resolver does, from one UDP socket for each server, which all
 * questions share; a second attempt takes another socket and so another port. Close it when the
 * round is over.
 */
export class Resolver {
  readonly #options: ResolverOptions;
  /** Those of the first attempt, in the order of the servers, then those of the next. */
  readonly #sockets: (UdpSocket | undefined)[] = [];
  #closed = false;

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  /**
   * One query: attempts over the servers, without EDNS after a FORMERR, over TCP after TC. Never rejects.
   * @throws RangeError if the name cannot be encoded
   */
  async ask(question: Question, edns: boolean): Promise<QueryResult> {
    const exchanges: Exchange[] = [];
    const { servers, attempts } = this.#options;
    let last: Exchanged | undefined;
    for (let attempt = 0; attempt < attempts; attempt++) {
      for (const [i, server] of servers.entries()) {
        if (this.#closed) break;
        const socket = this.#socket(server, attempt * servers.length + i);
        const startedAt = performance.now();
        last = await socket.exchange(question, edns, this.#options.timeoutMs);
        exchanges.push(last.exchange);
        this.#options.onExchange?.({ question, edns, startedAt, exchanged: last });
        const isRefusingEdns = edns && last.answer.outcome === 'formerr';
        if (isRefusingEdns || last.truncated) {
          last = await this.#fallBack(last, server, socket, question, edns, exchanges);
        }
        const { outcome } = last.answer;
        if (!NEXT_SERVER.has(outcome)) return resultOf(last, exchanges);
      }
      // An error in a reply is an answer: asking again is for those who got none.
      if (last && last.exchange.seconds !== undefined) break;
    }
    const [first] = servers;
    if (!first)
      throw new RangeError('Cannot ask a question: there is no server, got an empty list');
    return resultOf(last ?? unanswered(first.label, 'udp', 'timeout'), exchanges);
  }

  /** Gives up on what is still unanswered; what is asked from now on counts as unanswered at once. */
  close(): void {
    this.#closed = true;
    for (const socket of this.#sockets) socket?.close();
    this.#sockets.length = 0;
  }

  /** Without EDNS, then over TCP, as far as the reply demands it. */
  async #fallBack(
    reply: Exchanged,
    server: Server,
    socket: UdpSocket,
    question: Question,
    edns: boolean,
    exchanges: Exchange[],
  ): Promise<Exchanged> {
    const { timeoutMs, onExchange } = this.#options;
    let result = reply;
    let usesEdns = edns;
    if (edns && reply.answer.outcome === 'formerr') {
      usesEdns = false;
      const startedAt = performance.now();
      result = await socket.exchange(question, usesEdns, timeoutMs);
      exchanges.push(result.exchange);
      onExchange?.({ question, edns: usesEdns, startedAt, exchanged: result });
    }
    if (!result.truncated) return result;
    const startedAt = performance.now();
    const overTcp = await exchangeTcp(server, question, usesEdns, timeoutMs);
    exchanges.push(overTcp.exchange);
    onExchange?.({ question, edns: usesEdns, startedAt, exchanged: overTcp });
    if (overTcp.exchange.seconds !== undefined && !overTcp.truncated) return overTcp;
    return { ...result, answer: { outcome: 'truncated', addresses: [], chain: [] } };
  }

  #socket(server: Server, place: number): UdpSocket {
    const socket = this.#sockets[place] ?? new UdpSocket(server);
    this.#sockets[place] = socket;
    return socket;
  }
}

function resultOf({ exchange, answer }: Exchanged, exchanges: readonly Exchange[]): QueryResult {
  const { outcome, addresses, chain, ttl } = answer;
  return {
    outcome,
    server: exchange.server,
    exchanges,
    addresses,
    chain,
    ...(exchange.seconds === undefined ? {} : { seconds: exchange.seconds }),
    ...(ttl === undefined ? {} : { ttl }),
  };
}
