/** How a stream is read: whatever a server sends over TCP, and however it is cut into segments. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { cpuUsage } from 'node:process';
import { setImmediate } from 'node:timers/promises';
import packet from 'dns-packet';
import { expect, it } from 'vitest';
import { parseServers } from '../../../src/config/values.ts';
import { Resolver } from '../../../src/dns/resolver.ts';

const TIMEOUT_MS = 1_000;

/** What comes of a question to a server that does this with its query. */
async function asked(serve: (socket: Socket, query: Buffer) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.setNoDelay(true);
    socket.once('data', (chunk: Buffer) => serve(socket, chunk.subarray(2)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const servers = parseServers(`127.0.0.1:${port}`);
  const resolver = new Resolver({
    servers,
    timeoutMs: TIMEOUT_MS,
    attempts: 1,
    stub: { useVc: true },
  });
  const before = cpuUsage();
  const { A } = await resolver.askAddresses('db.example.test', ['A'], { edns: false });
  const { user } = cpuUsage(before);
  resolver.close();
  server.close();
  return { outcome: A?.outcome, addresses: A?.addresses, cpuMs: user / 1_000 };
}

function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** A reply with the address 192.0.2.1, so many times, behind its length. */
function reply(query: Buffer, times = 1): Buffer {
  const { id, questions } = packet.decode(query);
  const record = { type: 'A', name: 'db.example.test', data: '192.0.2.1' } as const;
  const answers = Array.from({ length: times }, () => record);
  return framed(packet.encode({ type: 'response', id, questions, flags: 0x0580, answers }));
}

const other = (query: Buffer): Buffer => {
  const message = Buffer.from(query);
  message.writeUInt16BE(query.readUInt16BE(0) ^ 1);
  return framed(message);
};

it.each([
  ['empty messages', () => Buffer.alloc(0x10000)],
  ['messages without a header', () => framed(Buffer.alloc(11))],
  ['messages that are no reply', other],
])('gives up on a stream of %s', async (_what, message) => {
  const result = await asked((socket, query) => {
    const chunk = Buffer.concat(Array.from({ length: 100 }, () => message(query)));
    const send = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', send);
    send();
  });
  expect(result.outcome).toBe('unreachable');
  expect(result.cpuMs).toBeLessThan(TIMEOUT_MS / 2);
});

it('passes over other messages before the reply', async () => {
  const result = await asked((socket, query) => {
    socket.write(Buffer.concat([...Array.from({ length: 100 }, () => other(query)), reply(query)]));
  });
  expect(result).toMatchObject({ outcome: 'ok', addresses: ['192.0.2.1'] });
});

it('reads a reply that comes byte by byte', async () => {
  const result = await asked(async (socket, query) => {
    const bytes = reply(query);
    for (const [i] of bytes.entries()) {
      socket.write(bytes.subarray(i, i + 1));
      await setImmediate();
    }
  });
  expect(result).toMatchObject({ outcome: 'ok', addresses: ['192.0.2.1'] });
});

it('reads a reply of 64 KiB', async () => {
  const result = await asked((socket, query) => socket.write(reply(query, 2_000)));
  expect(result).toMatchObject({ outcome: 'ok', addresses: ['192.0.2.1'] });
});
