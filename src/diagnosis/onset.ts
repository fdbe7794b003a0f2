/**
 * Finds the provider domains that fail at one server, and whether they began to fail together. All
 * times are milliseconds on the steady clock.
 */

/** The state of one target at one server. */
export interface Sighting {
  readonly domain: string;
  /** Set if the target fails. */
  readonly failure?: FirstFailure;
  /** When the server last fetched the answer from outside its cache. */
  readonly fetchedAt?: number;
}

export interface FirstFailure {
  /** Time of the first failing round. */
  readonly since: number;
  /** The answer is REFUSED. */
  readonly refused: boolean;
  /** The domain resolved before, so the start of the failure is known. */
  readonly isOnset: boolean;
}

/**
 * Provider domains that began to fail together, or that have failed for as long as they are known.
 */
export interface Cluster {
  readonly domains: ReadonlySet<string>;
  /** Start of the first failure and of the last; -Infinity if unknown. */
  readonly since: number;
  readonly until: number;
  readonly refusing: ReadonlySet<string>;
  /** Number of domains that resolved after the start. */
  readonly resolved: number;
  /** Number of domains that do not fail: the resolved ones, and those with an older last answer. */
  readonly working: number;
}

interface FailingDomain {
  readonly domain: string;
  readonly since: number;
  readonly refused: boolean;
}

/** Oldest first. A domain does not fail if any of its names resolved after the start. */
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
    // Names that never worked do not show when the other names of their domain began to fail.
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
      // If no name of a cluster ever worked, the domains that failed later worked before.
      working: times.length + (since === -Infinity ? failing.size - together.length : 0),
    };
  });
}

function namesOf(domains: readonly FailingDomain[]): ReadonlySet<string> {
  return new Set(domains.map(({ domain }) => domain));
}

/** The difference of two unknown starts is NaN. */
function byOnset(a: FailingDomain, b: FailingDomain): number {
  return a.since === b.since ? 0 : a.since - b.since;
}

/** Groups sorted domains: each begins within `togetherMs` of the one before it. */
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

/** Number of sorted times before `since`. */
function countBefore(times: readonly number[], since: number): number {
  let [from, to] = [0, times.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((times[middle] ?? Infinity) < since) from = middle + 1;
    else to = middle;
  }
  return from;
}
