import { openResolver } from '../dns/resolver.ts';
import { ALL_ZONES, type Forward } from '../model/forward.ts';
import type { ProbeConfig, ResolverHealthReport, Server } from '../model/messages.ts';
import { isFailure, kindOf } from '../model/outcome.ts';
import type { ResolverHealth } from '../model/resolver.ts';
import type { QueryResult } from '../model/round.ts';
import type { Clock } from './clock.ts';

/** Each resolver is asked so often how it does, and after a failure if the last time was this long ago. */
const EVERY_MS = 60_000;
const AFTER_FAILURE_MS = 5_000;
/** A Corefile may name many; those of the first lines are asked. */
const MOST_RESOLVERS = 64;

/** One query for the upstream canary at one server; never rejects. Undefined without a canary. */
export type AskCanary = (server: Server) => Promise<QueryResult> | undefined;

interface Hooks {
  readonly report: (report: ResolverHealthReport) => void;
  readonly onFault: (error: unknown) => void;
}

interface Known {
  readonly server: Server;
  /** It serves single zones only, and may refuse other names. */
  readonly isStub: boolean;
  hasReplied: boolean;
  askedAt: number;
  /** The query that is under way. */
  asking?: Promise<void> | undefined;
}

/** Whether the resolvers behind cluster DNS reply at all, whatever becomes of single targets. */
export class ResolverHealths {
  readonly #clock: Clock;
  readonly #ask: AskCanary;
  readonly #hooks: Hooks;
  #known = new Map<string, Known>();
  #cancel: () => void = () => {};

  constructor(clock: Clock, ask: AskCanary, hooks: Hooks) {
    this.#clock = clock;
    this.#ask = ask;
    this.#hooks = hooks;
  }

  setForwards(forwards: readonly Forward[]): void {
    const known = this.#known;
    this.#known = new Map();
    for (const { zone, servers } of forwards) {
      for (const server of servers) {
        const isNew = !this.#known.has(server.label);
        if (isNew && this.#known.size >= MOST_RESOLVERS) continue;
        const { hasReplied = false, askedAt = -Infinity } = known.get(server.label) ?? {};
        const isStub = zone !== ALL_ZONES && (this.#known.get(server.label)?.isStub ?? true);
        this.#known.set(server.label, { server, isStub, hasReplied, askedAt });
      }
    }
    this.#cancel();
    this.#askAll();
  }

  /** It was asked for a target. Resolves once it is known how it does, if that may have changed. */
  async answered({ label }: Server, results: readonly QueryResult[]): Promise<void> {
    const known = this.#known.get(label);
    if (!known) return;
    if (results.some(({ outcome }) => kindOf(outcome) !== 'silence')) known.hasReplied = true;
    const isOld = this.#clock.now() - known.askedAt >= AFTER_FAILURE_MS;
    if (!results.some(({ outcome }) => isFailure(outcome))) return;
    await (isOld ? this.#askOne(known) : known.asking);
  }

  stop(): void {
    this.#cancel();
  }

  #askAll(): void {
    if (this.#known.size > 0) this.#cancel = this.#clock.after(EVERY_MS, () => this.#askAll());
    for (const known of this.#known.values()) {
      if (this.#clock.now() - known.askedAt >= EVERY_MS / 2) void this.#askOne(known);
    }
  }

  #askOne(known: Known): Promise<void> {
    known.askedAt = this.#clock.now();
    known.asking ??= this.#query(known)
      .catch(this.#hooks.onFault)
      .finally(() => {
        known.asking = undefined;
      });
    return known.asking;
  }

  async #query(known: Known): Promise<void> {
    const { label } = known.server;
    const result = await this.#ask(known.server);
    if (!result || this.#known.get(label) !== known) return;
    if (kindOf(result.outcome) !== 'silence') known.hasReplied = true;
    this.#hooks.report({
      type: 'resolver_health',
      server: label,
      health: healthOf(known, result),
      result,
      endedAt: this.#clock.now(),
    });
  }
}

function healthOf({ isStub, hasReplied }: Known, { outcome }: QueryResult): ResolverHealth {
  if (kindOf(outcome) === 'silence') return hasReplied ? 'silent' : 'unproven';
  return isFailure(outcome) && !isStub ? 'fails' : 'works';
}

/** At real servers. */
export function askCanary({
  upstreamCanary,
  timeoutMs,
  attempts,
}: Pick<ProbeConfig, 'upstreamCanary' | 'timeoutMs' | 'attempts'>): AskCanary {
  if (upstreamCanary === '') return () => undefined;
  return async (server) => {
    const resolver = openResolver({ servers: [server], timeoutMs, attempts });
    try {
      return await resolver.ask({ name: upstreamCanary, type: 'NS' }, { edns: true });
    } finally {
      resolver.close();
    }
  };
}
