import { isFailure } from '../model/outcome.ts';
import type { AddressHop, QueryResult } from '../model/round.ts';
import { isInZone } from '../model/service.ts';
import { type Cluster, clustersOf, type FirstFailure } from './onset.ts';
import { lastName } from './outcomes.ts';
import { providerDomain } from './provider-domain.ts';

/** The share of failing domains counts only if at least this many other provider domains fail. */
const SEVERAL = 2;
/**
 * At least a quarter of all domains must fail. The true state of most others may be visible only
 * once their cached answers have expired.
 */
const WORKING_PER_FAILING = 3;
/** A cache that counts down in whole seconds may show the same entry as a second longer. */
const ROUNDING_MS = 1_500;
/** With more Services than this, the overview is not recomputed on every change. */
const MANY = 1_000;
const PAUSE_PER_MANY_MS = 100;

/** State of the other provider domains that were queried recently at the same server. */
export interface Share {
  readonly server: string;
  /** Domains that began to fail together with the Service's own. */
  readonly failing: number;
  /** Domains that resolved after that. */
  readonly resolved: number;
}

interface Shared extends Share {
  /** Start of the failures; -Infinity if none of the domains ever worked. */
  readonly since: number;
  readonly refusing: number;
  /** Domains that do not fail, regardless of the age of their last answer. */
  readonly working: number;
}

/** The last result for the target of one Service. */
interface Entry {
  readonly domain: string;
  /** Labels of the servers that were queried and failed, or of the servers that answered. */
  readonly servers: readonly string[];
  readonly failure?: FirstFailure;
  /**
   * When cluster DNS last fetched the answer from outside, and until when it may repeat the answer
   * from its cache.
   */
  readonly fetchedAt?: number;
  readonly cachedUntil?: number;
  blamed: Blamed;
}

interface Blamed {
  readonly upstream: boolean;
  readonly refusing: boolean;
}

const ALONE: Omit<Shared, 'server'> = {
  since: Infinity,
  failing: 0,
  refusing: 0,
  resolved: 0,
  working: 0,
};
/** By server. */
type Clusters = ReadonlyMap<string, readonly Cluster[]>;

const NOT_BLAMED: Blamed = { upstream: false, refusing: false };

/**
 * Tracks the targets of all Services by provider domain and server: which share of the recently
 * queried domains fails, and whether they began to fail together. A domain that has failed for a
 * long time proves nothing about a fault that begins now. Names in the cluster's zone prove nothing
 * about upstream. All times are milliseconds on the steady clock.
 */
export class Population {
  readonly #clusterDomain: string;
  readonly #togetherMs: number;
  readonly #entries = new Map<string, Entry>();
  readonly #failing = new Map<string, Entry>();
  /** How many of each domain do not fail. */
  readonly #resolved = new Map<string, number>();
  #clusters: Clusters = new Map();
  /** Those by which the others were last judged, and last judged without regard to what was blamed before. */
  #judgedBy: Clusters | undefined;
  #settledBy: Clusters | undefined;
  #drawnAt = -Infinity;
  #isDirty = false;

  /**
   * @param togetherMs domains that begin to fail within this time of each other have begun together
   */
  constructor(clusterDomain: string, togetherMs: number) {
    this.#clusterDomain = clusterDomain;
    this.#togetherMs = togetherMs;
  }

  /**
   * Records the last target hop of a Service; `undefined` if the Service is gone or was not
   * queried. `target` is the last target that the spec leads to. Returns the keys of the other
   * Services with a changed blame.
   */
  update(key: string, target: string, hop: AddressHop | undefined, now: number): string[] {
    const before = this.#entries.get(key);
    const entry = this.#entryOf(before, target, hop, now);
    if (!before && !entry) return [];
    this.#isDirty = true;
    this.#failing.delete(key);
    this.#count(before, -1);
    this.#count(entry, 1);
    if (!entry) {
      this.#entries.delete(key);
      return this.#judgeOthers(key, now, false);
    }
    this.#entries.set(key, entry);
    if (!entry.failure) return [];
    this.#failing.set(key, entry);
    entry.blamed = this.#judged(entry, now);
    return before?.failure ? [] : this.#judgeOthers(key, now, true);
  }

  /**
   * Most of the domains that were queried recently through the same servers fail together with this
   * Service.
   */
  upstreamFailing(key: string): boolean {
    return this.#failing.get(key)?.blamed.upstream ?? false;
  }

  /** Cluster DNS answers REFUSED for most of these domains. */
  refusingMany(key: string): boolean {
    return this.#failing.get(key)?.blamed.refusing ?? false;
  }

  /** When the target of a Service began to fail; undefined if it does not fail. */
  failingSince(key: string): number | undefined {
    return this.#failing.get(key)?.failure?.since;
  }

  /**
   * State of the other domains at the server with the clearest evidence about upstream; undefined
   * for a Service that does not fail.
   */
  shareOf(key: string, now: number): Share | undefined {
    const entry = this.#failing.get(key);
    if (!entry) return undefined;
    return this.#shares(entry, now).reduce((a, b) => (b.resolved > a.resolved ? b : a));
  }

