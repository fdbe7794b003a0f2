/** Queries the simulated servers like the resolver of a pod, without sockets. */

import { isNow } from '../../../src/dns/resolver.ts';
import type { Server } from '../../../src/model/messages.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import type { Exchange, QueryResult } from '../../../src/model/round.ts';
import { type Question, type Reply, replyOf, silence } from './replies.ts';
import type { VirtualClock } from './virtual-clock.ts';
import type { Host, World } from './world.ts';

type Release = (replied?: boolean) => void;

interface Options {
  readonly servers: readonly Server[];
  readonly timeoutMs: number;
  readonly attempts: number;
}

interface AskOptions {
  readonly edns: boolean | (() => boolean);
  readonly permit?: (server: Server) => Release | Promise<Release>;
}

/** The queries and replies, for the simulation to observe. */
export interface Wire {
  /**
   * Number of unanswered queries that a server must forward: the present number and the maximum so
   * far.
   */
  forwarded: number;
  mostForwarded: number;
  queries: number;
  onQuery(question: Question, reply: Reply): void;
}

/** Outcomes after which the resolver tries the next server. */
const ASKS_NEXT: ReadonlySet<Outcome> = new Set(['servfail', 'refused', 'timeout']);

/** One socket per server and attempt: behind the address of a DNS Service each reaches one pod. */
export class SimulatedAsker {
  readonly #world: World;
  readonly #clock: VirtualClock;
  readonly #wire: Wire;
  readonly #options: Options;
  readonly #met: (Host | undefined)[] = [];
  /** Functions that end the wait of each running query. */
  readonly #waiting = new Set<() => void>();
  #closed = false;

  constructor(world: World, clock: VirtualClock, wire: Wire, options: Options) {
    this.#world = world;
    this.#clock = clock;
    this.#wire = wire;
    this.#options = options;
  }

  async askAddresses(
    name: string,
    types: readonly ('A' | 'AAAA')[],
    options: AskOptions,
  ): Promise<{ A?: QueryResult; AAAA?: QueryResult }> {
    const results = await Promise.all(types.map((type) => this.ask({ name, type }, options)));
    return Object.fromEntries(types.map((type, i) => [type, results[i]]));
  }

  async ask(question: Question, { edns, permit }: AskOptions): Promise<QueryResult> {
    const { servers, attempts } = this.#options;
    const exchanges: Exchange[] = [];
    let last: { readonly reply: Reply; readonly server: string } | undefined;
    for (let attempt = 0; attempt < attempts; attempt++) {
      for (const [i, server] of servers.entries()) {
        const { label } = server;
        if (this.#closed) break;
        const release = permit && (await this.#permitted(() => permit(server)));
        if (this.#closed) {
          release?.();
          break;
        }
        const host = this.#meet(label, attempt * servers.length + i);
        const reply = host ? await this.#exchange(host, question, isNow(edns)) : LOST;
        const { outcome, afterMs } = reply;
        release?.(afterMs !== undefined);
        const seconds = afterMs === undefined ? {} : { seconds: afterMs / 1000 };
        exchanges.push({ server: label, transport: 'udp', outcome, ...seconds });
        if (last?.reply.afterMs === undefined || afterMs !== undefined)
          last = { reply, server: label };
        if (!ASKS_NEXT.has(outcome)) return resultOf(last, exchanges);
      }
      if (last?.reply.afterMs !== undefined) break;
    }
    return resultOf(last ?? { reply: LOST, server: servers[0]?.label ?? '' }, exchanges);
  }

  /** Unanswered queries count as timed out. */
  close(): void {
    this.#closed = true;
    for (const giveUp of this.#waiting) giveUp();
    this.#waiting.clear();
  }

  /**
   * Undefined if it was closed in the meantime: a permit that arrives later is released
   * immediately.
   */
  #permitted(permit: () => Release | Promise<Release>): Promise<Release | undefined> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => resolve(undefined);
      this.#waiting.add(giveUp);
      void Promise.resolve(permit()).then((release) => {
        this.#waiting.delete(giveUp);
        if (this.#closed) release();
        resolve(release);
      }, reject);
    });
  }

  #wait(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const giveUp = (): void => {
        cancel();
        resolve(false);
      };
      const cancel = this.#clock.after(ms, () => {
        this.#waiting.delete(giveUp);
        resolve(true);
      });
      this.#waiting.add(giveUp);
    });
  }

  async #exchange(host: Host, question: Question, edns: boolean): Promise<Reply> {
    const wire = this.#wire;
    wire.queries++;
    const { timeoutMs } = this.#options;
    let reply = replyOf(this.#world, host, question, edns, this.#clock.random);
    if ((reply.afterMs ?? Infinity) > timeoutMs) reply = silence(reply.isForwarded);
    // The sensor has one query at a time per server, and is not part of the budget.
    const isOutside = reply.isForwarded && question.type !== 'NS';
    if (isOutside) wire.mostForwarded = Math.max(wire.mostForwarded, ++wire.forwarded);
    wire.onQuery(question, reply);
    if (!(await this.#wait(reply.afterMs ?? timeoutMs))) reply = silence(reply.isForwarded);
    if (isOutside) wire.forwarded--;
    return reply;
  }

  #meet(label: string, place: number): Host | undefined {
    const hosts = this.#world.addresses.get(label)?.hosts ?? [];
    this.#met[place] ??= hosts[Math.floor(this.#clock.random() * hosts.length)];
    return this.#met[place];
  }
}

const LOST = silence(false);

function resultOf(
  { reply, server }: { readonly reply: Reply; readonly server: string },
  exchanges: readonly Exchange[],
): QueryResult {
  const { outcome, addresses, chain, afterMs } = reply;
  return {
    outcome,
    server,
    exchanges,
    addresses,
    chain,
    ...(afterMs === undefined ? {} : { seconds: afterMs / 1000 }),
    ...(outcome === 'ok' ? { ttl: 30 } : {}),
  };
}
