/** Which provider domains fail at one server, and whether they began together; all times are milliseconds on the steady clock. */

/** How one target fares at one server. */
export interface Sighting {
  readonly domain: string;
  /** Of a target that fails. */
  readonly failure?: FirstFailure;
  /** When its answer was last fetched from outside of the server's cache. */
  readonly fetchedAt?: number;
}

export interface FirstFailure {
  /** Its first round that failed. */
  readonly since: number;
  /** Answered with REFUSED. */
  readonly refused: boolean;
  /** The domain was resolved before, so that it is known when it began. */
  readonly isOnset: boolean;
}

/** Provider domains that began to fail together, or that have failed for as long as they are known. */
export interface Cluster {
  readonly domains: ReadonlySet<string>;
  /** When the first of them began, and the last; -Infinity where that is not known. */
  readonly since: number;
  readonly until: number;
  readonly refusing: ReadonlySet<string>;
  /** Domains that were resolved since it began. */
  readonly resolved: number;
  /** Domains that do not fail: those, and others whose last answer is older. */
  readonly working: number;
}

interface FailingDomain {
  readonly domain: string;
  readonly since: number;
  readonly refused: boolean;
}

/** Oldest first. A domain of which anything was resolved since it began does not fail. */
export function clustersOf(sightings: Iterable<Sighting>, togetherMs: number): readonly Cluster[] {
  const fetchedAt = new Map<string, number>();
  const failures: (Sighting & { readonly failure: FirstFailure })[] = [];
  for (const sighting of sightings) {
    const { domain, failure } = sighting;
    if (failure) failures.push({ ...sighting, failure });
    else
      fetchedAt.set(
        domain,
        Math.max(fetchedAt.get(domain) ?? -Infinity, sighting.fetchedAt ?? -Infinity),
      );
  }
  const failing = new Map<string, FailingDomain>();
  for (const { domain, failure } of failures) {
    const since = failure.isOnset ? failure.since : -Infinity;
    if ((fetchedAt.get(domain) ?? -Infinity) > since) continue;
    const known = failing.get(domain);
    const refused = failure.refused || (known?.refused ?? false);
    // Names that never worked say nothing about when the others of their domain began.
    const onsets = [since, known?.since ?? -Infinity].filter((at) => at !== -Infinity);
    failing.set(domain, {
      domain,
      since: onsets.length > 0 ? Math.min(...onsets) : -Infinity,
      refused,
    });
  }
  const times = [...fetchedAt]
    .filter(([domain]) => !failing.has(domain))
    .map(([, at]) => at)
    .sort((a, b) => a - b);
  return grouped([...failing.values()].sort(byOnset), togetherMs).map((together) => {
    const since = together[0]?.since ?? -Infinity;
    return {
      domains: namesOf(together),
      since,
      until: together.at(-1)?.since ?? -Infinity,
      refusing: namesOf(together.filter(({ refused }) => refused)),
      resolved: times.length - countBefore(times, since),
      // Where nothing of it ever worked, what failed later has worked before.
      working: times.length + (since === -Infinity ? failing.size - together.length : 0),
    };
  });
}

function namesOf(domains: readonly FailingDomain[]): ReadonlySet<string> {
  return new Set(domains.map(({ domain }) => domain));
}

/** The difference of two that are not known to have a beginning is no number. */
function byOnset(a: FailingDomain, b: FailingDomain): number {
  return a.since === b.since ? 0 : a.since - b.since;
}

/** Of these, sorted: those that begin within `togetherMs` of the one before. */
function grouped(domains: readonly FailingDomain[], togetherMs: number): FailingDomain[][] {
  const groups: FailingDomain[][] = [];
  for (const domain of domains) {
    const group = groups.at(-1);
    const before = group?.at(-1)?.since;
    const isTogether =
      before === domain.since || domain.since - (before ?? -Infinity) <= togetherMs;
    if (group && isTogether) group.push(domain);
    else groups.push([domain]);
  }
  return groups;
}

/** How many of these sorted times are before one. */
function countBefore(times: readonly number[], since: number): number {
  let [from, to] = [0, times.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((times[middle] ?? Infinity) < since) from = middle + 1;
    else to = middle;
  }
  return from;
}
