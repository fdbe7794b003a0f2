import { randomInt } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Server, StubOptions } from '../model/messages.ts';
import { kindOf, OUTCOMES, type Outcome } from '../model/outcome.ts';
import type { AddressHop, AddressType, Exchange, QueryResult } from '../model/round.ts';
import { EDNS_PAYLOAD, encodeQuery, type Question } from './message.ts';
import { whyNotEncodable } from './name.ts';
import { type Exchanged, failed, type Query, unanswered } from './reply.ts';
import { exchangeTcp } from './tcp.ts';
import { exchangeTls } from './tls.ts';
import { UdpSocket } from './udp.ts';

export interface ResolverOptions {
  /** Asked in this order, as the `nameserver` lines of resolv.conf are; all over TLS if the first one is. */
  readonly servers: readonly Server[];
  readonly timeoutMs: number;
  /** How often the whole list of servers is gone through. */
  readonly attempts: number;
  /** Absent: none. */
  readonly stub?: StubOptions;
  /** Called for each exchange as soon as it is over; for traces. */
  readonly onExchange?: (heard: Heard) => void;
}

type Release = (replied?: boolean) => void;

export interface AskOptions {
  /**
   * Whether we add EDNS; a function says so for each exchange that has its permit. With `edns0` of resolv.conf queries
   * carry EDNS in any case.
   */
  readonly edns: boolean | (() => boolean);
  /** Whether DNSSEC records are wanted, see `QueryForm`. */
  readonly dnssec?: boolean;
  /**
   * Taken before each exchange, and released once that has its reply or is given up, with whether there was a reply; with
   * nothing where it was not sent. Must not reject.
   */
  readonly permit?: ((server: Server) => Release | Promise<Release>) | undefined;
}

/** An exchange, and the question that it was about. */
export interface Heard {
  readonly question: Question;
  readonly edns: boolean;
  /** On the clock of `performance.now()`. */
  readonly startedAt: number;
  readonly exchanged: Exchanged;
}

export interface Asker {
  /** Never rejects, and never throws. */
  ask(question: Question, options: AskOptions): Promise<QueryResult>;
  /** A and AAAA as getaddrinfo asks them; without AAAA where `no-aaaa` is set. Never rejects, and never throws. */
  askAddresses(
    name: string,
    types: readonly AddressType[],
    options: AskOptions,
  ): Promise<AddressHop>;
  /** Gives up on what is unanswered: it settles as `timeout`. No exchange starts after that. */
  close(): void;
}

export type OpenAsker = (options: ResolverOptions) => Asker;

/** Asks real servers. */
export const openResolver: OpenAsker = (options) => new Resolver(options);

/** One question of a lookup, while the servers are asked. */
interface Track {
  readonly question: Question;
  readonly permit: AskOptions['permit'];
  readonly dnssec: boolean;
  mayUseEdns: AskOptions['edns'];
  /** Of its last exchange. */
  edns: boolean;
  readonly exchanges: Exchange[];
  /** From the server that is being asked. */
  last?: Exchanged | undefined;
  /** Over all servers: an answer is better than an error, an error better than silence. */
  best?: Exchanged;
}

/** A server over UDP from the socket of this name; over TCP or TLS without one. */
interface Way {
  readonly server: Server;
  readonly port?: string;
}

/** Which lookup starts with which server, where `rotate` is set (`nameserver_offset`). */
let rotation = randomInt(0x10000);

/**
 * Asks questions the way a pod's stub resolver does (glibc resolv/res_send.c, `__res_context_send` and `send_dg`), from
 * one UDP socket for each server, which all questions share; a second attempt takes another socket and so another port.
 * Close it when the round is over.
 *
 * Not as glibc: servers that have all replied, though with errors, are not asked a second time; every server is
 * given the same time; over TCP each question has a connection of its own.
 */
export class Resolver implements Asker {
  readonly #options: ResolverOptions;
  readonly #stub: StubOptions;
  readonly #first: Server;
  readonly #sockets = new Map<string, UdpSocket>();
  readonly #closing = Promise.withResolvers<undefined>();
  #isClosed = false;

