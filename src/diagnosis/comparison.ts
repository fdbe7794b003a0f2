/** Compares one answer of cluster DNS with one of a reference resolver for the same target. */
import { isFailure } from '../model/outcome.ts';
import { type AddressHop, type AddressType, type QueryResult, TYPE_OF } from '../model/round.ts';
import { isPublic, networkOf } from './address.ts';
import { customerDomain, providerDomain } from './provider-domain.ts';

/** How the two answers relate. All but the first two are of public addresses that share no network. */
export type Relation =
  /** A network or the registrable domain of the last CNAME is the same, or neither has an address. */
  | 'agrees'
  /** One side has no address, or only private ones, or other private ones. */
  | 'differs'
  /** Neither has a CNAME out of the target's domain: GeoDNS, a pool, or a hijack. */
  | 'elsewhere'
  /** The chains end in different domains, but go through the same name or end at the same provider. */
  | 'related'
  /** The chains end in different domains. */
  | 'foreign';

export interface Comparison {
  readonly relation: Relation;
  /** What cluster DNS gave: its networks, and the domain of its last CNAME. Empty where `relation` is not of public addresses. */
  readonly ours: readonly string[];
  /** The same of the reference. */
  readonly theirs: readonly string[];
  /** How long the reference may give this answer from its cache: its longest TTL, in seconds. */
  readonly keptSeconds: number;
}

/** The side with an error or without a reply, so that the two cannot be compared. */
export type Unanswered = 'cluster' | 'reference';

interface View {
  readonly hasAddress: boolean;
  readonly isPublic: boolean;
  /** Of both families. */
  readonly networks: readonly string[];
  /** Names of the CNAMEs. */
  readonly links: readonly string[];
  /** The last of them, or the target itself. */
  readonly end: string;
  readonly keptSeconds: number;
}

/** Compares by the types that both sides were asked for: a Service may want only one of them from cluster DNS. */
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

/** Whether what failed could have been the same: no type was answered at both sides, or one only where it has addresses. */
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
  // A target at several providers has a name of its own, or of a broker, in front of them; and the load
  // balancers of one cloud in several regions have names under a public suffix each.
  const isRelated =
    shares(ours.links, theirs.links) || providerDomain(ours.end) === providerDomain(theirs.end);
  return isRelated ? 'related' : 'foreign';
}

/** Begins the place of a CNAME; other places are networks. */
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
