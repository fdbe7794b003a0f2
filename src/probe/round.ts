import { isLiteral } from '../dns/name.ts';
import { Resolver, type ResolverOptions } from '../dns/resolver.ts';
import type { ProbedHops } from '../model/messages.ts';
import type { AddressHop, AddressType, QueryResult, Round } from '../model/round.ts';
import { aliasOf, qualifiedName, type ServiceSpec } from '../model/service.ts';

export interface RoundOptions extends ResolverOptions {
  readonly clusterDomain: string;
  /** All unless given. */
  readonly hops?: ProbedHops;
  readonly recordTypes: readonly AddressType[];
  /** Rounds alternate, so that neither hop always meets the cache that the other has warmed. */
  readonly first: 'app' | 'target';
  /** The target hop, where another Service with the same target has asked it already. */
  readonly sharedTarget?: AddressHop;
  /** Holds an address hop back until it may be asked; runs it at once unless given. */
  readonly gate?: <T>(ask: () => Promise<T>) => Promise<T>;
  /** Hears of the alias hop as soon as it has ended, which may be long before the round. */
  readonly onAlias?: (result: QueryResult) => void;
  /** The round is among these as long as it lasts; closing it makes what is unanswered count as timed out. */
  readonly underWay?: Set<Resolver>;
}

/** The second address hop waits for the first, so that one of them meets a cold cache; but not for one that hangs. */
const HEAD_START_MS = 1_000;

/** A chain that cluster DNS left unfinished is followed by asking its last name, this often at most. */
const MAX_FOLLOWED = 3;

/**
 * The hops of one Service once, from one UDP socket to each server; never rejects.
 * Needs no thread of its own: the worker, the command line and tests call the same function.
 * @throws RangeError if the alias or the target cannot be encoded
 */
export async function runRound(spec: ServiceSpec, options: RoundOptions): Promise<Round> {
  const resolver = new Resolver(options);
  options.underWay?.add(resolver);
  try {
    return await askHops(resolver, spec, options);
  } finally {
    options.underWay?.delete(resolver);
    resolver.close();
  }
}

/**
 * What a server of several says when it is asked on its own: the hops `app` and `alias`, from one socket;
 * never rejects. The target hop would say nothing more of the server.
 */
export async function runServerRound(
  spec: ServiceSpec,
  options: Omit<RoundOptions, 'first'>,
): Promise<Round> {
  const { clusterDomain, recordTypes, gate = (ask) => ask() } = options;
  const alias = aliasOf(spec, clusterDomain);
  const resolver = new Resolver(options);
  try {
    const [aliasHop, app] = await Promise.all([
      askAlias(resolver, alias, spec.target),
      gate(() => askAddresses(resolver, alias, recordTypes, false)),
    ]);
    return { app, alias: aliasHop };
  } finally {
    resolver.close();
  }
}

/**
 * The CNAME of the alias alone: all that may be asked while cluster DNS may not know the Service,
 * since an early NXDOMAIN for A or AAAA would be cached for the pods, too; CNAME has an entry of its own.
 */
export async function runSettling(
  spec: ServiceSpec,
  options: ResolverOptions & { readonly clusterDomain: string },
): Promise<Round> {
  const resolver = new Resolver(options);
  try {
    return { alias: await askAlias(resolver, aliasOf(spec, options.clusterDomain), spec.target) };
  } finally {
    resolver.close();
  }
}

async function askHops(
  resolver: Resolver,
  spec: ServiceSpec,
  options: RoundOptions,
): Promise<Round> {
  const { clusterDomain, recordTypes, sharedTarget, gate = (ask) => ask() } = options;
  const alias = aliasOf(spec, clusterDomain);
  const askedAlias = async (): Promise<QueryResult> => {
    const result = await askAlias(resolver, alias, spec.target);
    options.onAlias?.(result);
    return result;
  };
  const app = (): Promise<AddressHop> =>
    gate(() => askAddresses(resolver, alias, recordTypes, false));
  if (options.hops === 'app') return { app: await app() };
  if (isLiteral(spec.target)) {
    // No name to ask for: the question would only trouble the root servers.
    const [aliasHop, appHop] = await Promise.all([askedAlias(), app()]);
    return { app: appHop, alias: aliasHop };
  }
  const target = async (): Promise<AddressHop> =>
    sharedTarget ?? gate(() => askTarget(resolver, spec.target, recordTypes));
  const [first, second] = options.first === 'app' ? [app, target] : [target, app];
  const aliasHop = askedAlias();
  const firstHop = first();
  await settledWithin(firstHop, HEAD_START_MS);
  const [aliasResult, one, other] = await Promise.all([aliasHop, firstHop, second()]);
  const [appHop, targetHop] = options.first === 'app' ? [one, other] : [other, one];
  const qualified = await askQualified(resolver, spec, clusterDomain, targetHop);
  return {
    app: appHop,
    alias: aliasResult,
    target: targetHop,
    ...(qualified ? { qualified } : {}),
  };
}

async function askAlias(resolver: Resolver, alias: string, target: string): Promise<QueryResult> {
  const result = await resolver.ask({ name: alias, type: 'CNAME' }, true);
  const isOther = result.outcome === 'ok' && result.chain[0]?.name !== target;
  return isOther ? { ...result, outcome: 'mismatch' } : result;
}

/** What the target itself answers. A chain that is left unfinished is followed, a few names far. */
export async function askTarget(
  resolver: Resolver,
  target: string,
  types: readonly AddressType[],
): Promise<AddressHop> {
  let hop = await askAddresses(resolver, target, types, true);
  for (let followed = 0; followed < MAX_FOLLOWED; followed++) {
    const results = Object.values(hop);
    const last = results[0]?.chain.at(-1)?.name;
    const isUnfinished = results.every(({ outcome }) => outcome === 'bare_cname');
    if (!isUnfinished || last === undefined || last === target) break;
    hop = continued(hop, await askAddresses(resolver, last, types, true));
  }
  return hop;
}

/** The results for a chain's last name, with the chain that led there. */
function continued(start: AddressHop, end: AddressHop): AddressHop {
  const join = (type: AddressType): AddressHop => {
    const [a, b] = [start[type], end[type]];
    if (!a || !b) return {};
    const chain = [...a.chain, ...b.chain];
    return { [type]: { ...b, chain, exchanges: [...a.exchanges, ...b.exchanges] } };
  };
  return { ...join('A'), ...join('AAAA') };
}

/** Asks whether a target that does not exist would, had its author written the cluster domain. */
export async function askQualified(
  resolver: Resolver,
  spec: ServiceSpec,
  clusterDomain: string,
  target: AddressHop,
): Promise<Round['qualified']> {
  if (!Object.values(target).some(({ outcome }) => outcome === 'nxdomain')) return undefined;
  const name = qualifiedName(spec, clusterDomain);
  if (name === undefined) return undefined;
  return { name, result: await resolver.ask({ name, type: 'A' }, true) };
}

async function askAddresses(
  resolver: Resolver,
  name: string,
  types: readonly AddressType[],
  edns: boolean,
): Promise<AddressHop> {
  const results = await Promise.all(types.map((type) => resolver.ask({ name, type }, edns)));
  const hop: Partial<Record<AddressType, QueryResult>> = {};
  for (const [i, type] of types.entries()) {
    const result = results[i];
    if (result) hop[type] = result;
  }
  return hop;
}

/** Waits until `promise` has settled, but no longer than `ms`. */
function settledWithin(promise: Promise<unknown>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    promise.then(done, done);
  });
}