  /** @throws RangeError without a server */
  constructor(options: ResolverOptions) {
    const [first] = options.servers;
    if (!first) throw new RangeError('Cannot ask questions: there is no server, got an empty list');
    this.#first = first;
    this.#options = options;
    this.#stub = options.stub ?? {};
  }

  async ask(question: Question, options: AskOptions): Promise<QueryResult> {
    const [track] = await this.#lookUp([question], options);
    return this.#resultOf(track);
  }

  async askAddresses(
    name: string,
    types: readonly AddressType[],
    options: AskOptions,
  ): Promise<AddressHop> {
    const asked = types.filter((type) => type === 'A' || !this.#stub.noAaaa);
    const questions = asked.map((type) => ({ name, type }));
    const tracks = await this.#lookUp(questions, options);
    return Object.fromEntries(tracks.map((track, i) => [asked[i], this.#resultOf(track)]));
  }

  close(): void {
    this.#isClosed = true;
    this.#closing.resolve(undefined);
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  /** One lookup, of one question or of two that are asked together. */
  async #lookUp(questions: readonly Question[], options: AskOptions): Promise<readonly Track[]> {
    const { servers, attempts } = this.#options;
    const { edns0 = false, rotate, useVc, singleRequest, singleRequestReopen } = this.#stub;
    const { permit, dnssec = false } = options;
    const mayUseEdns = edns0 || options.edns;
    const tracks = questions.map(
      (question): Track => ({ question, permit, dnssec, mayUseEdns, edns: false, exchanges: [] }),
    );
    if (questions.some(({ name }) => whyNotEncodable(name))) {
      const { exchange } = unanswered(this.#first.label, 'udp', 'timeout');
      for (const track of tracks) track.best = { exchange, answer: failed('malformed') };
      return tracks;
    }
    const offset = rotate ? rotation++ % servers.length : 0;
    const inOrder =
      offset === 0 ? servers : [...servers.slice(offset), ...servers.slice(0, offset)];
    let isStream = useVc === true || this.#first.tls !== undefined;
    let isSerial = singleRequest === true || singleRequestReopen === true;
    for (let attempt = 0; attempt < attempts; attempt++) {
      let isSilent = false;
      for (const server of inOrder) {
        const way = { server, port: `${attempt}/${server.label}` };
        if (!isStream) {
          await (isSerial ? this.#askInTurn(tracks, way) : this.#askAll(tracks, way));
          // glibc asks one question after the other from then on.
          if (tracks.some(isUnanswered))
            isSerial = (await this.#askUnanswered(tracks, way)) || isSerial;
          // Both are asked over TCP, and the servers that follow are asked over TCP, too.
          isStream = tracks.some(({ last }) => last?.answer.outcome === 'truncated');
        }
        if (isStream) await this.#askAll(tracks, { server });
        // One after the other, the second question is asked for the sake of the first.
        const deciding = isSerial && !isStream ? tracks.slice(0, 1) : tracks;
        if (this.#isClosed || isDone(deciding, isStream)) return tracks;
        isSilent ||= deciding.some(({ last }) => !last || isSilence(last));
      }
      // Over TCP each server is asked once.
      if (!isSilent || isStream) break;
    }
    return tracks;
  }

  async #askAll(tracks: readonly Track[], way: Way): Promise<void> {
    await Promise.all(tracks.map((track) => this.#askOne(track, way)));
  }

  /** One question after the other; the second one only if the first has led somewhere. */
  async #askInTurn(tracks: readonly Track[], { server, port }: Way): Promise<void> {
    for (const track of tracks) track.last = undefined;
    for (const [i, track] of tracks.entries()) {
      const own = this.#stub.singleRequestReopen ? `${port}/${i}` : `${port}`;
      await this.#askOne(track, { server, port: own });
      if (!isAnswered(track)) return;
    }
  }

  /**
   * A server that answered only one of two questions is asked for the other again, before the next one is (`send_dg`).
   * Returns whether this is such a server.
   */
  async #askUnanswered(tracks: readonly Track[], { server, port }: Way): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      const silent = tracks.filter(isUnanswered);
      if (silent.length === 0 || !tracks.some(isAnswered)) return attempt > 1;
      if (attempt >= this.#options.attempts || this.#stub.singleRequestReopen) return true;
      for (const track of silent)
        await this.#askOne(track, { server, port: `${port}/again${attempt}` });
    }
  }

  /** At one server: without EDNS after FORMERR (RFC 6891 §7), and on a second connection if the first was reset. */
  async #askOne(track: Track, way: Way): Promise<void> {
    track.last = undefined;
    let mayRepeat = way.port === undefined;
    for (;;) {
      const exchanged = await this.#exchange(track, way);
      if (!exchanged) return;
      if (track.edns && exchanged.answer.outcome === 'formerr') {
        track.mayUseEdns = false;
        continue;
      }
      track.last = exchanged;
      if (!track.best || rankOf(exchanged) >= rankOf(track.best)) track.best = exchanged;
      if (exchanged.exchange.errno !== 'ECONNRESET' || !mayRepeat) return;
      mayRepeat = false;
    }
  }

  /** One message out and its reply in; undefined if the resolver is closed before it goes out. */
  async #exchange(track: Track, { server, port }: Way): Promise<Exchanged | undefined> {
    const { question, permit, exchanges } = track;
    const taking = permit?.(server);
    const isWaiting = taking instanceof Promise;
    const release = isWaiting ? await Promise.race([taking, this.#closing.promise]) : taking;
    if (this.#isClosed) {
      if (isWaiting) void taking.then((late) => late());
      else taking?.();
      return undefined;
    }
    const { timeoutMs, onExchange } = this.#options;
    const startedAt = performance.now();
    track.edns = isNow(track.mayUseEdns);
    const query = this.#query(track);
    const exchangeStream = server.tls ? exchangeTls : exchangeTcp;
    const exchanged = await (port === undefined
      ? exchangeStream(server, query, timeoutMs, this.#closing.promise)
      : this.#socket(server, port).exchange(query, timeoutMs));
    release?.(!isSilence(exchanged));
    exchanges.push(exchanged.exchange);
    onExchange?.({ question, edns: track.edns, startedAt, exchanged });
    return exchanged;
  }

  #query({ question, edns, dnssec }: Track): Query {
    const isStub = this.#stub.edns0 === true;
    const bytes = encodeQuery(randomInt(0x10000), question, {
      ...(edns ? { payload: isStub ? EDNS_PAYLOAD.stub : EDNS_PAYLOAD.own, dnssec } : {}),
      ...(this.#stub.trustAd ? { ad: true } : {}),
    });
    return { question, bytes, edns, isEdnsOurs: edns && !isStub };
  }

  #socket(server: Server, port: string): UdpSocket {
    const socket = this.#sockets.get(port) ?? new UdpSocket(server);
    this.#sockets.set(port, socket);
    return socket;
  }

  #resultOf(track: Track | undefined): QueryResult {
    const { exchange, answer } = track?.best ?? unanswered(this.#first.label, 'udp', 'timeout');
    const { seconds } = exchange;
    return {
      ...answer,
      server: exchange.server,
      exchanges: track?.exchanges ?? [],
      ...(seconds === undefined ? {} : { seconds }),
    };
  }
}

/** What a condition says at this moment. */
export function isNow(condition: boolean | (() => boolean)): boolean {
  return typeof condition === 'boolean' ? condition : condition();
}

function isSilence({ answer }: Exchanged): boolean {
  return kindOf(answer.outcome) === 'silence';
}

/** Whether the next server need not be asked. */
function isDone(deciding: readonly Track[], isStream: boolean): boolean {
  // Any reply over TCP is final, whatever its rcode (`send_vc`).
  if (isStream) return deciding.every(({ last }) => last && !isSilence(last));
  // An answer to one of two questions will do.
  return deciding.length === 0 || deciding.some(isAnswered);
}

function isUnanswered({ last }: Track): boolean {
  return last !== undefined && isSilence(last);
}

function isAnswered({ last }: Track): boolean {
  return last !== undefined && !asksNext(last.answer.outcome);
}

function asksNext(outcome: Outcome): boolean {
  return OUTCOMES[outcome].asksNext;
}

function rankOf({ answer: { outcome } }: Exchanged): number {
  if (!asksNext(outcome)) return 2;
  return kindOf(outcome) === 'silence' ? 0 : 1;
}
