import { isIP } from 'node:net';
import { Resolver, type ResolverOptions } from '../dns/resolver.ts';
import type { AddressHop, QueryResult, Round } from '../model/round.ts';
import { aliasOf, type ServiceSpec } from '../model/service.ts';

export interface RoundOptions extends ResolverOptions {
  readonly clusterDomain: string;
  /** Rounds alternate, so that neither hop always meets the cache that the other has warmed. */
  readonly first: 'app' | 'target';
  /** The target hop, where another Service with the same target has asked it already. */
  readonly sharedTarget?: AddressHop;
}

/** The second address hop waits for the first, so that one of them meets a cold cache; but not for one that hangs. */
const HEAD_START_MS = 1_000;

/** A chain that cluster DNS left unfinished is followed by asking its last name, this often at most. */
const MAX_FOLLOWED = 3;

/**
 * All hops of one Service once, from one UDP socket to each server; never rejects.
 * Needs no thread of its own: the worker, the command line and tests call the same function.
 * @throws RangeError if the alias or the target cannot be encoded
 */
export async function runRound(spec: ServiceSpec, options: RoundOptions): Promise<Round> {
  const resolver = new Resolver(options);
  try {
    const alias = aliasOf(spec, options.clusterDomain);
    const askHop = (hop: 'app' | 'target'): Promise<AddressHop> => {
      if (hop === 'app') return askAddresses(resolver, alias, false);
      return Promise.resolve(options.sharedTarget ?? askTarget(resolver, spec.target));
    };
    if (isIP(spec.target)) {
      // No name to ask for: the question would only trouble the root servers.
      const [aliasHop, app] = await Promise.all([
        askAlias(resolver, alias, spec.target),
        askHop('app'),
      ]);
      return { app, alias: aliasHop };
    }
    const second = options.first === 'app' ? 'target' : 'app';
    const aliasResult = askAlias(resolver, alias, spec.target);
    const firstResult = askHop(options.first);
    await Promise.race([firstResult, delay(HEAD_START_MS)]);
    const [aliasHop, firstHop, secondHop] = await Promise.all([
      aliasResult,
      firstResult,
      askHop(second),
    ]);
    return options.first === 'app'
      ? { app: firstHop, alias: aliasHop, target: secondHop }
      : { app: secondHop, alias: aliasHop, target: firstHop };
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

async function askAlias(resolver: Resolver, alias: string, target: string): Promise<QueryResult> {
  const result = await resolver.ask({ name: alias, type: 'CNAME' }, true);
  const isOther = result.outcome === 'ok' && result.chain[0] !== target;
  return isOther ? { ...result, outcome: 'mismatch' } : result;
}

async function askTarget(resolver: Resolver, target: string): Promise<AddressHop> {
  let hop = await askAddresses(resolver, target, true);
  for (let followed = 0; followed < MAX_FOLLOWED; followed++) {
    const last = (hop.A.outcome === 'bare_cname' ? hop.A : hop.AAAA).chain.at(-1);
    const isUnfinished = hop.A.outcome === 'bare_cname' && hop.AAAA.outcome === 'bare_cname';
    if (!isUnfinished || last === undefined || last === target) break;
    const end = await askAddresses(resolver, last, true);
    hop = { A: continued(hop.A, end.A), AAAA: continued(hop.AAAA, end.AAAA) };
  }
  return hop;
}

/** The result of a chain's last name, with the chain that led there. */
function continued(start: QueryResult, end: QueryResult): QueryResult {
  return {
    ...end,
    chain: [...start.chain, ...end.chain],
    exchanges: [...start.exchanges, ...end.exchanges],
  };
}

async function askAddresses(resolver: Resolver, name: string, edns: boolean): Promise<AddressHop> {
  const [A, AAAA] = await Promise.all([
    resolver.ask({ name, type: 'A' }, edns),
    resolver.ask({ name, type: 'AAAA' }, edns),
  ]);
  return { A, AAAA };
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
