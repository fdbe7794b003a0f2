/** Virtual time and scripted DNS servers for the probing core: no sockets, no waiting. */
import { setImmediate } from 'node:timers/promises';
import { isLiteral } from '../../../src/dns/name.ts';
import {
  type Asker,
  type AskOptions,
  isNow,
  type OpenAsker,
  type ResolverOptions,
} from '../../../src/dns/resolver.ts';
import type { FromWorker, JudgedReport, ProbeConfig, Server } from '../../../src/model/messages.ts';
import { kindOf, OUTCOMES, type Outcome } from '../../../src/model/outcome.ts';
import type { Exchange, QueryResult } from '../../../src/model/round.ts';
import type { ServiceSpec } from '../../../src/model/service.ts';
import type { Clock } from '../../../src/probe/clock.ts';
import type { Haste } from '../../../src/probe/mailbox.ts';
import { Prober } from '../../../src/probe/prober.ts';
import { probeConfig } from '../../fixtures/probe-config.ts';
import { type SpecChange, specOf } from '../../fixtures/spec.ts';

/** Any moment. */
const START = 1_800_000_000_000;

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** Runs timers in their order, and lets everything that follows from one end before the next. */
export class FakeClock implements Clock {
  #now = START;
  readonly #timers = new Set<Timer>();
  #seed = 1;

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  random(): number {
    this.#seed = (this.#seed * 16_807) % 2_147_483_647;
    return this.#seed / 2_147_483_647;
  }

  /** Time passes, and timers run on time. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await setImmediate();
    for (let next = this.#next(); next && next.at <= until; next = this.#next()) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await setImmediate();
    }
    this.#now = until;
  }

  /** Time passes while the event loop is blocked: no timer runs. */
  stall(ms: number): void {
    this.#now += ms;
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (!next || timer.at < next.at) next = timer;
    return next;
  }
}

export interface Query {
  readonly name: string;
  readonly type: string;
  /** Its label. */
  readonly server: string;
  readonly edns: boolean;
}

export interface FakeReply {
  readonly outcome: Outcome;
  /** Until the reply; silence lasts as long as the timeout. */
  readonly ms?: number;
  /** Names that follow the asked one. */
  readonly chain?: readonly string[];
  readonly ttl?: number;
}

/** `undefined`: as it is by default. It may throw, as no asker should. */
export type Script = (query: Query) => Outcome | FakeReply | undefined;

export const SERVER: Server = { address: '10.0.0.10', port: 53, label: '10.0.0.10:53' };
const ZONE = '.cluster.local';
const ALIAS = /^([^.]+)\.([^.]+)\.svc\.cluster\.local$/;

/** Cluster DNS: serves the aliases of `targets` and forwards the rest, where everything exists. */
export class FakeDns {
  readonly #clock: Clock;
  /** By `namespace/name`. */
  readonly targets = new Map<string, string>();
  readonly asked: (Query & { readonly at: number })[] = [];
  script: Script = () => undefined;
  /** Exchanges under way with a permit, now and at most. */
  held = 0;
  mostHeld = 0;
  /** Askers that are not closed. */
  opened = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly open: OpenAsker = (options) => {
    const closing = Promise.withResolvers<undefined>();
    let isClosed = false;
    this.opened++;
    const ask: Asker['ask'] = (question, asking) =>
      this.#ask(question, asking, options, closing.promise, () => isClosed);
    return {
      ask,
      askAddresses: async (name, types, asking) => {
        const results = await Promise.all(types.map((type) => ask({ name, type }, asking)));
        return Object.fromEntries(types.map((type, i) => [type, results[i]]));
      },
      close: () => {
        if (!isClosed) this.opened--;
        isClosed = true;
        closing.resolve(undefined);
      },
    };
  };

  /** Queries for a name, perhaps of one type only. */
  queriesFor(name: string, type?: string): readonly (Query & { readonly at: number })[] {
    return this.asked.filter((query) => query.name === name && (!type || query.type === type));
  }

  replyTo(query: Query): FakeReply {
    const scripted = isLiteral(query.name) ? undefined : this.script(query);
    if (scripted !== undefined)
      return typeof scripted === 'string' ? { outcome: scripted } : scripted;
    const { name, type } = query;
    if (isLiteral(name)) return { outcome: 'nodata', ms: 1 };
    if (!name.endsWith(ZONE)) return { outcome: 'ok', ms: 20, ttl: 0 };
    const [, service, namespace] = ALIAS.exec(name) ?? [];
    if (namespace === 'default' || namespace === 'other') return { outcome: 'ok', ms: 1 };
    const target = this.targets.get(`${namespace}/${service}`);
    if (target === undefined) return { outcome: 'nxdomain', ms: 1 };
    if (type === 'CNAME') return { outcome: 'ok', ms: 1, chain: [target] };
    const end = this.replyTo({ ...query, name: target });
    return { ...end, chain: [target, ...(end.chain ?? [])] };
  }

