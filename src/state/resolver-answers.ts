/** What the resolvers behind cluster DNS last answered: bounded by the worker, which says what is over. */

import type { ResolverHealthReport, ResolverReport } from '../model/messages.ts';
import { isFailure } from '../model/outcome.ts';
import type { ResolverAnswer } from '../model/resolver.ts';
import type { AddressHop } from '../model/round.ts';

/** Older ones prove nothing: the worker asks again every ten minutes at the latest, unless very many targets fail. */
const OLDEST_MS = 1_800_000;
/** A cache counts down in whole seconds. */
const ROUNDING_MS = 1_500;

interface Kept extends ResolverAnswer {
  /** Until when the first answer since `since` may be repeated from a cache. */
  readonly cachedUntil: number;
}

export class ResolverAnswers {
  readonly #healths = new Map<string, ResolverHealthReport>();
  /** By target, then by server. */
  readonly #answers = new Map<string, Map<string, Kept>>();

  /** How each resolver does in general, by label. */
  get healths(): ReadonlyMap<string, ResolverHealthReport> {
    return this.#healths;
  }

  health(report: ResolverHealthReport): void {
    this.#healths.set(report.server, report);
  }

  answered({ target, server, zone, hop, endedAt }: ResolverReport): void {
    const answers = this.#answers.get(target) ?? new Map<string, Kept>();
    this.#answers.set(target, answers);
    const slim = withoutExchanges(hop);
    const isFailing = Object.values(hop).some(({ outcome }) => isFailure(outcome));
    const before = answers.get(server);
    if (isFailing) {
      if (!before || before.since !== undefined) distrust(answers, server);
      answers.set(server, { server, zone, hop: slim, endedAt, isFresh: false, cachedUntil: 0 });
      return;
    }
    const until = endedAt + ttlOf(hop) * 1_000;
    const { since = endedAt, cachedUntil = until } = before?.since === undefined ? {} : before;
    const isFresh = before?.isFresh || endedAt > cachedUntil || until > cachedUntil + ROUNDING_MS;
    answers.set(server, { server, zone, hop: slim, endedAt, since, cachedUntil, isFresh });
  }

  /** Targets that are no longer asked for. */
  resolved(targets: readonly string[]): void {
    for (const target of targets) this.#answers.delete(target);
  }

  /** Only these resolvers are asked from now on, by label. */
  keep(servers: ReadonlySet<string>): void {
    for (const label of this.#healths.keys()) if (!servers.has(label)) this.#healths.delete(label);
    for (const answers of this.#answers.values()) {
      for (const label of answers.keys()) if (!servers.has(label)) answers.delete(label);
    }
  }

  /** The answers for a target, in the order of their servers; undefined where there is none. */
  of(target: string, now: number): readonly ResolverAnswer[] | undefined {
    const answers = [...(this.#answers.get(target)?.values() ?? [])]
      .filter(({ endedAt }) => now - endedAt < OLDEST_MS)
      .sort((one, other) => (one.server < other.server ? -1 : 1))
      .map(({ cachedUntil: _cachedUntil, ...answer }): ResolverAnswer => {
        const { health } = this.#healths.get(answer.server) ?? {};
        return health ? { ...answer, health } : answer;
      });
    return answers.length > 0 ? answers : undefined;
  }

  /** How many targets each resolver failed last time, by label. */
  failing(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const answers of this.#answers.values()) {
      for (const { server, since } of answers.values()) {
        if (since === undefined) counts.set(server, (counts.get(server) ?? 0) + 1);
      }
    }
    return counts;
  }
}

/** One more fails: answers of the others that may come from before that prove nothing. */
function distrust(answers: Map<string, Kept>, failing: string): void {
  for (const [server, kept] of answers) {
    if (server === failing || kept.since === undefined) continue;
    const cachedUntil = kept.endedAt + ttlOf(kept.hop) * 1_000;
    answers.set(server, { ...kept, cachedUntil, isFresh: false });
  }
}

function ttlOf(hop: AddressHop): number {
  const ttls = Object.values(hop).map(({ ttl, negative }) => ttl ?? negative?.ttl ?? 0);
  return Math.max(0, ...ttls);
}

function withoutExchanges(hop: AddressHop): AddressHop {
  return Object.fromEntries(
    Object.entries(hop).map(([type, result]) => [type, { ...result, exchanges: [] }]),
  );
}