  #entryOf(
    before: Entry | undefined,
    target: string,
    hop: AddressHop | undefined,
    now: number,
  ): Entry | undefined {
    const results = Object.values(hop ?? {});
    const name = lastName(target, hop);
    if (results.length === 0 || isInZone(name, this.#clusterDomain)) return undefined;
    const domain = providerDomain(name);
    const known = before?.domain === domain ? before : undefined;
    const answered = results.filter(({ outcome }) => !isFailure(outcome));
    if (answered.length === results.length || answered.some(({ outcome }) => outcome === 'ok')) {
      // Cluster DNS answers with the CNAME alone if it failed to resolve the rest.
      if (answered.every(({ outcome }) => outcome === 'bare_cname')) return undefined;
      const servers = distinct(answered.map(({ server }) => server));
      return { domain, servers, ...fetched(known, answered, now), blamed: NOT_BLAMED };
    }
    const isOnset = known?.fetchedAt !== undefined || this.#resolved.has(domain);
    const refused = results.some(({ outcome }) => outcome === 'refused');
    return {
      domain,
      servers: distinct(results.flatMap(serversAsked)),
      failure: { since: now, isOnset, ...known?.failure, refused },
      blamed: known?.blamed ?? NOT_BLAMED,
    };
  }

  #count(entry: Entry | undefined, by: 1 | -1): void {
    if (!entry || entry.failure) return;
    const count = (this.#resolved.get(entry.domain) ?? 0) + by;
    if (count > 0) this.#resolved.set(entry.domain, count);
    else this.#resolved.delete(entry.domain);
  }

  /**
   * Judges the other failing Services again. If a Service began to fail, they may have begun
   * together with it. A recovery changes no other Service: their last rounds are older than the
   * recovery. With the same clusters the judgement is the same, so it is not repeated: a fault of
   * many Services at once would otherwise cost the square of their number.
   */
  #judgeOthers(key: string, now: number, isOneMore: boolean): string[] {
    const clusters = this.#drawn(now);
    if (clusters === this.#settledBy || (isOneMore && clusters === this.#judgedBy)) return [];
    this.#judgedBy = clusters;
    if (!isOneMore) this.#settledBy = clusters;
    const changed: string[] = [];
    for (const [other, entry] of this.#failing) {
      if (other === key) continue;
      const { upstream, refusing } = entry.blamed;
      const judged = this.#judged(entry, now);
      entry.blamed = isOneMore
        ? { upstream: upstream || judged.upstream, refusing: refusing || judged.refusing }
        : judged;
      const isSame = upstream === entry.blamed.upstream && refusing === entry.blamed.refusing;
      if (!isSame) changed.push(other);
    }
    return changed;
  }

  #judged(entry: Entry, now: number): Blamed {
    const { since: failingSince = now, refused = false } = entry.failure ?? {};
    const isMost = (failing: number, { since, resolved, working }: Shared): boolean => {
      if (failing < SEVERAL || failingSince < since) return false;
      if (since === -Infinity) return working === 0;
      return failing >= resolved && failing * WORKING_PER_FAILING >= working;
    };
    const shares = this.#shares(entry, now);
    return {
      upstream: shares.every((share) => isMost(share.failing, share)),
      refusing: refused && shares.every((share) => isMost(share.refusing, share)),
    };
  }

  /**
   * One share per server that was queried without success. A domain with another name that resolved
   * by chance is not counted as failing. Its share is still that of the domains that began to fail
   * with it.
   */
  #shares({ domain, servers, failure }: Entry, now: number): Shared[] {
    const clusters = this.#drawn(now);
    const { since = now } = failure ?? {};
    const isTogether = (cluster: Cluster): boolean =>
      since >= cluster.since - this.#togetherMs && since <= cluster.until + this.#togetherMs;
    return servers.map((server) => {
      const known = clusters.get(server) ?? [];
      const own = known.find(({ domains }) => domains.has(domain));
      const cluster = own ?? (failure?.isOnset ? known.find(isTogether) : undefined);
      if (!cluster) return { ...ALONE, server };
      const countOthers = (domains: ReadonlySet<string>): number =>
        domains.size - (domains.has(domain) ? 1 : 0);
      return {
        server,
        since: own ? own.since : Math.min(since, cluster.since),
        failing: countOthers(cluster.domains),
        refusing: countOthers(cluster.refusing),
        resolved: cluster.resolved,
        working: cluster.working,
      };
    });
  }

  /** The clusters, recomputed only when they are older than the cost of recomputing justifies. */
  #drawn(now: number): Clusters {
    const pause = Math.floor(this.#entries.size / MANY) * PAUSE_PER_MANY_MS;
    if (!this.#isDirty || now - this.#drawnAt < pause) return this.#clusters;
    const byServer = new Map<string, Entry[]>();
    for (const entry of this.#entries.values()) {
      for (const server of entry.servers) {
        const known = byServer.get(server);
        if (known) known.push(entry);
        else byServer.set(server, [entry]);
      }
    }
    this.#clusters = new Map(
      [...byServer].map(([server, entries]) => [server, clustersOf(entries, this.#togetherMs)]),
    );
    this.#drawnAt = now;
    this.#isDirty = false;
    return this.#clusters;
  }
}

/**
 * An answer that expires no later than the previous one is that answer from a cache. It proves
 * nothing about upstream.
 */
function fetched(
  before: Entry | undefined,
  answered: readonly QueryResult[],
  now: number,
): Required<Pick<Entry, 'fetchedAt' | 'cachedUntil'>> {
  const ttl = Math.min(...answered.map(({ ttl = 0 }) => ttl));
  const until = now + ttl * 1000;
  const { fetchedAt, cachedUntil = -Infinity } = before ?? {};
  const isRepeated =
    fetchedAt !== undefined && now < cachedUntil && until <= cachedUntil + ROUNDING_MS;
  return isRepeated ? { fetchedAt, cachedUntil } : { fetchedAt: now, cachedUntil: until };
}

/** All servers that a query was sent to; only the last one if the exchanges are unknown. */
function serversAsked({ server, exchanges }: QueryResult): string[] {
  return exchanges.length > 0 ? exchanges.map((exchange) => exchange.server) : [server];
}

function distinct(labels: readonly string[]): readonly string[] {
  return labels.length > 1 ? [...new Set(labels)] : labels;
}