  async #ask(
    question: { readonly name: string; readonly type: string },
    { edns, permit }: AskOptions,
    { servers, timeoutMs, attempts }: ResolverOptions,
    closed: Promise<undefined>,
    isClosed: () => boolean,
  ): Promise<QueryResult> {
    const exchanges: Exchange[] = [];
    let best: QueryResult | undefined;
    for (const asked of Array.from({ length: attempts }, () => servers).flat()) {
      const { label: server } = asked;
      const taking = permit?.(asked);
      const release = taking && (await Promise.race([taking, closed]));
      if (isClosed()) {
        void Promise.resolve(taking).then((late) => late?.());
        break;
      }
      const query = { ...question, server, edns: isNow(edns) };
      this.asked.push({ ...query, at: this.#clock.now() });
      if (release) this.mostHeld = Math.max(this.mostHeld, ++this.held);
      const exchanged = await this.#exchange(query, timeoutMs, closed);
      if (release) this.held--;
      release?.(kindOf(exchanged.outcome) !== 'silence');
      exchanges.push(...exchanged.exchanges);
      if (!best || kindOf(exchanged.outcome) !== 'silence') best = exchanged;
      if (!OUTCOMES[best.outcome].asksNext) break;
    }
    const none: QueryResult = { ...NOTHING, outcome: 'timeout', server: servers[0]?.label ?? '' };
    return { ...(best ?? none), exchanges };
  }

  async #exchange(
    query: Query,
    timeoutMs: number,
    closed: Promise<undefined>,
  ): Promise<QueryResult> {
    const { outcome, ms = 1, chain = [], ttl } = this.replyTo(query);
    const isSilent = kindOf(outcome) === 'silence';
    const waitMs = isSilent ? timeoutMs : ms;
    const after = new Promise<true>((resolve) => {
      this.#clock.after(waitMs, () => resolve(true));
    });
    const isOver = await Promise.race([after, closed]);
    const { server } = query;
    const seen = isOver ? outcome : 'timeout';
    const seconds = isOver && !isSilent ? { seconds: waitMs / 1000 } : {};
    return {
      ...NOTHING,
      ...seconds,
      outcome: seen,
      server,
      addresses: seen === 'ok' && query.type !== 'CNAME' ? ['192.0.2.1'] : [],
      chain: isOver && !isSilent ? chain.map((name) => ({ name, ttl: ttl ?? 0 })) : [],
      exchanges: [{ server, transport: 'udp', outcome: seen, ...seconds }],
      ...(ttl === undefined || seen !== 'ok' ? {} : { ttl }),
    };
  }
}

const NOTHING = { addresses: [], chain: [], exchanges: [] } as const;

/** A prober in this world, and what it reports. */
export class Bench {
  readonly clock = new FakeClock();
  readonly dns = new FakeDns(this.clock);
  readonly messages: (FromWorker & { readonly at: number; readonly haste: Haste })[] = [];
  readonly config: ProbeConfig;
  readonly prober: Prober;

  constructor(change: Partial<ProbeConfig> = {}) {
    const pace = { intervalMs: 30_000, timeoutMs: 5_000, attempts: 1 };
    this.config = probeConfig([SERVER], { ...pace, ...change });
    this.prober = new Prober(
      this.config,
      (message, haste = 'soon') => this.messages.push({ ...message, at: this.clock.now(), haste }),
      this,
    );
  }

  get open(): OpenAsker {
    return (options) => this.dns.open(options);
  }

  spec(name: string, change: SpecChange = {}): ServiceSpec {
    const { intervalMs } = this.config;
    return specOf(name, {
      externalName: `${name}.example`,
      ...change,
      settings: { intervalMs, ...change.settings },
    });
  }

  /** Watches a Service that cluster DNS serves. */
  watch(
    name: string,
    change: SpecChange = {},
    news: 'known' | 'fresh' | 'listed' = 'known',
  ): ServiceSpec {
    const spec = this.spec(name, change);
    this.dns.targets.set(spec.key, spec.target);
    this.prober.watch(spec, news);
    return spec;
  }

  /** Watches one and asks about it now, not at its turn. */
  async watchNow(name: string, change: SpecChange = {}): Promise<ServiceSpec> {
    const spec = this.watch(name, change);
    this.prober.again([spec.key]);
    return spec;
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  rounds(name?: string) {
    return this.messages
      .filter((message) => message.type === 'round')
      .filter(({ key }) => !name || key === `shop/${name}`);
  }

  judged(
    name?: string,
  ): readonly (JudgedReport & { readonly at: number; readonly haste: Haste })[] {
    return this.rounds(name).filter((report) => report.kind === 'judged');
  }

  silent(name?: string) {
    return this.rounds(name).filter((report) => report.kind === 'silent');
  }

  faults() {
    return this.messages.filter((message) => message.type === 'fault');
  }

  /** Of one sensor, perhaps of one server only. */
  sensed(type: 'control' | 'upstream', server?: Server) {
    return this.messages
      .filter((message) => message.type === 'control' || message.type === 'upstream')
      .filter((report) => report.type === type && (!server || report.server === server.label));
  }
}

export function aliasName(name: string): string {
  return `${name}.shop.svc.cluster.local`;
}
