import { connect, type Socket } from 'node:net';
import type { Server } from '../model/messages.ts';
import { HEADER } from './message.ts';
import { type Moment, momentNow, noteTurn, secondsBetween } from './own-delay.ts';
import { answered, answerIn, type Exchanged, type Query, unanswered } from './reply.ts';

/** A connection that has brought so many bytes of other messages will not bring our reply. */
const MOST_PASSED = 0xffff;

/** The messages of a stream, each behind its length (RFC 1035 §4.2.2), however it is cut into chunks. */
class Messages {
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** So many bytes complete the next message, or its length. */
  #needed = 2;
  #passed = 0;
  #isShort = false;

  /** The stream does not look as if our reply were to come. */
  get isNoise(): boolean {
    return this.#isShort || this.#passed > MOST_PASSED;
  }

  after(chunk: Buffer): readonly Buffer[] {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#needed) return [];
    let rest: Buffer = Buffer.concat(this.#chunks);
    const whole: Buffer[] = [];
    while (rest.length >= 2 && !this.isNoise) {
      const length = rest.readUInt16BE(0);
      // No header, no message; glibc gives up on such a connection, too (`send_vc`).
      this.#isShort = length < HEADER;
      if (rest.length < 2 + length) break;
      whole.push(rest.subarray(2, 2 + length));
      rest = rest.subarray(2 + length);
      this.#passed += length;
    }
    this.#chunks = [rest];
    this.#bytes = rest.length;
    this.#needed = rest.length < 2 ? 2 : 2 + rest.readUInt16BE(0);
    return whole;
  }
}

/** Asks one question over TCP (RFC 7766), on a connection of its own; never rejects. */
export function exchangeTcp(
  server: Server,
  query: Query,
  timeoutMs: number,
  closed: Promise<unknown>,
): Promise<Exchanged> {
  const { address: host, port } = server;
  const stream = {
    transport: 'tcp',
    ready: 'connect',
    open: () => connect({ host, port, noDelay: true }),
  } as const;
  return exchangeOver(stream, server, query, timeoutMs, closed);
}

export interface Stream {
  readonly transport: 'tcp' | 'tls';
  /** The event of the socket after which the query can be sent. */
  readonly ready: 'connect' | 'secureConnect';
  /** May throw. */
  readonly open: () => Socket;
}

/**
 * Asks one question on a new connection, with one deadline for all of it; never rejects. The time
 * runs from the query's send, not from the connection's start.
 */
export function exchangeOver(
  { transport, ready, open }: Stream,
  { label }: Server,
  query: Query,
  timeoutMs: number,
  closed: Promise<unknown>,
): Promise<Exchanged> {
  return new Promise((resolve) => {
    let sent: Moment | undefined;
    const messages = new Messages();
    let socket: Socket;
    try {
      socket = open();
    } catch (error) {
      resolve(unanswered(label, transport, 'unreachable', error));
      return;
    }
    const settle = (result: Exchanged): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const expire = (): void => settle(unanswered(label, transport, 'timeout'));
    // What has arrived before the timer fired late is read first.
    const timer = setTimeout(() => setImmediate(expire), timeoutMs);
    void closed.then(expire);
    const lost = (error?: unknown): void =>
      settle(unanswered(label, transport, 'unreachable', error));
    socket.on('error', lost);
    socket.on('close', () => lost());
    socket.on(ready, () => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(query.bytes.length);
      sent = momentNow();
      noteTurn(sent);
      socket.write(Buffer.concat([length, query.bytes]));
    });
    socket.on('data', (chunk: Buffer) => {
      const now = momentNow();
      noteTurn(now);
      // A server may send several messages: each is judged, and those that are not our reply are passed over.
      for (const message of messages.after(chunk)) {
        const answer = answerIn(message, query, transport);
        if (!answer) continue;
        const seconds = sent && secondsBetween(sent, now);
        settle(answered(label, transport, answer, message, seconds));
        return;
      }
      if (messages.isNoise) lost();
    });
  });
}
