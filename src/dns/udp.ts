import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Server } from '../model/messages.ts';
import { type Moment, momentNow, noteTurn, secondsBetween } from './own-delay.ts';
import { answered, answerIn, type Exchanged, type Query, unanswered } from './reply.ts';

/** A query from when it is asked until it is settled. */
interface Waiting {
  readonly query: Query;
  readonly timeoutMs: number;
  readonly settle: (result: Exchanged) => void;
  /** Absent while the socket is not connected. */
  sent?: Moment;
}

/** A datagram, and when it was read. */
interface Arrival {
  readonly socket: UdpSocket;
  readonly message: Buffer;
  readonly at: Moment;
}

/** Addresses are no names: there is nothing to look up, and nothing to wait for. */
const SOCKETS: Readonly<Record<4 | 6, SocketOptions>> = {
  4: { type: 'udp4', lookup: (address, _options, done) => done(null, address, 4) },
  6: { type: 'udp6', lookup: (address, _options, done) => done(null, address, 6) },
};

/**
 * A UDP socket connected to one server: the kernel chooses its port, lets in datagrams of that peer
 * only, and reports ICMP refusals as errors. One is opened for each round, so that conntrack keeps
 * one cluster DNS pod for the round and picks another for the next. Nothing that goes wrong is thrown.
 */
export class UdpSocket {
  /** Of this turn of the loop, over all sockets: the time of each is taken before any of them is worked on. */
  static #arrivals: Arrival[] = [];
  readonly #server: Server;
  readonly #socket: Socket | undefined;
  readonly #waiting = new Set<Waiting>();
  /** `failed`: it could not even be connected. */
  #state: 'connecting' | 'connected' | 'failed' | 'closed' = 'connecting';
  #error: unknown;
  readonly #sent = (error: Error | null): void => {
    if (error) this.#fail(error);
  };
  /** One for all that wait: nearly all are answered, and their timers would be made for nothing. */
  #timer: NodeJS.Timeout | undefined;

  constructor(server: Server) {
    this.#server = server;
    try {
      this.#socket = createSocket(SOCKETS[isIPv6(server.address) ? 6 : 4]);
      // An ICMP error does not say which query it is about: all that wait on this socket have failed.
      this.#socket.on('error', (error) => {
        UdpSocket.#workOff();
        this.#fail(error);
      });
      this.#socket.on('message', (message) => this.#arrived(message));
      // Its types say that the callback has no parameter; it gets the error of connect(2).
      const connected = (error?: Error): void => (error ? this.#fail(error) : this.#connected());
      this.#socket.connect(server.port, server.address, connected);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Sends one query and waits for its reply; never rejects. */
  exchange(query: Query, timeoutMs: number): Promise<Exchanged> {
    return new Promise((settle) => {
      if (this.#state === 'failed' || this.#state === 'closed') {
        settle(unanswered(this.#server.label, 'udp', 'unreachable', this.#error));
        return;
      }
      const waiting: Waiting = { query, timeoutMs, settle };
      this.#waiting.add(waiting);
      if (this.#state === 'connected') this.#send(waiting);
    });
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.#giveUp('timeout');
  }

  #connected(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'connected';
    for (const waiting of this.#waiting) this.#send(waiting);
  }

  #fail(error: unknown): void {
    if (this.#state === 'connecting') {
      this.#state = 'failed';
      this.#error = error;
    }
    this.#giveUp('unreachable', error);
  }

  #send(waiting: Waiting): void {
    waiting.sent = momentNow();
    noteTurn(waiting.sent);
    this.#timer ??= setTimeout(() => this.#expire(), waiting.timeoutMs);
    try {
      this.#socket?.send(waiting.query.bytes, this.#sent);
    } catch (error) {
      this.#fail(error);
    }
  }

  #arrived(message: Buffer): void {
    if (UdpSocket.#arrivals.length === 0) setImmediate(UdpSocket.#workOff);
    UdpSocket.#arrivals.push({ socket: this, message, at: momentNow() });
  }

  static #workOff(): void {
    const arrivals = UdpSocket.#arrivals;
    UdpSocket.#arrivals = [];
    for (const { socket, message, at } of arrivals) socket.#receive(message, at);
  }

  #receive(message: Buffer, now: Moment): void {
    for (const waiting of this.#waiting) {
      const answer = waiting.sent && answerIn(message, waiting.query, 'udp');
      if (!waiting.sent || !answer) continue;
      const seconds = secondsBetween(waiting.sent, now);
      this.#settle(waiting, answered(this.#server.label, 'udp', answer, message, seconds));
      return;
    }
    noteTurn(now);
  }

  /** Lets the loop read what has arrived before the timer fired late, then settles what has waited long enough. */
  #expire(): void {
    const now = performance.now();
    setImmediate(() => {
      UdpSocket.#workOff();
      this.#timer = undefined;
      let next = Infinity;
      for (const waiting of this.#waiting) {
        const left = (waiting.sent?.at ?? Infinity) + waiting.timeoutMs - now;
        if (left > 0) next = Math.min(next, left);
        else this.#settle(waiting, unanswered(this.#server.label, 'udp', 'timeout'));
      }
      if (next < Infinity && this.#state === 'connected')
        this.#timer = setTimeout(() => this.#expire(), Math.ceil(next));
    });
  }

  #giveUp(outcome: 'timeout' | 'unreachable', error?: unknown): void {
    for (const waiting of this.#waiting) {
      this.#settle(waiting, unanswered(this.#server.label, 'udp', outcome, error));
    }
  }

  #settle(waiting: Waiting, result: Exchanged): void {
    this.#waiting.delete(waiting);
    waiting.settle(result);
  }
}
