import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Server, Socket as TcpSocket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Packet } from 'dns-packet';
import { type Fault, type Forgery, fits, type SeenQuery, type Transport } from './fault.ts';
import {
  emptyReply,
  forgedReply,
  mangled,
  parse,
  questionOf,
  rewritten,
  truncatedReply,
} from './message.ts';
import { machine, type Place } from './place.ts';
import { freePort } from './ports.ts';
import { frame, framed, tcpPath, type UpstreamPath, udpPath } from './upstream-path.ts';

/**
 * A proxy between DNS clients and a server, on UDP and TCP, that applies the faults of a test.
 * Messages without a fault pass unchanged, byte for byte.
 *
 * It runs on the test's own event loop: while the test blocks the loop, no message passes.
 */
export class Interceptor {
  /**
   * The address for clients, as `host:port`; it stays the same over every {@link close} and
   * {@link open}.
   */
  readonly address: string;
  /** The received queries, oldest first; the oldest are dropped above a limit. */
  readonly seen: SeenQuery[] = [];
  readonly #server: string;
  readonly #place: Place;
  readonly #port: number;
  /** The interceptors with faults that apply to messages here, and that record them. */
  readonly #all: readonly Interceptor[];
  readonly #faults = new Set<Fault>();
  readonly #clients = new Set<TcpSocket>();
  #udp: Socket | undefined;
  #tcp: Server | undefined;
  #path: UpstreamPath | undefined;
  #strangers: Promise<Socket[]> | undefined;

  private constructor(server: string, place: Place, port: number, main?: Interceptor) {
    this.address = `${place.host}:${port}`;
    this.#server = server;
    this.#place = place;
    this.#port = port;
    this.#all = main ? [main, this] : [this];
  }

  /**
   * Creates one in front of `server` (`host:port`), on a port of loopback by default; it is not
   * open yet.
   */
  static async create(server: string, place = machine, port?: number): Promise<Interceptor> {
    return new Interceptor(server, place, port ?? (await freePort(place.host)));
  }

  /**
   * Another path to the same server, on a separate port of loopback, not open yet. Faults of this
   * one apply to that one as well; faults of that one do not apply to clients of this one.
   */
  async beside(): Promise<Interceptor> {
    return new Interceptor(this.#server, machine, await freePort(), this);
  }

  /** Adds a fault to the active ones; returns a function that ends only this one. */
  inject(fault: Fault): () => void {
    this.#faults.add(fault);
    return () => this.#faults.delete(fault);
  }

  /** Ends all faults. */
  clear(): void {
    this.#faults.clear();
  }

  /** Starts to listen. Does nothing if it listens already. */
  async open(): Promise<void> {
    if (this.#udp !== undefined) return;
    const udp = await this.#place.udp(this.#port);
    this.#udp = udp;
    const path = await udpPath(this.#server);
    this.#path = path;
    udp.on('message', (query, { address: host, port }) => {
      const reply = (message: Buffer) => {
        if (this.#udp === udp) udp.send(message, port, host, () => {});
      };
      void this.#relay(query, { transport: 'udp', host, port, reply, path });
    });
    udp.on('error', () => {});
    this.#tcp = await this.#place.tcp(this.#port);
    this.#tcp.on('connection', (client) => this.#join(client));
  }

  /** Stops listening: clients are refused, by an ICMP message or a reset connection. */
  async close(): Promise<void> {
    const [udp, tcp, strangers] = [this.#udp, this.#tcp, this.#strangers];
    this.#udp = undefined;
    this.#tcp = undefined;
    this.#strangers = undefined;
    if (udp === undefined || tcp === undefined) return;
    const closed = [once(udp, 'close'), once(tcp, 'close')];
    udp.close();
    tcp.close();
    this.#path?.close();
    for (const client of this.#clients) client.destroy();
    for (const socket of (await strangers) ?? []) socket.close();
    await Promise.all(closed);
  }

  #join(client: TcpSocket): void {
    this.#clients.add(client);
    const { remoteAddress: host = '', remotePort: port = 0 } = client;
    const path = tcpPath(this.#server, () => client.destroy());
    const reply = (message: Buffer) => client.writable && client.write(frame(message));
    const relay = (query: Buffer) =>
      void this.#relay(query, { transport: 'tcp', host, port, reply, path });
    client.on('data', framed(relay));
    client.on('error', () => {});
    client.on('close', () => {
      this.#clients.delete(client);
      path.close();
    });
  }

  async #relay(message: Buffer, client: Client): Promise<void> {
    const { transport, reply, path } = client;
    const query = parse(message);
    const seen = this.#note(query, client);
    const inForce = this.#all.flatMap((one) => [...one.#faults]);
    const faults = seen ? inForce.filter((fault) => fits(fault, seen)) : [];
    if (query !== undefined && transport === 'udp') {
      for (const wrong of faults.flatMap(({ forge }) => forge ?? [])) {
        await this.#forge(query, wrong, client);
      }
    }
    if (faults.some(({ lose = 0 }) => Math.random() < lose)) return;
    const delayMs = faults.reduce((sum, fault) => sum + (fault.delayMs ?? 0), 0);
    if (delayMs > 0) await sleep(delayMs, undefined, { ref: false });
    const rcode = faults.find((fault) => fault.rcode !== undefined)?.rcode;
    if (query !== undefined && rcode !== undefined) return reply(emptyReply(query, rcode));
    if (query !== undefined && transport === 'udp' && faults.some((fault) => fault.truncate)) {
      return reply(truncatedReply(query));
    }
    const changes = faults.flatMap(({ rewrite }) => rewrite ?? []);
    const mangles = faults.flatMap(({ mangle }) => mangle ?? []);
    path.send(message, (answer) => {
      const changed = changes.reduce(rewritten, answer);
      reply(mangles.reduce((bytes, mangle) => mangled(bytes, mangle), changed));
    });
  }

  async #forge(query: Packet, wrong: Forgery, { host, port, reply }: Client): Promise<void> {
    const message = forgedReply(query, wrong);
    if (wrong !== 'port') return reply(message);
    if (this.#udp === undefined) return;
    this.#strangers ??= this.#place.strangers();
    for (const socket of await this.#strangers) socket.send(message, port, host, () => {});
  }

  #note(query: Packet | undefined, { transport, host, port }: Client): SeenQuery | undefined {
    const question = questionOf(query);
    if (question === undefined) return undefined;
    const edns = query?.additionals?.some(({ type }) => type === 'OPT') ?? false;
    const seen = { ...question, transport, host, port, edns, at: performance.now() };
    for (const one of this.#all) {
      if (one.seen.push(seen) > 20_000) one.seen.splice(0, 10_000);
    }
    return seen;
  }
}

/** The client of a query, its reply function, and its path to the server. */
interface Client {
  readonly transport: Transport;
  readonly host: string;
  readonly port: number;
  readonly reply: (message: Buffer) => void;
  readonly path: UpstreamPath;
}
