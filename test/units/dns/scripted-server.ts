import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server as Listener, type Socket as Stream } from 'node:net';
import packet, { type Packet } from 'dns-packet';
import { parseServers } from '../../../src/config/values.ts';
import type { Server } from '../../../src/model/messages.ts';

/** A query as it came in. */
export interface Seen {
  readonly bytes: Buffer;
  readonly name: string;
  readonly type: string;
  readonly transport: 'udp' | 'tcp';
  readonly port: number;
  /** The payload size of its EDNS. */
  readonly payload?: number;
  readonly ad: boolean;
  readonly at: number;
}

/** What is sent back: a message, nothing, or over TCP a reset. */
export type Sent = Buffer | 'reset' | undefined;
export type Script = (query: Seen, count: number) => Sent | Promise<Sent>;

/** A reply to `query`, with AA and RA unless `flags` says otherwise. */
export function reply(query: Seen, change: Packet = {}): Buffer {
  const { id, questions } = packet.decode(query.bytes);
  return packet.encode({ type: 'response', id, questions, flags: 0x0580, ...change });
}

export const RCODE = { servfail: 0x0582, refused: 0x0585, nxdomain: 0x0583, formerr: 0x0581 };

/** Answers with one address of the asked type. */
export function addresses(query: Seen): Buffer {
  const data = query.type === 'A' ? '192.0.2.1' : '2001:db8::1';
  return reply(query, { answers: [{ type: query.type as 'A', name: query.name, ttl: 5, data }] });
}

/** A server on one port of 127.0.0.1, over UDP and TCP, that does as its script says. */
export class ScriptedServer {
  script: Script;
  readonly seen: Seen[] = [];
  readonly #udp: Socket = createSocket('udp4');
  readonly #tcp: Listener = createServer((stream) => this.#serve(stream));
  readonly #streams = new Set<Stream>();

  private constructor(script: Script) {
    this.script = script;
    this.#udp.on('message', async (bytes, { port, address }) => {
      const sent = await this.#answer(bytes, 'udp', port);
      if (sent instanceof Buffer) this.#udp.send(sent, port, address);
    });
  }

  static async start(script: Script = addresses): Promise<ScriptedServer> {
    for (;;) {
      const server = new ScriptedServer(script);
      server.#tcp.listen(0, '127.0.0.1');
      await once(server.#tcp, 'listening');
      server.#udp.bind(server.#port, '127.0.0.1');
      // The port may be somebody's over UDP.
      const isBound = await once(server.#udp, 'listening').then(
        () => true,
        () => false,
      );
      if (isBound) return server;
      server.#tcp.close();
      server.#udp.close();
    }
  }

  get server(): Server {
    const [server] = parseServers(`127.0.0.1:${this.#port}`);
    if (!server) throw new Error('Cannot happen: an address is a server');
    return server;
  }

  /** `udp A`, in the order of arrival. */
  get asked(): string[] {
    return this.seen.map(({ transport, type }) => `${transport} ${type}`);
  }

  async stop(): Promise<void> {
    for (const stream of this.#streams) stream.destroy();
    this.#tcp.close();
    this.#udp.close();
    await Promise.all([once(this.#tcp, 'close'), once(this.#udp, 'close')]);
  }

  get #port(): number {
    const address = this.#tcp.address();
    if (address === null || typeof address === 'string') throw new Error('Not listening');
    return address.port;
  }

  #serve(stream: Stream): void {
    this.#streams.add(stream);
    stream.on('error', () => {});
    stream.on('close', () => this.#streams.delete(stream));
    stream.on('data', async (chunk: Buffer) => {
      const sent = await this.#answer(chunk.subarray(2), 'tcp', stream.remotePort ?? 0);
      if (sent === 'reset') stream.resetAndDestroy();
      else if (sent) {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(sent.length);
        stream.write(Buffer.concat([length, sent]));
      }
    });
  }

  #answer(bytes: Buffer, transport: Seen['transport'], port: number): Sent | Promise<Sent> {
    const { questions, additionals, flag_ad } = packet.decode(bytes);
    const opt = additionals?.find((record) => record.type === 'OPT');
    const query = {
      bytes,
      name: questions?.[0]?.name ?? '',
      type: questions?.[0]?.type ?? '',
      transport,
      port,
      ...(opt?.type === 'OPT' ? { payload: opt.udpPayloadSize } : {}),
      ad: flag_ad === true,
      at: performance.now(),
    };
    this.seen.push(query);
    return this.script(query, this.seen.length);
  }
}
