import type { Clock } from './clock.ts';

/** A query that takes so long hangs: CoreDNS waits 2 s for each of its upstreams (`plugin/pkg/proxy`, read timeout). */
export const HANGS_MS = 2_000;
/** Half-life of the replies that a domain had. */
const HALF_LIFE_MS = 1_000;
/** From this share of the budget on, domains share what is left. */
const BUSY = 1 / 2;
/** Domains that do not work leave the rest of a busy budget to others, ... */
const MOST_UNPROVEN = 7 / 8;
/** ... and those of them that hang leave this rest to new ones. */
const MOST_HUNG = 3 / 4;
/** This part is for rounds under way that hang, before all others: else none would end while one domain after the other begins to hang. */
const ENDING = 1 / 8;
/** Domains without a query under way of which something is remembered; the one used longest ago goes first. */
const MOST_DOMAINS = 40_000;

/** Gives a permit back, and says whether the query had a reply; absent: it was not sent. A second call does nothing. */
export type Release = (replied?: boolean) => void;

type Grant = (release: Release) => void;

/** `hung`: its last query had no reply, or took as long as one that hangs. `new`: none has ended yet. */
type Standing = 'works' | 'new' | 'hung';

const ALL: ReadonlySet<Standing> = new Set<Standing>(['works', 'new', 'hung']);
const WITHOUT_HUNG: ReadonlySet<Standing> = new Set<Standing>(['works', 'new']);
const PROVEN: ReadonlySet<Standing> = new Set<Standing>(['works']);

interface Permit {
  readonly domain: Domain;
  readonly takenAt: number;
}

interface Domain {
  readonly name: string;
  /** Oldest first. */
  readonly permits: Set<Permit>;
  standing: Standing;
  /** Since when it has that standing. */
  since: number;
  replies: number;
  repliesAt: number;
  /** Who waits, longest first: queries of rounds under way, and first ones of rounds. */
  readonly waiting: readonly [underWay: Set<Grant>, first: Set<Grant>];
}

interface Rank {
  readonly standing: Standing;
  readonly queue: 0 | 1;
  /** The domains that wait, in turn. */
  readonly domains: Set<Domain>;
}

interface Next {
  readonly domain: Domain;
  readonly rank: Rank;
  readonly isEnding: boolean;
}

/** The kinds of waiting queries in the order in which they are served; the last two take turns. */
const RANKS: readonly Omit<Rank, 'domains'>[] = [
  { standing: 'works', queue: 0 },
  { standing: 'works', queue: 1 },
  { standing: 'new', queue: 0 },
  { standing: 'hung', queue: 0 },
  { standing: 'new', queue: 1 },
  { standing: 'hung', queue: 1 },
];

/**
 * The budget of queries that cluster DNS must forward: so many are unanswered at most, since CoreDNS refuses all
 * clients past its own limit (`plugin/forward`, max_concurrent). A permit is taken for each exchange and given back when
 * that has ended; nothing else is waited for while a permit is held.
 *
 * It is shared by registrable domain. While less than half of it is in use, any query gets a permit. Beyond that, a
 * domain gets as many as it had replies within the last seconds, and one more. Domains that had no reply yet, and those that
 * hang, come last, and leave a part of the budget to others. So what hangs does not keep others waiting, and idle
 * permits are used. Where all of them begin to hang, the breakers learn that from rounds that end: a part is for those
 * under way, of the domain first that has hung longest.
 */
export class Budget {
  readonly #most: number;
  readonly #clock: Clock;
  /** By name, the one used longest ago first. */
  readonly #domains = new Map<string, Domain>();
  /** Oldest first. */
  readonly #permits = new Set<Permit>();
  /** Permits of the domains of each standing: counted as they come and go, because each query needs the numbers. */
  readonly #taken: Record<Standing, number> = { works: 0, new: 0, hung: 0 };
  /** Permits of `ENDING`. */
  readonly #ending = new Set<Permit>();
  /**
   * Thousands of domains may wait, and one is looked for whenever a query ends: of those of a rank, only those with a
   * permit may have no room, so that it is found within a hundred.
   */
  readonly #ranks: Rank[] = RANKS.map((rank) => ({ ...rank, domains: new Set() }));
  #waiting = 0;

