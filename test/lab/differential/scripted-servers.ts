import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket as TcpSocket } from 'node:net';

/** A received query. */
export interface SeenQuery {
  /** The index of the queried server in the list of servers, from 0. */
  readonly server: number;
  readonly transport: 'udp' | 'tcp';
  /** Lower case, without its last dot. */
  readonly name: string;
  readonly type: number;
  /** From the start of the message to the end of the question. */
  readonly head: Buffer;
}

/**
 * The action of a server on a query: it sends these bytes with the query's ID, it does nothing, or
 * it ends the connection.
 */
export type Play = Buffer | 'silence' | 'reset' | 'close';

/** Decides the answer to each query. */
export type Script = (query: SeenQuery) => Play;

const PORT = 53;
/** Large enough that no burst of many clients is lost before it is read. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;
const HEADER = 12;
/**
 * Over TCP glibc waits as long as the connection exists. Like real servers, these close a silent
 * connection.
 */
const IDLE_MS = 2500;

/** DNS servers on port 53 of several addresses, over UDP and TCP, that follow a script. */
export class ScriptedServers {
  script: Script;
  readonly #sockets: Socket[] = [];
  readonly #listeners: Server[] = [];
  readonly #connections = new Set<TcpSocket>();

  private constructor(script: Script) {
    this.script = script;
  }

  static async start(addresses: readonly string[], script: Script): Promise<ScriptedServers> {
    const servers = new ScriptedServers(script);
    for (const [place, address] of addresses.entries()) {
      await servers.#openUdp(place, address);
      await servers.#openTcp(place, address);
    }
    return servers;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.close();
    for (const listener of this.#listeners) listener.close();
    for (const connection of this.#connections) connection.destroy();
  }

  async #openUdp(server: number, address: string): Promise<void> {
    const socket = createSocket({
      type: 'udp4',
      lookup: (host, _options, done) => done(null, host, 4),
      recvBufferSize: RECEIVE_BUFFER,
    });
    this.#sockets.push(socket);
    socket.on('message', (message, from) => {
      const play = this.#play(message, server, 'udp');
      if (Buffer.isBuffer(play)) socket.send(play, from.port, from.address);
    });
    // The lookup above calls back immediately, so the event may come from within bind().
    const listening = once(socket, 'listening');
    socket.bind(PORT, address);
    await listening;
  }

  async #openTcp(server: number, address: string): Promise<void> {
    const listener = createServer((connection) => {
      this.#connections.add(connection);
      connection.on('close', () => this.#connections.delete(connection));
      connection.on('error', () => {});
      connection.setTimeout(IDLE_MS, () => connection.end());
      let received: Buffer = Buffer.alloc(0);
      connection.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
          const message = received.subarray(2, 2 + received.readUInt16BE(0));
          received = received.subarray(2 + message.length);
          act(connection, this.#play(message, server, 'tcp'));
        }
      });
    });
    this.#listeners.push(listener);
    listener.listen({ port: PORT, host: address, backlog: 1024 });
    await once(listener, 'listening');
  }

  #play(message: Buffer, server: number, transport: 'udp' | 'tcp'): Play {
    if (message.length < HEADER) return 'silence';
    const labels: string[] = [];
    let at = HEADER;
    for (let length = message[at]; length; length = message[at]) {
      labels.push(message.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const type = message.readUInt16BE(at + 1);
    const name = labels.join('.').toLowerCase();
    const head = message.subarray(0, at + 5);
    const play = this.script({ server, transport, name, type, head });
    return Buffer.isBuffer(play) ? withId(play, message) : play;
  }
}

function act(connection: TcpSocket, play: Play): void {
  if (play === 'reset') connection.resetAndDestroy();
  else if (play === 'close') connection.end();
  else if (play !== 'silence') {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(play.length);
    connection.write(Buffer.concat([length, play]));
  }
}

/**
 * Sets the ID of the query, XORed with the reply's own ID field, so that a script can send a wrong
 * one.
 */
function withId(reply: Buffer, query: Buffer): Buffer {
  if (reply.length < 2) return reply;
  const out = Buffer.from(reply);
  out.writeUInt16BE(query.readUInt16BE(0) ^ reply.readUInt16BE(0), 0);
  return out;
}
