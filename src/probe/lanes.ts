import pLimit, { type LimitFunction } from 'p-limit';
import { isLiteral } from '../dns/name.ts';
import type { ProbeConfig } from '../model/messages.ts';
import type { Round } from '../model/round.ts';
import { isInZone, type ServiceSpec } from '../model/service.ts';

/** An address hop is two queries, A and AAAA. */
const QUERIES_PER_HOP = 2;
/** Targets that were slow or silent last time get at most this part of what may be outstanding. */
const SLOW_SHARE = 0.25;
/** A hop that took longer than this counts as slow. */
const SLOW_SECONDS = 1;

/**
 * Who may ask at once. CoreDNS refuses everybody once too many of its forwarded queries are
 * unanswered (`forward`'s max_concurrent), so queries that it must forward are capped; and targets
 * that hang have a lane of their own, lest they keep those that work from being asked.
 */
export class Lanes {
  readonly #clusterDomain: string;
  /** For what cluster DNS answers without forwarding. */
  readonly local: LimitFunction;
  readonly #fast: LimitFunction;
  readonly #slow: LimitFunction;
  readonly #forwarded: LimitFunction;

  constructor({ clusterDomain, concurrency, maxOutstanding }: ProbeConfig) {
    const hops = Math.max(1, Math.floor(maxOutstanding / QUERIES_PER_HOP));
    this.#clusterDomain = clusterDomain;
    this.local = pLimit(concurrency);
    this.#fast = pLimit(Math.min(concurrency, hops));
    this.#slow = pLimit(Math.min(concurrency, Math.max(1, Math.floor(hops * SLOW_SHARE))));
    this.#forwarded = pLimit(hops);
  }

  /** Rounds under way. */
  get inflight(): number {
    return this.local.activeCount + this.#fast.activeCount + this.#slow.activeCount;
  }

  /** The lane for the next round of a Service, by how its last one went. */
  of(spec: ServiceSpec, wasSlow: boolean): LimitFunction {
    if (!this.needsForwarding(spec)) return this.local;
    return wasSlow ? this.#slow : this.#fast;
  }

  /** Runs one address hop, which cluster DNS may have to forward. */
  hop<T>(spec: ServiceSpec, ask: () => Promise<T>): Promise<T> {
    return this.needsForwarding(spec) ? this.#forwarded(ask) : ask();
  }

  needsForwarding({ target }: ServiceSpec): boolean {
    return !isLiteral(target) && !isInZone(target, this.#clusterDomain);
  }

  clear(): void {
    for (const lane of [this.local, this.#fast, this.#slow, this.#forwarded]) lane.clearQueue();
  }
}

/** Whether a query of the address hops was slow or never answered. */
export function isSlow({ app, target }: Round): boolean {
  const results = [app?.A, app?.AAAA, target?.A, target?.AAAA];
  return results.some((result) => result && (result.seconds ?? Infinity) > SLOW_SECONDS);
}