  constructor(most: number, clock: Clock) {
    this.#most = Math.max(1, most);
    this.#clock = clock;
  }

  /** Domains share what is left of it. */
  get isBusy(): boolean {
    return this.#permits.size >= this.#most * BUSY;
  }

  /** Permits that are taken. */
  get outstanding(): number {
    return this.#permits.size;
  }

  /** Queries that wait for a permit. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Resolves once the domain may have a query under way. `isFirst`: of its round; rounds under way come before those
   * that have not begun, so that few have a socket open. `signal` ends the wait, with nothing to give back.
   */
  take(name: string, isFirst = false, signal?: AbortSignal): Promise<Release> {
    if (signal?.aborted) return Promise.resolve(() => {});
    const taken = this.tryTake(name);
    if (taken) return Promise.resolve(taken);
    const domain = this.#domain(name);
    const queue = domain.waiting[isFirst ? 1 : 0];
    return new Promise((grant) => {
      queue.add(grant);
      this.#waiting++;
      this.#rank(domain);
      signal?.addEventListener('abort', () => {
        if (!queue.delete(grant)) return;
        this.#waiting--;
        this.#rank(domain);
        grant(() => {});
      });
    });
  }

  /** A permit, if there is one at this moment; `like`: as the domain of this name may have one. */
  tryTake(name: string, like = name): Release | undefined {
    const now = this.#clock.now();
    return this.#mayTake(this.#domain(like), now)
      ? this.#grant(this.#domain(name), now)
      : undefined;
  }

  #grant(domain: Domain, takenAt: number, isEnding = false): Release {
    const permit = { domain, takenAt };
    if (isEnding) this.#ending.add(permit);
    this.#permits.add(permit);
    domain.permits.add(permit);
    this.#taken[domain.standing]++;
    return (replied) => {
      if (!this.#permits.delete(permit)) return;
      this.#ending.delete(permit);
      domain.permits.delete(permit);
      this.#taken[domain.standing]--;
      const now = this.#clock.now();
      if (replied !== undefined) this.#learn(domain, !replied || now - takenAt >= HANGS_MS, now);
      this.#serve(now);
    };
  }

