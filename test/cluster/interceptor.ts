import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket as TcpSocket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Packet } from 'dns-packet';
import { type Fault, fits, type SeenQuery, type Transport } from './fault.ts';
import { emptyReply, parse, questionOf, rewritten, truncatedReply } from './message.ts';
import { freePort, loopback, splitAddress } from './ports.ts';
import { frame, framed, tcpPath, type UpstreamPath, udpPath } from './upstream-path.ts';

/**
 * Sits between DNS clients and a server, on UDP and TCP, and does to their messages what a test says.
 * It passes what it does not change byte for byte.
 *
 * It lives on the test's own event loop: while the test blocks that, nothing passes.
 */
export class Interceptor {
  /** What clients ask, as `host:port`; the same over every {@link close} and {@link open}. */
  readonly address: string;
  /** What it saw, oldest first; it forgets the oldest. */
  readonly seen: SeenQuery[] = [];
  readonly #server: string;
  readonly #faults = new Set<Fault>();
  readonly #clients = new Set<TcpSocket>();
  #udp: Socket | undefined;
  #tcp: Server | undefined;
  #path: UpstreamPath | undefined;

  private constructor(address: string, server: string) {
    this.address = address;
    this.#server = server;
  }

  /** Sets one up before `server` (`host:port`); it is closed yet. */
  static async create(server: string): Promise<Interceptor> {
    return new Interceptor(`${loopback}:${await freePort()}`, server);
  }

  /** Puts a fault in force beside the others; the function that it returns takes just this one away. */
  inject(fault: Fault): () => void {
    this.#faults.add(fault);
    return () => this.#faults.delete(fault);
  }

  /** Takes all faults away. */
  clear(): void {
    this.#faults.clear();
  }

  /** Listens. Does nothing if it does. */
  async open(): Promise<void> {
    if (this.#udp !== undefined) return;
    const { host, port } = splitAddress(this.address);
    const udp = createSocket('udp4');
    this.#udp = udp;
    const path = await udpPath(this.#server);
    this.#path = path;
    udp.on('message', (query, client) => {
      const reply = (message: Buffer) => {
        if (this.#udp === udp) udp.send(message, client.port, client.address, () => {});
      };
      void this.#relay(query, 'udp', client.port, reply, path);
    });
    udp.on('error', () => {});
    udp.bind(port, host);
    await once(udp, 'listening');
    this.#tcp = createServer((client) => this.#join(client));
    this.#tcp.listen(port, host);
    await once(this.#tcp, 'listening');
  }

  /** Listens no more: clients are refused, by an ICMP message or a reset connection. */
  async close(): Promise<void> {
    const [udp, tcp] = [this.#udp, this.#tcp];
    this.#udp = undefined;
    this.#tcp = undefined;
    if (udp === undefined || tcp === undefined) return;
    const closed = [once(udp, 'close'), once(tcp, 'close')];
    udp.close();
    tcp.close();
    this.#path?.close();
    for (const client of this.#clients) client.destroy();
    await Promise.all(closed);
  }

  #join(client: TcpSocket): void {
    this.#clients.add(client);
    const path = tcpPath(this.#server, () => client.destroy());
    const reply = (message: Buffer) => client.writable && client.write(frame(message));
    client.on(
      'data',
      framed((query) => void this.#relay(query, 'tcp', client.remotePort ?? 0, reply, path)),
    );
    client.on('error', () => {});
    client.on('close', () => {
      this.#clients.delete(client);
      path.close();
    });
  }

  async #relay(
    message: Buffer,
    transport: Transport,
    port: number,
    reply: (message: Buffer) => void,
    path: UpstreamPath,
  ): Promise<void> {
    const query = parse(message);
    const seen = this.#note(query, transport, port);
    const faults = seen ? [...this.#faults].filter((fault) => fits(fault, seen)) : [];
    if (faults.some(({ lose = 0 }) => Math.random() < lose)) return;
    const delayMs = faults.reduce((sum, fault) => sum + (fault.delayMs ?? 0), 0);
    if (delayMs > 0) await sleep(delayMs, undefined, { ref: false });
    const rcode = faults.find((fault) => fault.rcode !== undefined)?.rcode;
    if (query !== undefined && rcode !== undefined) return reply(emptyReply(query, rcode));
    if (query !== undefined && transport === 'udp' && faults.some((fault) => fault.truncate)) {
      return reply(truncatedReply(query));
    }
    const changes = faults.flatMap(({ rewrite }) => rewrite ?? []);
    path.send(message, (answer) => reply(changes.reduce(rewritten, answer)));
  }

  #note(query: Packet | undefined, transport: Transport, port: number): SeenQuery | undefined {
    const question = questionOf(query);
    if (question === undefined) return undefined;
    const edns = query?.additionals?.some(({ type }) => type === 'OPT') ?? false;
    const seen = { ...question, transport, port, edns, at: performance.now() };
    if (this.seen.push(seen) > 20_000) this.seen.splice(0, 10_000);
    return seen;
  }
}
