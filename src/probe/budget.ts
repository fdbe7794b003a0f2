import type { Clock } from './clock.ts';

/** A query that takes so long hangs: CoreDNS waits 2 s for each of its upstreams (`plugin/pkg/proxy`, read timeout). */
const HANGS_MS = 2_000;
/** Half-life of the replies that a domain had. */
const HALF_LIFE_MS = 1_000;
/** From this share of the budget on, domains share what is left. */
const BUSY = 1 / 2;
/** Domains that hang leave the rest of the budget to others. */
const MOST_HANGING = 3 / 4;
/** Domains without a query under way of which something is remembered; the one used longest ago goes first. */
const MOST_DOMAINS = 20_000;

/** Gives a permit back, and says whether the query had a reply; absent: it was not sent. A second call does nothing. */
export type Release = (replied?: boolean) => void;

interface Permit {
  readonly domain: Domain;
  readonly takenAt: number;
}

interface Domain {
  readonly name: string;
  /** Oldest first. */
  readonly permits: Set<Permit>;
  /** Its last query had no reply, or took as long as one that hangs. */
  hung: boolean;
  replies: number;
  repliesAt: number;
}

interface Waiting {
  readonly domain: Domain;
  readonly isFirst: boolean;
  readonly grant: (release: Release) => void;
}

/**
 * The budget of queries that cluster DNS must forward: so many are unanswered at most, since CoreDNS refuses all
 * clients past its own limit (`plugin/forward`, max_concurrent). A permit is taken for each exchange and given back when
 * that has ended; nothing else is waited for while a permit is held.
 *
 * It is shared by registrable domain. While less than half of it is in use, any query gets a permit. Beyond that, a
 * domain gets as many as it had replies within the last seconds, and one more; a domain that hangs gets one, and
 * none of the last quarter. So a domain that hangs does not keep others waiting, and idle permits are used.
 */
export class Budget {
  readonly #most: number;
  readonly #clock: Clock;
  /** By name, the one used longest ago first. */
  readonly #domains = new Map<string, Domain>();
  readonly #permits = new Set<Permit>();
  readonly #waiting = new Set<Waiting>();

  constructor(most: number, clock: Clock) {
    this.#most = Math.max(1, most);
    this.#clock = clock;
  }

  /** Permits that are taken. */
  get outstanding(): number {
    return this.#permits.size;
  }

  /** Queries that wait for a permit. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Resolves once the domain may have a query under way. `isFirst`: of its round; rounds under way come before those
   * that have not begun, so that few have a socket open.
   */
  take(name: string, isFirst = false): Promise<Release> {
    const taken = this.tryTake(name);
    if (taken) return Promise.resolve(taken);
    const domain = this.#domain(name);
    return new Promise((grant) => {
      this.#waiting.add({ domain, isFirst, grant });
    });
  }

  /** A permit, if there is one at this moment. */
  tryTake(name: string): Release | undefined {
    const domain = this.#domain(name);
    const now = this.#clock.now();
    return this.#mayTake(domain, now) ? this.#grant(domain, now) : undefined;
  }

  #grant(domain: Domain, takenAt: number): Release {
    const permit = { domain, takenAt };
    this.#permits.add(permit);
    domain.permits.add(permit);
    return (replied) => {
      if (!this.#permits.delete(permit)) return;
      domain.permits.delete(permit);
      const now = this.#clock.now();
      if (replied !== undefined) domain.hung = !replied || now - takenAt >= HANGS_MS;
      if (replied && !domain.hung) {
        domain.replies = recentReplies(domain, now) + 1;
        domain.repliesAt = now;
      }
      this.#serve(now);
    };
  }

  #mayTake(domain: Domain, now: number): boolean {
    const { size } = this.#permits;
    if (size >= this.#most) return false;
    if (size < this.#most * BUSY) return true;
    if (!hangs(domain, now)) return domain.permits.size < 1 + recentReplies(domain, now);
    return domain.permits.size === 0 && this.#hanging(now) < this.#most * MOST_HANGING;
  }

  /** Permits of domains that hang. */
  #hanging(now: number): number {
    let count = 0;
    for (const { domain } of this.#permits) if (hangs(domain, now)) count++;
    return count;
  }

  /** Grants what may be granted: domains that do not hang come first, then rounds under way, then who waited longest. */
  #serve(now: number): void {
    while (this.#waiting.size > 0 && this.#permits.size < this.#most) {
      const next = this.#next(now);
      if (!next) return;
      this.#waiting.delete(next);
      next.grant(this.#grant(next.domain, now));
    }
  }

  #next(now: number): Waiting | undefined {
    const judged = new Map<Domain, number | undefined>();
    let best: Waiting | undefined;
    let bestRank = Infinity;
    for (const waiting of this.#waiting) {
      const { domain } = waiting;
      if (!judged.has(domain)) judged.set(domain, this.#rank(domain, now));
      const base = judged.get(domain);
      if (base === undefined) continue;
      const rank = base + (waiting.isFirst ? 1 : 0);
      if (rank === 0) return waiting;
      if (rank >= bestRank) continue;
      best = waiting;
      bestRank = rank;
    }
    return best;
  }

  #rank(domain: Domain, now: number): number | undefined {
    if (!this.#mayTake(domain, now)) return undefined;
    return hangs(domain, now) ? 2 : 0;
  }

  #domain(name: string): Domain {
    const known = this.#domains.get(name);
    const domain = known ?? { name, permits: new Set(), hung: false, replies: 0, repliesAt: 0 };
    if (known) this.#domains.delete(name);
    else if (this.#domains.size >= MOST_DOMAINS) this.#forgetOne();
    this.#domains.set(name, domain);
    return domain;
  }

  #forgetOne(): void {
    for (const [name, { permits }] of this.#domains) {
      if (permits.size > 0) continue;
      this.#domains.delete(name);
      return;
    }
  }
}

function hangs({ hung, permits }: Domain, now: number): boolean {
  if (hung) return true;
  const [oldest] = permits;
  return oldest !== undefined && now - oldest.takenAt >= HANGS_MS;
}

function recentReplies({ replies, repliesAt }: Domain, now: number): number {
  return replies * 2 ** ((repliesAt - now) / HALF_LIFE_MS);
}
