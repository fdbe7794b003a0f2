/**
 * Groups Services by the domain of their targets: a domain that fails is one fault, however many
 * Services use it.
 */
import { dateOf } from '../../model/time.ts';
import { type Blame, isTrouble } from '../../model/verdict.ts';
import type { ServiceRecord } from '../../state/record.ts';
import { targetDomain } from '../../state/target-domain.ts';
import { count, object, optional, text, time, type Value } from '../schema.ts';
import { BLAME, VERDICT } from '../word-schemas.ts';

/** The failing Services with targets in one domain, or with one target. */
export const DOMAIN_GROUP = object({
  domain: text('Of the targets, as in target_domain of externalname_service_info.'),
  target: optional(text('Present where all that fail have the same target.')),
  services: count('With a target in the domain.'),
  failing: count('That fail through the target or upstream DNS.'),
  down: count('Of these, the Services without an address for pods.'),
  blame: BLAME,
  verdict: VERDICT,
  since: time('When the first of them began to fail.'),
  latest: optional(time('When the last of them began to fail; absent if that is unknown.')),
});
export type DomainGroup = Value<typeof DOMAIN_GROUP>;

/** Whether a Service is one of the failing Services of a group. `domain`: of its target. */
export function isOf(
  group: DomainGroup,
  record: ServiceRecord,
  domain: string | undefined,
): boolean {
  if (!isFailing(record)) return false;
  return group.target === undefined ? domain === group.domain : record.spec.target === group.target;
}

/** How many Services share a property with a Service, itself included. */
export const SHARING = object({
  services: count('All of them.'),
  failing: count('The Services that fail through the target or upstream DNS.'),
});
export type Sharing = Value<typeof SHARING>;

/** Groups of at least this size are shown as one row, because there is one alert for them. */
export const MANY = 3;
/** If a smaller share of the Services in a domain fails, the domain as a whole is not at fault. */
const LEAST_SHARE = 0.5;
const LEAST_FAILING = 2;
const MOST_GROUPS = 20;

/** The members of a domain, by `namespace/name`. */
interface Domain {
  readonly members: Map<string, ServiceRecord>;
  failing: number;
}

interface Place {
  readonly target: string;
  readonly domain: string;
}

/** For targets in the zone of the cluster, and for IP literals. */
const NO_DOMAIN = '';

/**
 * Updated record by record, because computing the domains of ten thousand targets takes longer than
 * the rest of a summary.
 */
export class Domains {
  readonly #clusterDomain: string;
  readonly #domains = new Map<string, Domain>();
  readonly #places = new Map<string, Place>();

  constructor(clusterDomain: string) {
    this.#clusterDomain = clusterDomain;
  }

  update(key: string, record: ServiceRecord | undefined): void {
    const before = this.#places.get(key);
    const target = record?.spec.target;
    const place =
      target === undefined || target === before?.target ? before : this.#placeOf(target);
    if (before && (!record || before !== place)) this.#leave(key, before.domain);
    if (!record || !place) {
      this.#places.delete(key);
      return;
    }
    this.#places.set(key, place);
    this.#enter(key, place.domain, record);
  }

  /** The domain of a Service's target; undefined if there is none. */
  of(key: string): string | undefined {
    return this.#places.get(key)?.domain || undefined;
  }

  /** Groups with at least two failing Services, largest first, up to a limit. */
  groups(): readonly DomainGroup[] {
    return this.#failing()
      .slice(0, MOST_GROUPS)
      .map(([name, { members }]) => groupOf(name, [...members.values()]));
  }

  /**
   * Groups that are one fault each, largest first: a domain, or a shared target in a domain that
   * works for other targets. A failure of upstream DNS that affects several domains is a broader
   * cause and takes precedence. `blames`: Services by blame, of all domains.
   */
  faults(blames: Readonly<Partial<Record<Blame, number>>>): readonly DomainGroup[] {
    return this.#failing()
      .filter(([, { failing }]) => failing >= MANY)
      .flatMap(([name, { members }]) => faultsOf(name, [...members.values()]))
      .filter(({ blame, failing }) => blame === 'target' || failing >= (blames[blame] ?? 0))
      .sort((a, b) => b.failing - a.failing)
      .slice(0, MOST_GROUPS);
  }

