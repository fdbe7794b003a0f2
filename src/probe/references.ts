import pLimit, { type LimitFunction } from 'p-limit';
import { isAskedAtReferences } from '../diagnosis/reference-scope.ts';
import { Resolver } from '../dns/resolver.ts';
import type {
  FaultReport,
  ProbeConfig,
  ReferenceConfig,
  ReferenceReport,
  Server,
} from '../model/messages.ts';
import type { AddressHop } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import { steadyNow } from '../model/time.ts';
import { firstTurn, type Pace, phaseOf } from './schedule.ts';

/** How many targets one resolver is asked for at once, by A and AAAA each: it is not ours, and may limit its clients. */
export const MOST_AT_ONCE = 10;
/** A new target is asked for after this long, up to twice of it. */
const FRESH_AFTER_MS = 2_000;
/** New targets follow each other no faster; of many, as in a first list, most wait for their regular turn. */
const FRESH_PAUSE_MS = 200;

/** One address hop at one server; never rejects. */
export type AskReference = (server: Server, target: string) => Promise<AddressHop>;

interface Target {
  readonly name: string;
  readonly pace: Pace;
  /** Services that have this target, by key. */
  readonly services: Set<string>;
  /** Servers, by label, whose last answer is still awaited. */
  readonly awaited: Set<string>;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Asks reference resolvers for the targets of the watched Services: each distinct target once an
 * interval, at each server, evenly spread. Names that must not leave the cluster are never asked for.
 */
export class References {
  readonly #config: ProbeConfig;
  readonly #reference: ReferenceConfig;
  readonly #report: (message: ReferenceReport | FaultReport) => void;
  readonly #ask: AskReference;
  /** One for each server, so that one that hangs does not hold up the others. */
  readonly #limits: ReadonlyMap<Server, LimitFunction>;
  /** What a Service was last watched with, by key. */
  readonly #targetOf = new Map<string, string>();
  /** Those that are asked for, by name. */
  readonly #targets = new Map<string, Target>();
  #lastFreshAt = 0;
  #skipped = 0;

  constructor(
    config: ProbeConfig,
    reference: ReferenceConfig,
    report: (message: ReferenceReport | FaultReport) => void,
    ask: AskReference = (server, target) => askReference(config, server, target),
  ) {
    this.#config = config;
    this.#reference = reference;
    this.#report = report;
    this.#ask = ask;
    this.#limits = new Map(reference.servers.map((server) => [server, pLimit(MOST_AT_ONCE)]));
  }

  /** Begins, or goes on with an edited spec. */
  watch({ key, target }: Pick<ServiceSpec, 'key' | 'target'>): void {
    if (this.#targetOf.get(key) === target) return;
    this.unwatch(key);
    if (!isAskedAtReferences(target, this.#config.clusterDomain, this.#reference)) return;
    this.#targetOf.set(key, target);
    const known = this.#targets.get(target);
    if (known) known.services.add(key);
    else this.#begin(target, key);
  }

  unwatch(key: string): void {
    const name = this.#targetOf.get(key);
    if (name === undefined) return;
    this.#targetOf.delete(key);
    const target = this.#targets.get(name);
    target?.services.delete(key);
    if (!target || target.services.size > 0) return;
    clearTimeout(target.timer);
    this.#targets.delete(name);
  }

  /** Questions that were due and not asked since the last call. */
  takeSkipped(): { readonly reference?: number } {
    const skipped = this.#skipped;
    this.#skipped = 0;
    return skipped > 0 ? { reference: skipped } : {};
  }

  /** Questions under way end by themselves, unreported. */
  stop(): void {
    for (const key of [...this.#targetOf.keys()]) this.unwatch(key);
    for (const limit of this.#limits.values()) limit.clearQueue();
  }

  #begin(name: string, key: string): void {
    const pace = {
      intervalMs: this.#reference.intervalMs,
      phase: phaseOf(name, this.#config.salt),
    };
    const services = new Set([key]);
    const target: Target = { name, pace, services, awaited: new Set(), timer: undefined };
    this.#targets.set(name, target);
    const soon = steadyNow() + FRESH_AFTER_MS * (1 + Math.random());
    const freshAt = Math.max(soon, this.#lastFreshAt + FRESH_PAUSE_MS);
    // Without jitter, which would throw those whose turn is near together at `soon`.
    const regularAt = firstTurn(soon, pace, 0.5).dueAt;
    if (freshAt < regularAt) this.#lastFreshAt = freshAt;
    this.#arm(target, Math.min(freshAt, regularAt));
  }

  #arm(target: Target, at: number): void {
    target.timer = setTimeout(() => {
      for (const [server, limit] of this.#limits) void this.#askServer(target, server, limit);
      // At least half an interval from now: the first turn may have come at any phase.
      const from = steadyNow() + target.pace.intervalMs / 2;
      this.#arm(target, firstTurn(from, target.pace, Math.random()).dueAt);
    }, at - steadyNow());
  }

  async #askServer(target: Target, server: Server, limit: LimitFunction): Promise<void> {
    const { name, awaited } = target;
    const { label } = server;
    if (awaited.has(label)) {
      this.#skipped++;
      return;
    }
    awaited.add(label);
    try {
      const hop = await limit(() => (this.#isGone(target) ? undefined : this.#ask(server, name)));
      if (!hop || this.#isGone(target)) return;
      const keys = [...target.services];
      const endedAt = steadyNow();
      this.#report({ type: 'reference', target: name, keys, server: label, hop, endedAt });
    } catch (error) {
      this.#report({ type: 'fault', reason: 'reference', error: String(error) });
    } finally {
      awaited.delete(label);
    }
  }

  /** Whether no Service has this target any more; another object with the same name may have taken its place. */
  #isGone(target: Target): boolean {
    return this.#targets.get(target.name) !== target;
  }
}

/** With EDNS, as on the target hop. A chain that is left unfinished is not followed: its names must not leak. */
export async function askReference(
  { timeoutMs, attempts }: Pick<ProbeConfig, 'timeoutMs' | 'attempts'>,
  server: Server,
  name: string,
): Promise<AddressHop> {
  const resolver = new Resolver({ servers: [server], timeoutMs, attempts });
  try {
    return await resolver.askAddresses(name, ['A', 'AAAA'], { edns: true });
  } finally {
    resolver.close();
  }
}
