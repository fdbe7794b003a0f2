import { randomInt } from 'node:crypto';
import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Server } from '../model/messages.ts';
import { encodeQuery, type Question } from './message.ts';
import { type Exchanged, judge, unanswered } from './reply.ts';

/** A query from when it is asked until it is settled. */
interface Waiting {
  readonly question: Question;
  readonly query: Buffer;
  readonly timeoutMs: number;
  readonly settle: (result: Exchanged) => void;
  /** On the clock of `performance.now()`; infinite while the socket is not connected. */
  sentAt: number;
}

/** Addresses are no names: there is nothing to look up, and nothing to wait for. */
const SOCKETS: Readonly<Record<4 | 6, SocketOptions>> = {
  4: { type: 'udp4', lookup: (address, _options, done) => done(null, address, 4) },
  6: { type: 'udp6', lookup: (address, _options, done) => done(null, address, 6) },
};

/**
 * A UDP socket connected to one server: the kernel chooses its port, lets in datagrams of that peer
 * only, and reports ICMP refusals as errors. One is opened for each round, so that conntrack keeps
 * one cluster DNS pod for the round and picks another for the next.
 */
export class UdpSocket {
  readonly #server: Server;
  readonly #socket: Socket;
  readonly #waiting = new Set<Waiting>();
  /** `failed`: it could not even be connected. */
  #state: 'connecting' | 'connected' | 'failed' | 'closed' = 'connecting';
  /** One for all that wait: nearly all are answered, and their timers would be made for nothing. */
  #timer: NodeJS.Timeout | undefined;

  constructor(server: Server) {
    this.#server = server;
    this.#socket = createSocket(SOCKETS[isIPv6(server.address) ? 6 : 4]);
    // An ICMP error does not say which query it is about: all that wait on this socket have failed.
    this.#socket.on('error', () => {
      if (this.#state === 'connecting') this.#state = 'failed';
      this.#giveUp('unreachable');
    });
    this.#socket.on('message', (message) => this.#receive(message));
    this.#socket.connect(server.port, server.address, () => {
      if (this.#state !== 'connecting') return;
      this.#state = 'connected';
      for (const waiting of this.#waiting) this.#send(waiting);
    });
  }

  /**
   * Sends one query and waits for its reply. `edns` asks for up to 1232 bytes.
   * Rejects with a RangeError if the name cannot be encoded, else never.
   */
  exchange(question: Question, edns: boolean, timeoutMs: number): Promise<Exchanged> {
    return new Promise((settle) => {
      const query = encodeQuery(randomInt(0x10000), question, edns);
      if (this.#state === 'failed' || this.#state === 'closed') {
        settle(unanswered(this.#server.label, 'udp', 'unreachable'));
        return;
      }
      const waiting = { question, query, timeoutMs, settle, sentAt: Infinity };
      this.#waiting.add(waiting);
      if (this.#state === 'connected') this.#send(waiting);
    });
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#timer);
    this.#socket.close();
    this.#giveUp('timeout');
  }

  #send(waiting: Waiting): void {
    waiting.sentAt = performance.now();
    this.#timer ??= setTimeout(() => this.#expire(), waiting.timeoutMs);
    this.#socket.send(waiting.query); // what goes wrong comes as an 'error' event
  }

  #receive(message: Buffer): void {
    const now = performance.now();
    for (const waiting of this.#waiting) {
      const { query, question, sentAt } = waiting;
      const seconds = (now - sentAt) / 1000;
      const result = judge(message, query, question, this.#server.label, 'udp', seconds);
      if (result) {
        this.#settle(waiting, result);
        return;
      }
    }
  }

  /** Settles what has waited long enough, and comes back for what has not. */
  #expire(): void {
    this.#timer = undefined;
    const now = performance.now();
    let next = Infinity;
    for (const waiting of this.#waiting) {
      const left = waiting.sentAt + waiting.timeoutMs - now;
      if (left > 0) next = Math.min(next, left);
      else this.#settle(waiting, unanswered(this.#server.label, 'udp', 'timeout'));
    }
    if (next < Infinity) this.#timer = setTimeout(() => this.#expire(), Math.ceil(next));
  }

  #giveUp(outcome: 'timeout' | 'unreachable'): void {
    for (const waiting of this.#waiting) {
      this.#settle(waiting, unanswered(this.#server.label, 'udp', outcome));
    }
  }

  #settle(waiting: Waiting, result: Exchanged): void {
    this.#waiting.delete(waiting);
    waiting.settle(result);
  }
}
