import { connect, type Socket } from 'node:net';
import type { Server } from '../model/messages.ts';
import { type Moment, momentNow, noteTurn, secondsBetween } from './own-delay.ts';
import { answered, answerIn, type Exchanged, type Query, unanswered } from './reply.ts';

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
    let received: Buffer = Buffer.alloc(0);
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
      received = Buffer.concat([received, chunk]);
      // A server may send several messages: each is judged, and those that are not our reply are passed over.
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const message = received.subarray(2, 2 + received.readUInt16BE(0));
        received = received.subarray(2 + message.length);
        const answer = answerIn(message, query, transport);
        if (!answer) continue;
        const seconds = sent && secondsBetween(sent, now);
        settle(answered(label, transport, answer, message, seconds));
        return;
      }
    });
  });
}
