import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Server } from '../model/messages.ts';
import { encodeQuery, type Question } from './message.ts';
import { type Exchanged, judge, unanswered } from './reply.ts';

interface Waiting {
  readonly id: number;
  readonly question: Question;
  readonly sentAt: number;
  readonly timer: NodeJS.Timeout;
  readonly settle: (result: Exchanged) => void;
}

/**
 * A UDP socket connected to one server: the kernel chooses its port, lets in datagrams of that peer
 * only, and reports ICMP refusals as errors. One is opened for each round, so that conntrack keeps
 * one cluster DNS pod for the round and picks another for the next.
 */
export class UdpSocket {
  readonly #server: Server;
  readonly #socket: Socket;
  readonly #connected: Promise<boolean>;
  readonly #waiting = new Set<Waiting>();
  #closed = false;

  constructor(server: Server) {
    this.#server = server;
    const family = isIPv6(server.address) ? 6 : 4;
    this.#socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      lookup: (address, _options, done) => done(null, address, family),
    });
    this.#connected = new Promise((resolve) => {
      this.#socket.connect(server.port, server.address, () => resolve(true));
      this.#socket.once('error', () => resolve(false));
    });
    // An ICMP error does not say which query it is about: all that wait on this socket have failed.
    this.#socket.on('error', () => this.#giveUp('unreachable'));
    this.#socket.on('message', (message) => this.#receive(message));
  }

  /** Sends one query and waits for its reply; never rejects. `edns` asks for up to 1232 bytes. */
  async exchange(question: Question, edns: boolean, timeoutMs: number): Promise<Exchanged> {
    const id = randomInt(0x10000);
    const message = encodeQuery(id, question, edns);
    if (!(await this.#connected) || this.#closed) {
      return unanswered(this.#server.label, 'udp', 'unreachable');
    }
    return new Promise((resolve) => {
      const settle = (result: Exchanged): void => {
        clearTimeout(waiting.timer);
        this.#waiting.delete(waiting);
        resolve(result);
      };
      const waiting: Waiting = {
        id,
        question,
        sentAt: performance.now(),
        timer: setTimeout(
          () => settle(unanswered(this.#server.label, 'udp', 'timeout')),
          timeoutMs,
        ),
        settle,
      };
      this.#waiting.add(waiting);
      this.#socket.send(message); // what goes wrong comes as an 'error' event
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
    this.#giveUp('timeout');
  }

  #receive(message: Buffer): void {
    const now = performance.now();
    for (const { id, question, sentAt, settle } of this.#waiting) {
      const seconds = (now - sentAt) / 1000;
      const result = judge(message, id, question, this.#server.label, 'udp', seconds);
      if (result) {
        settle(result);
        return;
      }
    }
  }

  #giveUp(outcome: 'timeout' | 'unreachable'): void {
    for (const { settle } of this.#waiting) {
      settle(unanswered(this.#server.label, 'udp', outcome));
    }
  }
}
