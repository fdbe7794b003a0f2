/**
 * An embedded DNS server on real UDP and TCP sockets of one port. It answers like cluster DNS, from
 * Services and a scripted internet, and can be made to misbehave. Loopback only.
 */
import type { RemoteInfo, Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { type ClusterService, resolveInCluster, type ServiceLookup } from './cluster.ts';
import { Internet } from './internet.ts';
import { type Answer, plainUdpLimit, type Query, readQuery, writeReply } from './message.ts';
import { listen, readFramed, sendFromOtherPort, sendTcp, sendUdp } from './sockets.ts';
import type { Delivery, Tamper, Transport } from './tamper.ts';

export interface DnsServerOptions {
  /** Loopback address to listen on; `127.0.0.1` if absent. */
  host?: '127.0.0.1' | '::1';
  /** Any free port if absent or 0. */
  port?: number;
  /** Cluster domain; `cluster.local` if absent. */
  zone?: string;
  services?: ServiceLookup;
  internet?: Internet;
  /** Extra delay of every answer, in ms, in addition to the delay of the name. */
  holdMs?: number;
  /**
   * See `ClusterDns`; 2000 if absent. Infinity: no reply from an upstream means no reply from this
   * server.
   */
  forwardTimeoutMs?: number;
  /** Minimum number of latest queries in `queries`; 10,000 if absent. */
  keepQueries?: number;
  /** Called when a reply has been passed to the socket, with `heldMs` set. */
  onAnswered?: (query: SeenQuery) => void;
}

/** One received query. */
export interface SeenQuery {
  id: number;
  name: string;
  type: string;
  transport: Transport;
  /** UDP payload size of its OPT record; absent without EDNS. */
  edns?: number;
  sourcePort: number;
  /** Time of arrival, in ms since the epoch with a fraction. */
  at: number;
  /**
   * Time from arrival to the send of the reply, in ms; absent before that, or if no reply is sent.
   */
  heldMs?: number;
}

/** The queries that a tamper applies to; all queries if empty. */
export interface TamperMatch {
  name?: string;
  /** This name, and all names below it. */
  zone?: string;
  /** All names except this one and those below it. */
  outside?: string;
  type?: string;
  transport?: Transport;
  /** Number of queries; unlimited if absent. */
  times?: number;
}

interface Tampering {
  tamper: Tamper;
  match: TamperMatch;
  left: number;
}

/** Sends one delivery to the client. */
type Reply = (delivery: Delivery) => void;

export class DnsServer {
  readonly internet: Internet;
  /** The latest queries, oldest first. */
  readonly queries: SeenQuery[] = [];
  /** Number of queries since the start. */
  queryCount = 0;
  holdMs: number;
  #options: DnsServerOptions;
  #port: number;
  #udp: UdpSocket | undefined;
  #tcp: Server | undefined;
  #connections = new Set<Socket>();
  #pending = new Set<NodeJS.Timeout>();
  #tamperings: Tampering[] = [];
  #pinned = new Map<string, ClusterService | undefined>();

  constructor(options: DnsServerOptions = {}) {
    this.#options = options;
    this.#port = options.port ?? 0;
    this.internet = options.internet ?? new Internet();
    this.holdMs = options.holdMs ?? 0;
  }

  /** The listening port; it survives `stop` and `start`. */
  get port(): number {
    return this.#port;
  }

  /** `host:port`, the format of `--cluster-dns`. */
  get address(): string {
    const host = this.#host;
    return host.includes(':') ? `[${host}]:${this.#port}` : `${host}:${this.#port}`;
  }

  get #host(): string {
    return this.#options.host ?? '127.0.0.1';
  }

  /**
   * Listens; after a stop, on the same port again.
   *
   * @throws Error if the port is taken
   */
  async start(): Promise<void> {
    if (this.#udp !== undefined) return;
    const { udp, tcp } = await listen(this.#host, this.#port);
    this.#udp = udp;
    this.#tcp = tcp;
    this.#port = udp.address().port;
    udp.on('message', (bytes, from) => this.#onDatagram(bytes, from));
    tcp.on('connection', (socket) => this.#onConnection(socket));
  }

  /** Closes the sockets: UDP queries get an ICMP refusal. Delayed answers are never sent. */
  async stop(): Promise<void> {
    const [udp, tcp] = [this.#udp, this.#tcp];
    this.#udp = undefined;
    this.#tcp = undefined;
    for (const timer of this.#pending) clearTimeout(timer);
    this.#pending.clear();
    for (const connection of this.#connections) connection.destroy();
    const closed = [udp, tcp].map((server) => (server ? once(server, 'close') : undefined));
    udp?.close();
    tcp?.close();
    await Promise.all(closed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /**
   * Makes replies misbehave. The latest tamper that matches a query and changes its reply applies.
   * Returns a function that ends it.
   */
  tamper(tamper: Tamper, match: TamperMatch = {}): () => void {
    const tampering = { tamper, match, left: match.times ?? Number.POSITIVE_INFINITY };
    this.#tamperings.unshift(tampering);
    return () => {
      this.#tamperings = this.#tamperings.filter((other) => other !== tampering);
    };
  }

  /**
   * Freezes the DNS data of a Service (undefined: it does not exist), like a CoreDNS pod that
   * missed a watch event for good (coredns#3879). Returns a function that ends it.
   */
  pin(namespace: string, name: string, service: ClusterService | undefined): () => void {
    this.#pinned.set(`${namespace}/${name}`, service);
    return () => this.#pinned.delete(`${namespace}/${name}`);
  }

  /** Received queries for a name, of one type if given. */
  queriesFor(name: string, type?: string): SeenQuery[] {
    return this.queries.filter(
      (query) => sameName(query.name, name) && (type === undefined || query.type === type),
    );
  }

  #onDatagram(bytes: Buffer, from: RemoteInfo): void {
    this.#serve(bytes, 'udp', from.port, (delivery) => {
      if (delivery.fromOtherPort) sendFromOtherPort(this.#host, from, delivery);
      else if (this.#udp !== undefined) sendUdp(this.#udp, from, delivery);
    });
  }

  #onConnection(socket: Socket): void {
    this.#connections.add(socket);
    socket.on('close', () => this.#connections.delete(socket));
    const port = socket.remotePort ?? 0;
    readFramed(socket, (bytes) => {
      this.#serve(bytes, 'tcp', port, (delivery) => sendTcp(socket, delivery));
    });
  }

  #serve(bytes: Buffer, transport: Transport, sourcePort: number, reply: Reply): void {
    const arrived = performance.now();
    const query = readQuery(bytes);
    if (query === undefined) return;
    const seen: SeenQuery = {
      id: query.id,
      name: query.name,
      type: query.type,
      transport,
      ...(query.edns === undefined ? {} : { edns: query.edns }),
      sourcePort,
      at: performance.timeOrigin + arrived,
    };
    this.#record(seen);
    const answer = this.#resolve(query);
    const send = () => {
      const delivery = this.#delivery(query, answer, transport);
      if (delivery.messages.length === 0 && delivery.raw === undefined) return;
      reply(delivery);
      seen.heldMs = performance.now() - arrived;
      this.#options.onAnswered?.(seen);
    };
    this.#after(answer.delayMs + this.holdMs, send);
  }

  #resolve(query: Query): Answer {
    if (query.opcode !== 0) {
      return { rcode: 'NOTIMP', answers: [], authorities: [], delayMs: 0 };
    }
    const { zone = 'cluster.local', services, forwardTimeoutMs = 2000 } = this.#options;
    const lookup: ServiceLookup = (namespace, name) => {
      const key = `${namespace}/${name}`;
      return this.#pinned.has(key) ? this.#pinned.get(key) : services?.(namespace, name);
    };
    const dns = { zone, services: lookup, internet: this.internet, forwardTimeoutMs };
    return resolveInCluster(dns, query.name, query.type, Date.now());
  }

  #delivery(query: Query, answer: Answer, transport: Transport): Delivery {
    const limit = transport === 'tcp' ? 0xffff : Math.max(plainUdpLimit, query.edns ?? 0);
    const silent = answer.delayMs === Number.POSITIVE_INFINITY;
    const honest = silent ? undefined : writeReply(query, answer, limit);
    for (const tampering of this.#tamperings) {
      const { tamper, match } = tampering;
      if (tampering.left === 0 || !matches(match, query, transport)) continue;
      const exchange = { query: query.bytes, reply: honest ?? Buffer.alloc(0), transport };
      const instead = tamper(exchange);
      if (instead === undefined) continue;
      tampering.left--;
      return 'messages' in instead ? instead : { messages: instead };
    }
    return { messages: honest === undefined ? [] : [honest] };
  }

  #record(seen: SeenQuery): void {
    const keep = this.#options.keepQueries ?? 10_000;
    this.queryCount++;
    this.queries.push(seen);
    // Removes half at once: removing the oldest one by one would copy the array for each query.
    if (this.queries.length > 2 * keep) this.queries.splice(0, this.queries.length - keep);
  }

  #after(delayMs: number, send: () => void): void {
    // A missing reply is decided immediately, so that a tamper can still replace it.
    if (delayMs === 0 || delayMs === Number.POSITIVE_INFINITY) {
      send();
      return;
    }
    const timer = setTimeout(() => {
      this.#pending.delete(timer);
      send();
    }, delayMs);
    this.#pending.add(timer);
  }
}

function matches(match: TamperMatch, query: Query, transport: Transport): boolean {
  return (
    (match.name === undefined || sameName(match.name, query.name)) &&
    (match.zone === undefined || isBelow(match.zone, query.name)) &&
    (match.outside === undefined || !isBelow(match.outside, query.name)) &&
    (match.type === undefined || match.type === query.type) &&
    (match.transport === undefined || match.transport === transport)
  );
}

function isBelow(zone: string, name: string): boolean {
  return `.${name.toLowerCase().replace(/\.$/, '')}`.endsWith(`.${zone}`);
}

function sameName(one: string, other: string): boolean {
  return one.toLowerCase().replace(/\.$/, '') === other.toLowerCase().replace(/\.$/, '');
}
