/**
 * Compares one answer of cluster DNS with one answer of a reference resolver for the same target.
 */
import { isFailure } from '../model/outcome.ts';
import { type AddressHop, type AddressType, type QueryResult, TYPE_OF } from '../model/round.ts';
import { isPublic, networkOf } from './address.ts';
import { customerDomain, providerDomain } from './provider-domain.ts';

/** How two answers relate. From `elsewhere` on, both have public addresses and share no network. */
export type Relation =
  /**
   * They share a network or the registrable domain of the last CNAME, or neither has an address.
   */
  | 'agrees'
  /** One side has no address, only private addresses, or different private addresses. */
  | 'differs'
  /** Neither chain leaves the target's domain: GeoDNS, a pool, or a hijack. */
  | 'elsewhere'
  /** The chains end in different domains, but share a name or end at the same provider. */
  | 'related'
  /** The chains end in different domains. */
  | 'foreign';

export interface Comparison {
  readonly relation: Relation;
  /**
   * Places from cluster DNS: the networks of its addresses and the domain of its last CNAME. Empty
   * if `relation` is not about public addresses.
   */
  readonly ours: readonly string[];
  /** The same for the reference. */
  readonly theirs: readonly string[];
  /** How long the reference may repeat this answer from its cache: its longest TTL, in seconds. */
  readonly keptSeconds: number;
}

/** The side that failed or did not reply, so that no comparison is possible. */
export type Unanswered = 'cluster' | 'reference';

interface View {
  readonly hasAddress: boolean;
  readonly isPublic: boolean;
  /** Of both families. */
  readonly networks: readonly string[];
  /** Names of the CNAMEs. */
  readonly links: readonly string[];
  /** The last CNAME, or the target itself. */
  readonly end: string;
  readonly keptSeconds: number;
}

/**
 * Compares only the types that both sides were asked for. A Service may use only one type at
 * cluster DNS.
 */
export function comparisonOf(
  target: string,
  cluster: AddressHop,
  reference: AddressHop,
): Comparison | Unanswered {
  const types = Object.values(TYPE_OF).filter((type) => cluster[type] && reference[type]);
  const view = (hop: AddressHop): View =>
    viewOf(
      target,
      types.flatMap((type) => hop[type] ?? []),
    );
  const ours = view(cluster);
  const theirs = view(reference);
  const areSame = shares(ours.networks, theirs.networks);
  if (!areSame && isInDoubt(types, cluster, reference)) {
    return types.some((type) => isFailed(reference[type])) ? 'reference' : 'cluster';
  }
  if (!ours.isPublic || !theirs.isPublic) {
    const agrees = areSame || (!ours.hasAddress && !theirs.hasAddress);
    return { relation: agrees ? 'agrees' : 'differs', ours: [], theirs: [], keptSeconds: 0 };
  }
  const relation = areSame ? 'agrees' : relationOf(ours, theirs);
  const { keptSeconds } = theirs;
  return { relation, ours: placesOf(ours), theirs: placesOf(theirs), keptSeconds };
}

/**
 * Whether the failed types could have agreed: no type was answered on both sides, or one type has
 * addresses on one side only.
 */
function isInDoubt(
  types: readonly AddressType[],
  cluster: AddressHop,
  reference: AddressHop,
): boolean {
  const failed = types.filter((type) => isFailed(cluster[type]) || isFailed(reference[type]));
  const isOpen = (type: AddressType): boolean =>
    [cluster[type], reference[type]].some((result) => result?.outcome === 'ok');
  return failed.length === types.length || failed.some(isOpen);
}

function isFailed(result: QueryResult | undefined): boolean {
  return result !== undefined && isFailure(result.outcome);
}

function viewOf(target: string, results: readonly QueryResult[]): View {
  const addresses = results.flatMap((result) => result.addresses);
  const chain = results.find((result) => result.chain.length > 0)?.chain ?? [];
  return {
    hasAddress: addresses.length > 0,
    isPublic: addresses.some(isPublic),
    networks: [...new Set(addresses.map(networkOf))],
    links: chain.map(({ name }) => name),
    end: chain.at(-1)?.name ?? target,
    keptSeconds: Math.max(0, ...results.flatMap(ttlsOf)),
  };
}

function ttlsOf({ ttl = 0, chain }: QueryResult): number[] {
  return [ttl, ...chain.map((link) => link.ttl)];
}

function relationOf(ours: View, theirs: View): Relation {
  if (customerDomain(ours.end) === customerDomain(theirs.end)) {
    return ours.links.length > 0 && theirs.links.length > 0 ? 'agrees' : 'elsewhere';
  }
  // A target that uses several providers has its own domain, or a broker's, earlier in the chain.
  // The load balancers of one cloud have a separate public suffix in each region.
  const isRelated =
    shares(ours.links, theirs.links) || providerDomain(ours.end) === providerDomain(theirs.end);
  return isRelated ? 'related' : 'foreign';
}

/** Prefix of a place that is a CNAME domain. All other places are networks. */
const DOMAIN = 'CNAME ';

export function isDomain(place: string): boolean {
  return place.startsWith(DOMAIN);
}

function placesOf({ networks, links, end }: View): readonly string[] {
  return links.length > 0 ? [...networks, `${DOMAIN}${customerDomain(end)}`] : networks;
}

function shares(some: readonly string[], others: readonly string[]): boolean {
  return some.some((one) => others.includes(one));
}
