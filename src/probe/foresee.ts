import { isAbsent, misnamingSeen } from '../diagnosis/misnaming.ts';
import { isLiteral, whyNotEncodable } from '../dns/name.ts';
import { Resolver, type ResolverOptions } from '../dns/resolver.ts';
import type { Outcome } from '../model/outcome.ts';
import type { AddressHop, AddressType, QueryResult, Round } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import { askCorrections, askTarget } from './round.ts';

export interface ForesightOptions extends ResolverOptions {
  readonly clusterDomain: string;
  /** The last name that the target leads to by way of the other Services. */
  readonly finalTarget: string;
  /** It leads back to the Service. */
  readonly inLoop: boolean;
  /** The servers are those of the cluster, and know the names in its zone. */
  readonly knowsZone: boolean;
  /** Names that Services of the same manifests would have: where the zone is not known, these exist. */
  readonly names: ReadonlySet<string>;
}

/**
 * The round that a Service would have, were it in the cluster: its target is asked for, and the hops of its
 * alias are what cluster DNS (CoreDNS) makes of that. Never rejects.
 */
export async function foreseeRound(spec: ServiceSpec, options: ForesightOptions): Promise<Round> {
  const { finalTarget, inLoop, clusterDomain, knowsZone, names } = options;
  const { recordTypes } = spec.settings;
  if (whyNotEncodable(spec.target)) return {};
  const all = (outcome: Outcome): AddressHop => hopOf(recordTypes, () => made(outcome));
  const alias = { ...made('ok'), chain: [{ name: spec.target, ttl: 0 }] };
  if (inLoop) return { alias, app: all('nodata') };
  // A CNAME cannot lead to an address, also by way of another Service (coredns#2324).
  if (isLiteral(finalTarget) || whyNotEncodable(finalTarget))
    return { alias, app: all('nodata'), target: all('nxdomain') };
  const resolver = new Resolver(options);
  try {
    const target = await askTarget(resolver, finalTarget, recordTypes, { edns: true });
    const app = hopOf(recordTypes, (type) => asServed(spec, target[type]));
    const corrections = knowsZone
      ? await askCorrections(resolver, spec, clusterDomain, target)
      : correctionsAmong(names, spec, clusterDomain, target);
    return { alias, app, target, ...corrections };
  } finally {
    resolver.close();
  }
}

function correctionsAmong(
  names: ReadonlySet<string>,
  spec: ServiceSpec,
  clusterDomain: string,
  target: AddressHop,
): Pick<Round, 'corrections'> {
  if (!isAbsent(spec.target, target, clusterDomain)) return {};
  const { candidates = [] } = misnamingSeen(spec, target, clusterDomain) ?? {};
  const name = candidates.find((one) => names.has(one));
  return name === undefined ? {} : { corrections: [{ name, result: made('ok') }] };
}

/** Whatever goes wrong with the lookup of the target, CoreDNS drops its rcode and serves the bare CNAME. */
function asServed({ target }: ServiceSpec, result: QueryResult | undefined): QueryResult {
  const { chain = [], ...rest } = result ?? made('timeout');
  const served = [{ name: target, ttl: 0 }, ...chain];
  const outcome = rest.outcome === 'ok' ? 'ok' : 'bare_cname';
  return { ...rest, outcome, chain: served };
}

function hopOf(
  types: readonly AddressType[],
  resultOf: (type: AddressType) => QueryResult,
): AddressHop {
  return Object.fromEntries(types.map((type) => [type, resultOf(type)]));
}

/** A result without a query. */
function made(outcome: Outcome): QueryResult {
  return { outcome, server: '', exchanges: [], addresses: [], chain: [] };
}
