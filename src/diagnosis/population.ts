import { isFailure } from '../model/outcome.ts';
import type { AddressHop, QueryResult } from '../model/round.ts';
import { isInZone } from '../model/service.ts';
import { type Cluster, clustersOf, type Failure } from './onset.ts';
import { lastName } from './outcomes.ts';
import { providerDomain } from './provider-domain.ts';

/** So many other provider domains must fail before their share says something. */
const SEVERAL = 2;
/** At least a quarter of all: what most others are resolved to, may be known only once their cached answers have expired. */
const WORKING_PER_FAILING = 3;
/** A cache that counts down in whole seconds may show the same entry as a second longer. */
const ROUNDING_MS = 1_500;
/** Of very many Services, the picture is drawn only now and then. */
const MANY = 1_000;
const PAUSE_PER_MANY_MS = 100;

/** How other provider domains fare that were asked for lately at the same server. */
export interface Share {
  readonly server: string;
  /** Those that began to fail together with the Service's own. */
  readonly failing: number;
  /** Those that were resolved since then. */
  readonly resolved: number;
}

interface Shared extends Share {
  /** When they began to fail; -Infinity where nothing of them ever worked. */
  readonly since: number;
  readonly refusing: number;
  /** Domains that do not fail, however old their last answer. */
  readonly working: number;
}

/** How the target of one Service fared when it was last asked for. */
interface Entry {
  readonly domain: string;
  /** By label: those that were asked and failed, or those that answered. */
  readonly servers: readonly string[];
  readonly failure?: Failure;
  /** When its last answer was fetched from outside, and until when cluster DNS may repeat it from its cache. */
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
 * How the targets of all Services fare, by provider domain and server: which part of what was asked for lately fails, and whether
 * that began together. What has failed for long says nothing about a fault that begins now. Names in the cluster's zone say
 * nothing about upstream. All times are milliseconds on the steady clock.
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

  /** Domains that begin to fail within `togetherMs` of each other have begun together. */
  constructor(clusterDomain: string, togetherMs: number) {
    this.#clusterDomain = clusterDomain;
    this.#togetherMs = togetherMs;
  }

  /**
   * What the last target hop of a Service said; `undefined` when the Service is gone or was not asked.
   * `target` is the last that its spec leads to. Returns the other Services, by key, that are to be blamed differently now.
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

  /** Most of what was asked for lately through the same servers fails together with this Service. */
  upstreamFailing(key: string): boolean {
    return this.#failing.get(key)?.blamed.upstream ?? false;
  }

  /** Cluster DNS answers most of that with REFUSED. */
  refusingMany(key: string): boolean {
    return this.#failing.get(key)?.blamed.refusing ?? false;
  }

  /** Since when the target of a Service fails; undefined if it does not. */
  failingSince(key: string): number | undefined {
    return this.#failing.get(key)?.failure?.since;
  }

  /** How the other domains fare at the server that speaks most for upstream; undefined for a Service that does not fail. */
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
      // Cluster DNS answers with the CNAME alone for what it failed to resolve.
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
   * Judges the others that fail. Where a Service began to fail, they may have begun together with it. What is resolved again
   * clears nobody: the last rounds of the others are older than that. The same picture gives the same judgement, so that a
   * fault of many at once does not cost the square of their number.
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
   * For each server that was asked in vain. A domain of which another name was resolved, as chance has it, is not among those that
   * fail; its share is that of the domains which began to fail with it all the same.
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

  /** As old at most as is worth its cost. */
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

/** An answer that ends no later than the one before is that one, repeated from a cache: it proves nothing about upstream. */
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

/** All that a query was sent to; the last one alone where its exchanges are not known. */
function serversAsked({ server, exchanges }: QueryResult): string[] {
  return exchanges.length > 0 ? exchanges.map((exchange) => exchange.server) : [server];
}

function distinct(labels: readonly string[]): readonly string[] {
  return labels.length > 1 ? [...new Set(labels)] : labels;
}