  #learn(domain: Domain, hung: boolean, now: number): void {
    const standing = hung ? 'hung' : 'works';
    if (domain.standing !== standing) domain.since = now;
    this.#taken[domain.standing] -= domain.permits.size;
    domain.standing = standing;
    this.#taken[standing] += domain.permits.size;
    if (!hung) {
      domain.replies = recentReplies(domain, now) + 1;
      domain.repliesAt = now;
    }
    this.#rank(domain);
  }

  #mayTake(domain: Domain, now: number): boolean {
    return this.#hasRoom(domain, now) && this.#open(now).has(standingOf(domain, now));
  }

  /** Whether there is a permit, and the domain has less than its share. */
  #hasRoom(domain: Domain, now: number): boolean {
    const { size } = this.#permits;
    if (size >= this.#most) return false;
    if (!this.isBusy || domain.permits.size === 0) return true;
    return hangs(domain, now) || domain.permits.size < 1 + recentReplies(domain, now);
  }

  /** Domains of which standings have less than their part. */
  #open(now: number): ReadonlySet<Standing> {
    if (!this.isBusy) return ALL;
    const late = this.#hangingNow(now);
    const hung = this.#taken.hung + late.works + late.new;
    const isNew = this.#taken.new - late.new;
    if (hung + isNew >= this.#most * MOST_UNPROVEN) return PROVEN;
    return hung >= this.#most * MOST_HUNG ? WITHOUT_HUNG : ALL;
  }

  /** Permits of domains that hang by now, by the standing that these still have. */
  #hangingNow(now: number): Readonly<Record<Standing, number>> {
    const late = { works: 0, new: 0, hung: 0 };
    const seen = new Set<Domain>();
    for (const { domain, takenAt } of this.#permits) {
      if (now - takenAt < HANGS_MS) break;
      if (seen.has(domain)) continue;
      seen.add(domain);
      late[domain.standing] += domain.permits.size;
    }
    return late;
  }

  /** Grants what may be granted. */
  #serve(now: number): void {
    for (let next = this.#next(now); next; next = this.#next(now)) {
      const { domain, rank, isEnding } = next;
      const [grant] = domain.waiting[rank.queue];
      if (!grant) return;
      domain.waiting[rank.queue].delete(grant);
      this.#waiting--;
      for (const { domains } of this.#ranks) domains.delete(domain);
      this.#rank(domain);
      const place = this.#ranks.indexOf(rank);
      if (place === this.#ranks.length - 2) this.#ranks.push(...this.#ranks.splice(place, 1));
      grant(this.#grant(domain, now, isEnding));
    }
  }

  #next(now: number): Next | undefined {
    if (this.#waiting === 0 || this.#permits.size >= this.#most) return undefined;
    const open = this.#open(now);
    if (open.has('hung') && this.#ending.size < Math.floor(this.#most * ENDING)) {
      const rank = this.#ranks.find(({ standing, queue }) => standing === 'hung' && queue === 0);
      const domain = rank && earliest(rank.domains);
      if (domain) return { domain, rank, isEnding: true };
    }
    for (const rank of this.#ranks) {
      if (!open.has(rank.standing)) continue;
      for (const domain of rank.domains) {
        // One that worked may hang by now.
        if (this.#hasRoom(domain, now) && open.has(standingOf(domain, now)))
          return { domain, rank, isEnding: false };
      }
    }
    return undefined;
  }

  /** Lists a domain where it waits; one that is listed there keeps its turn. */
  #rank(domain: Domain): void {
    for (const { domains, standing, queue } of this.#ranks) {
      if (domain.standing === standing && domain.waiting[queue].size > 0) domains.add(domain);
      else domains.delete(domain);
    }
  }

  #domain(name: string): Domain {
    const known = this.#domains.get(name);
    const domain: Domain = known ?? {
      name,
      permits: new Set(),
      standing: 'new',
      since: 0,
      replies: 0,
      repliesAt: 0,
      waiting: [new Set(), new Set()],
    };
    if (known) this.#domains.delete(name);
    else if (this.#domains.size >= MOST_DOMAINS) this.#forgetOne();
    this.#domains.set(name, domain);
    return domain;
  }

  /** One that does not work, if there is one. */
  #forgetOne(): void {
    let idle: string | undefined;
    for (const [name, { permits, waiting, standing }] of this.#domains) {
      if (permits.size > 0 || waiting.some(({ size }) => size > 0)) continue;
      if (standing === 'works') {
        idle ??= name;
        continue;
      }
      idle = name;
      break;
    }
    if (idle !== undefined) this.#domains.delete(idle);
  }
}

/** The one that has had its standing longest. */
function earliest(domains: ReadonlySet<Domain>): Domain | undefined {
  let earliest: Domain | undefined;
  for (const domain of domains) if (!earliest || domain.since < earliest.since) earliest = domain;
  return earliest;
}

function standingOf(domain: Domain, now: number): Standing {
  return hangs(domain, now) ? 'hung' : domain.standing;
}

function hangs({ standing, permits }: Domain, now: number): boolean {
  if (standing === 'hung') return true;
  const [oldest] = permits;
  return oldest !== undefined && now - oldest.takenAt >= HANGS_MS;
}

function recentReplies({ replies, repliesAt }: Domain, now: number): number {
  return replies * 2 ** ((repliesAt - now) / HALF_LIFE_MS);
}