  /** Number of Services with the same target, and number with a target in its domain. */
  sharing({ spec }: ServiceRecord): { readonly target: Sharing; readonly domain?: Sharing } {
    const domain = this.#domains.get(this.#places.get(spec.key)?.domain ?? NO_DOMAIN);
    const same = [...(domain?.members.values() ?? [])].filter(
      (other) => other.spec.target === spec.target,
    );
    const target = { services: same.length, failing: same.filter(isFailing).length };
    if (!domain || this.of(spec.key) === undefined) return { target };
    return { target, domain: { services: domain.members.size, failing: domain.failing } };
  }

  /** Whether so many Services of a domain fail that the domain as a whole is at fault. */
  isWhole(domain: string, failing: number): boolean {
    const services = this.#domains.get(domain)?.members.size ?? 0;
    return failing >= LEAST_SHARE * services;
  }

  #failing(): [string, Domain][] {
    return [...this.#domains]
      .filter(([name, { failing }]) => failing >= LEAST_FAILING && name !== NO_DOMAIN)
      .sort(([a, { failing: first }], [b, { failing: second }]) =>
        first === second ? (a < b ? -1 : 1) : second - first,
      );
  }

  #placeOf(target: string): Place {
    return { target, domain: targetDomain(target, this.#clusterDomain) ?? NO_DOMAIN };
  }

  #enter(key: string, name: string, record: ServiceRecord): void {
    const domain = this.#domains.get(name) ?? { members: new Map(), failing: 0 };
    const before = domain.members.get(key);
    domain.failing += Number(isFailing(record)) - Number(before !== undefined && isFailing(before));
    domain.members.set(key, record);
    this.#domains.set(name, domain);
  }

  #leave(key: string, name: string): void {
    const domain = this.#domains.get(name);
    const record = domain?.members.get(key);
    if (!domain || !record) return;
    domain.members.delete(key);
    domain.failing -= Number(isFailing(record));
    if (domain.members.size === 0) this.#domains.delete(name);
  }
}

/** Whether the fault lies behind cluster DNS, where the domain is. */
export function isFailing({ diagnosis: { verdict, blame } }: ServiceRecord): boolean {
  return isTrouble(verdict) && (blame === 'target' || blame === 'upstream_dns');
}

/** The domain, or targets in it. */
function faultsOf(domain: string, members: readonly ServiceRecord[]): readonly DomainGroup[] {
  const whole = groupOf(domain, members);
  if (whole.failing >= LEAST_SHARE * whole.services) return [whole];
  const byTarget = Map.groupBy(members.filter(isFailing), ({ spec }) => spec.target);
  return [...byTarget.values()]
    .filter(({ length }) => length >= MANY)
    .map((failing) =>
      groupOf(
        domain,
        members.filter(({ spec }) => spec.target === failing[0]?.spec.target),
      ),
    );
}

function groupOf(domain: string, members: readonly ServiceRecord[]): DomainGroup {
  const failing = members.filter(isFailing);
  const down = failing.filter(({ diagnosis }) => diagnosis.up === 0);
  const worst = down.length > 0 ? down : failing;
  const targets = new Set(failing.map(({ spec }) => spec.target));
  const [target] = targets;
  const exact = failing.flatMap(({ badSince }) => (badSince?.isExact ? [badSince.at] : []));
  return {
    domain,
    ...(targets.size === 1 && target !== undefined ? { target } : {}),
    services: members.length,
    failing: failing.length,
    down: down.length,
    blame: mostFrequent(worst.map(({ diagnosis }) => diagnosis.blame)) ?? 'target',
    verdict: mostFrequent(worst.map(({ diagnosis }) => diagnosis.verdict)) ?? 'target_failing',
    ...(exact.length > 0 ? { latest: dateOf(Math.max(...exact)) } : {}),
    since: dateOf(Math.min(...failing.map(({ since, badSince }) => badSince?.at ?? since))),
  };
}

/** The first one if several are equally frequent. */
function mostFrequent<W extends string>(words: readonly W[]): W | undefined {
  const counts = new Map<W, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return [...counts].find(([, count]) => count === most)?.[0];
}
