import { randomInt } from 'node:crypto';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Server } from '../model/messages.ts';
import { encodeQuery, type Question } from './message.ts';
import { type Exchanged, judge, unanswered } from './reply.ts';

/**
 * Asks one question over TCP (RFC 7766), on a connection of its own with one deadline for all of
 * it; never rejects. The time runs from the query's send, not from the connection's start.
 */
export function exchangeTcp(
  server: Server,
  question: Question,
  edns: boolean,
  timeoutMs: number,
): Promise<Exchanged> {
  const query = encodeQuery(randomInt(0x10000), question, edns);
  return new Promise((resolve) => {
    let sentAt = 0;
    let received: Buffer = Buffer.alloc(0);
    const socket = connect({ host: server.address, port: server.port, noDelay: true });
    const settle = (result: Exchanged): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => settle(unanswered(server.label, 'tcp', 'timeout')), timeoutMs);
    const lost = (): void => settle(unanswered(server.label, 'tcp', 'unreachable'));
    socket.on('error', lost);
    socket.on('close', lost);
    socket.on('connect', () => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(query.length);
      sentAt = performance.now();
      socket.write(Buffer.concat([length, query]));
    });
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      // A server may send several messages: each is judged, and those that are not our reply are passed over.
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const message = received.subarray(2, 2 + received.readUInt16BE(0));
        received = received.subarray(2 + message.length);
        const seconds = (performance.now() - sentAt) / 1000;
        const result = judge(message, query, question, server.label, 'tcp', seconds);
        if (result) {
          settle(result);
          return;
        }
      }
    });
  });
}
