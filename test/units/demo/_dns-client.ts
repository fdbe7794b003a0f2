/** A bare DNS client for tests: raw sockets and dns-packet, everything received kept. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import {
  type Answer,
  decode,
  encode,
  type Packet,
  RECURSION_DESIRED,
  type RecordType,
} from 'dns-packet';

export const id = 4242;

export function question(name: string, type: RecordType = 'A', edns?: number): Buffer {
  const opt: Answer = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: edns ?? 0,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
  return encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ name, type }],
    additionals: edns === undefined ? [] : [opt],
  });
}

/** The first `count` datagrams that come to one or more queries from one socket, with the port of each. */
export async function askUdp(
  port: number,
  queries: Buffer | readonly Buffer[],
  count = 1,
  host = '127.0.0.1',
): Promise<{ bytes: Buffer; port: number }[]> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const received: { bytes: Buffer; port: number }[] = [];
  const all = Promise.withResolvers<void>();
  socket.on('message', (bytes, from) => {
    received.push({ bytes, port: from.port });
    if (received.length === count) all.resolve();
  });
  for (const query of [queries].flat()) socket.send(query, port, host);
  await all.promise;
  socket.close();
  return received;
}

/** One question over UDP, its reply decoded. */
export async function ask(
  port: number,
  name: string,
  type: RecordType = 'A',
  edns?: number,
): Promise<Packet & { rcode?: string; flag_tc?: boolean; flag_aa?: boolean }> {
  const [reply] = await askUdp(port, question(name, type, edns));
  if (reply === undefined) throw new Error('Cannot ask: no reply');
  return decode(reply.bytes);
}

/** Opens a TCP connection, sends the framed queries, and gives what comes until `enough`, or the end. */
export async function askTcp(
  port: number,
  queries: readonly Buffer[],
  enough: (received: Buffer) => boolean,
): Promise<{ received: Buffer; ended: boolean }> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let received: Buffer = Buffer.alloc(0);
  const done = Promise.withResolvers<boolean>();
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    if (enough(received)) done.resolve(false);
  });
  socket.on('error', () => done.resolve(true));
  socket.on('close', () => done.resolve(true));
  for (const query of queries) {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.length);
    socket.write(Buffer.concat([length, query]));
  }
  const ended = await done.promise;
  socket.destroy();
  return { received, ended };
}

/** The messages of a TCP stream. */
export function unframed(stream: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at + 2 <= stream.length; at += 2 + stream.readUInt16BE(at)) {
    messages.push(stream.subarray(at + 2, at + 2 + stream.readUInt16BE(at)));
  }
  return messages;
}

/** Answers as `TYPE data`. */
export function said(packet: Packet): string[] {
  return (packet.answers ?? []).map((answer) =>
    'data' in answer ? `${answer.type} ${String(answer.data)}` : answer.type,
  );
}
