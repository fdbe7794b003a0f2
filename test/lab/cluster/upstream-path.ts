import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { splitAddress } from './ports.ts';

/** A path to a DNS server for messages of many clients. */
export interface UpstreamPath {
  /** Sends a query; `onReply` receives the reply, if one arrives. */
  send(query: Buffer, onReply: (reply: Buffer) => void): void;
  close(): void;
}

/** One UDP socket to `server` (`host:port`). */
export async function udpPath(server: string): Promise<UpstreamPath> {
  const { host, port } = splitAddress(server);
  const waiting = new Waiting();
  const socket = createSocket('udp4');
  socket.on('message', (reply) => waiting.settle(reply));
  // If the server is down, the query gets no reply, as on a real network.
  socket.on('error', () => {});
  socket.connect(port, host);
  await once(socket, 'connect');
  let closed = false;
  return {
    send: (query, onReply) => {
      // A delayed query may arrive after the path is closed.
      if (!closed) socket.send(waiting.add(query, onReply), () => {});
    },
    close: () => {
      closed = true;
      socket.close();
    },
  };
}

/** One TCP connection to `server` (`host:port`); `onEnd` is called at its end. */
export function tcpPath(server: string, onEnd: () => void): UpstreamPath {
  const waiting = new Waiting();
  const socket = connect(splitAddress(server));
  socket.on(
    'data',
    framed((reply) => waiting.settle(reply)),
  );
  socket.on('error', () => {});
  socket.on('close', onEnd);
  return {
    send: (query, onReply) => socket.write(frame(waiting.add(query, onReply))),
    close: () => socket.destroy(),
  };
}

/** A message in TCP framing: prefixed with its length. */
export function frame(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** Splits a TCP stream into messages. */
export function framed(onMessage: (message: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE()) {
      const end = 2 + rest.readUInt16BE();
      onMessage(rest.subarray(2, end));
      rest = rest.subarray(end);
    }
  };
}

/** Open queries on one socket. Each gets a new ID there, because clients may choose equal ones. */
class Waiting {
  readonly #byId = new Map<number, { clientId: number; onReply: (reply: Buffer) => void }>();
  #lastId = 0;

  add(query: Buffer, onReply: (reply: Buffer) => void): Buffer {
    this.#lastId = (this.#lastId + 1) % 65_536;
    this.#byId.set(this.#lastId, { clientId: query.readUInt16BE(), onReply });
    return withId(query, this.#lastId);
  }

  settle(reply: Buffer): void {
    if (reply.length < 2) return;
    const id = reply.readUInt16BE();
    const query = this.#byId.get(id);
    this.#byId.delete(id);
    query?.onReply(withId(reply, query.clientId));
  }
}

function withId(message: Buffer, id: number): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(id);
  return copy;
}
