/**
 * A DNS server that delays each answer and reports the true delay: the TTL of every record is the
 * time in microseconds from reading the query to sending the reply. It serves only the names of the
 * bench.
 */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { performance } from 'node:perf_hooks';
import { goFirst } from '../parts/proc.ts';
import { answerCalls } from '../parts/rpc.ts';
import { serviceOf } from '../services.ts';

const TYPES = { A: 1, CNAME: 5, AAAA: 28 } as const;
const HEADER = 12;
/** A pointer to the name in the question. */
const QUESTION_NAME = Buffer.from([0xc0, HEADER]);

// Skips the lookup of the address: a lookup would delay the send beyond the time in the TTL.
const socket = createSocket({
  type: 'udp4',
  recvBufferSize: 1 << 22,
  lookup: (address, _options, done) => done(null, address, 4),
});
socket.on('error', () => {});

const ops = {
  start(holdMs: number): Promise<string> {
    socket.on('message', (query, from) => {
      const arrived = performance.now();
      setTimeout(() => reply(query, from, arrived), holdMs);
    });
    return new Promise((resolve) => {
      socket.bind(0, '127.0.0.1', () => resolve(`127.0.0.1:${socket.address().port}`));
    });
  },
};
export type HeldDnsOps = typeof ops;

goFirst();
answerCalls(ops);

function reply(query: Buffer, from: RemoteInfo, arrived: number): void {
  const end = query.indexOf(0, HEADER) + 5;
  const type = query.readUInt16BE(end - 4);
  // As late as possible, so that it includes all work except the send itself.
  const ttl = Math.round((performance.now() - arrived) * 1_000);
  const records = recordsOf(firstLabel(query), type, ttl);
  const header = Buffer.from(query.subarray(0, HEADER));
  header.writeUInt16BE(0x8580, 2);
  header.writeUInt16BE(records.length, 6);
  header.writeUInt32BE(0, 8);
  const message = [header, query.subarray(HEADER, end), ...records];
  socket.send(message, from.port, from.address);
}

function firstLabel(query: Buffer): string {
  const length = query[HEADER] ?? 0;
  return query.toString('latin1', HEADER + 1, HEADER + 1 + length);
}

/**
 * For an alias: its CNAME, and the address of its target if the query is for an address. For a
 * target: its address.
 */
function recordsOf(label: string, type: number, ttl: number): Buffer[] {
  const { target, ipv4 } = serviceOf(Number(label.slice(label.lastIndexOf('-') + 1)) || 0);
  const address = type === TYPES.A ? addressBytes(ipv4) : Buffer.alloc(16, 0x20);
  if (!label.startsWith('external-service-')) return [record(QUESTION_NAME, type, ttl, address)];
  const cname = record(QUESTION_NAME, TYPES.CNAME, ttl, nameBytes(target));
  return type === TYPES.CNAME ? [cname] : [cname, record(nameBytes(target), type, ttl, address)];
}

function record(owner: Buffer, type: number, ttl: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, fixed, data]);
}

function nameBytes(name: string): Buffer {
  const labels = name.split('.').map((label) => String.fromCharCode(label.length) + label);
  return Buffer.from(`${labels.join('')}\0`, 'latin1');
}

function addressBytes(ipv4: string): Buffer {
  return Buffer.from(ipv4.split('.').map(Number));
}
