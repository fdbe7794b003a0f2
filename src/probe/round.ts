import { isAbsent, misnamingSeen } from '../diagnosis/misnaming.ts';
import { isLiteral } from '../dns/name.ts';
import { type Asker, type AskOptions, isNow, type OpenAsker } from '../dns/resolver.ts';
import type { ProbeConfig, ProbedHops, RoundReport } from '../model/messages.ts';
import { isFailure, kindOf } from '../model/outcome.ts';
import {
  type AddressHop,
  type AddressType,
  type Correction,
  type QueryResult,
  type Round,
  TYPE_OF,
} from '../model/round.ts';
import { aliasOf, type ServiceSpec } from '../model/service.ts';
import { HANGS_MS } from './budget.ts';

export interface RoundOptions {
  readonly clusterDomain: string;
  /** Which hops it has; `alone`: app and alias, since the target hop would say nothing more of a server. */
  readonly hops: ProbedHops | 'alone';
  /** Rounds alternate, so that neither hop always meets the cache that the other has warmed. */
  readonly first?: 'app' | 'target';
  /** EDNS of our own on the target hop; not once it is known to be lost on the way. */
  readonly edns?: AskOptions['edns'];
  /** Its target is known to fail, with EDNS and without. */
  readonly isTargetFailing?: boolean;
  /** The target hop, where another Service with the same target has asked it already. */
  readonly sharedTarget?: TargetHop | undefined;
  /** Taken for each exchange of an address hop, see `AskOptions`. */
  readonly permit?: AskOptions['permit'];
  /** Called with the alias hop as soon as it has ended, which may be long before the round has. */
  readonly onAlias?: (result: QueryResult) => void;
}

/** A report without what all have. */
export type RoundBody = OfKind<RoundReport>;
type OfKind<T> = T extends unknown ? Omit<T, 'type' | 'key' | 'uid' | 'target' | 'endedAt'> : never;

export function roundReport(
  { key, uid, target }: ServiceSpec,
  endedAt: number,
  body: RoundBody,
): RoundReport {
  return { type: 'round', key, uid, target, endedAt, ...body };
}

export type TargetHop = Required<Pick<Round, 'target'>> & Pick<Round, 'withoutEdns'>;

/** A chain that cluster DNS left unfinished is followed by asking for its last name, this often at most. */
const MAX_FOLLOWED = 3;

/**
 * The hops of one Service once; never rejects. The second address hop waits for the first: so one of them meets a cold
 * cache, and a target that hangs is waited for by one hop at a time.
 */
export async function runRound(
  asker: Asker,
  spec: ServiceSpec,
  options: RoundOptions,
): Promise<Round> {
  const { clusterDomain, hops, edns = true, sharedTarget, permit, onAlias } = options;
  const { recordTypes } = spec.settings;
  const isPlain = !isNow(edns);
  const alias = aliasOf(spec, clusterDomain);
  const app = (): Promise<AddressHop> =>
    asker.askAddresses(alias, recordTypes, { edns: false, permit });
  if (hops === 'app') return { app: await app() };
  const aliasHop = async (): Promise<QueryResult> => {
    const result = await askAlias(asker, alias, spec.target);
    onAlias?.(result);
    return result;
  };
  // There is no such name as an address: the query would only trouble the root servers.
  if (hops === 'alone' || isLiteral(spec.target)) {
    const [appHop, aliasResult] = await Promise.all([app(), aliasHop()]);
    return { app: appHop, alias: aliasResult };
  }
  const target = async (app?: AddressHop): Promise<AddressHop> => {
    // Where what pods ask has hung, one type says why: more would only hang as long.
    const types = hung(app) ? recordTypes.slice(0, 1) : recordTypes;
    return sharedTarget?.target ?? askTarget(asker, spec.target, types, { edns, permit });
  };
  const addressHops = async (): Promise<readonly [AddressHop, AddressHop]> => {
    if (options.first === 'target') {
      const one = await target();
      return [await app(), one];
    }
    const one = await app();
    return [one, await target(one)];
  };
  // All at once: an error in one of them must not be left without a handler.
  const [[appHop, targetHop], aliasResult] = await Promise.all([addressHops(), aliasHop()]);
  const answered: TargetHop =
    sharedTarget ??
    (isPlain
      ? { target: targetHop, withoutEdns: recordTypes }
      : await withoutEdns(asker, spec, appHop, targetHop, options));
  const corrections = await askCorrections(asker, spec, clusterDomain, answered.target, permit);
  return { app: appHop, alias: aliasResult, ...answered, ...corrections };
}

/**
 * The CNAME of the alias: all that may be asked while cluster DNS may not know the Service, since an early NXDOMAIN
 * for A or AAAA would be cached for the pods, too; CNAME has a cache entry of its own.
 */
export async function askAlias(asker: Asker, alias: string, target: string): Promise<QueryResult> {
  const result = await asker.ask({ name: alias, type: 'CNAME' }, { edns: false });
  const isOther = result.outcome === 'ok' && result.chain[0]?.name !== target;
  return isOther ? { ...result, outcome: 'mismatch' } : result;
}

/** The same once, from a socket of its own. */
export async function askAliasOnce(
  open: OpenAsker,
  config: ProbeConfig,
  spec: ServiceSpec,
): Promise<QueryResult> {
  const asker = open(config);
  try {
    return await askAlias(asker, aliasOf(spec, config.clusterDomain), spec.target);
  } finally {
    asker.close();
  }
}

/** What the target itself answers. A chain that is left unfinished is followed, a few names far. */
export async function askTarget(
  asker: Asker,
  target: string,
  types: readonly AddressType[],
  options: AskOptions,
): Promise<AddressHop> {
  let hop = await asker.askAddresses(target, types, options);
  for (let followed = 0; followed < MAX_FOLLOWED; followed++) {
    const open = unfinished(hop);
    const last = open[0] && hop[open[0]]?.chain.at(-1)?.name;
    if (last === undefined || last === target) break;
    const isThere = (type: AddressType): boolean => hop[type]?.chain.at(-1)?.name === last;
    hop = joined(hop, await asker.askAddresses(last, open.filter(isThere), options));
  }
  return hop;
}

/** The types of which nothing is known at the end of the chain. A SOA record says that the name there has none (RFC 2308 §2.2). */
function unfinished(hop: AddressHop): AddressType[] {
  const isBare = (result: QueryResult): boolean =>
    result.outcome === 'bare_cname' && !result.leftOpen;
  const isAll = Object.values(hop).every(isBare);
  return (['A', 'AAAA'] as const).filter((type) => {
    const result = hop[type];
    return result && isBare(result) && (isAll || !result.negative);
  });
}

/** Asks, where the target does not exist, for the names that were perhaps meant, one after the other until one exists. */
export async function askCorrections(
  asker: Asker,
  spec: ServiceSpec,
  clusterDomain: string,
  target: AddressHop,
  permit?: AskOptions['permit'],
): Promise<Pick<Round, 'corrections'>> {
  if (!isAbsent(spec.target, target, clusterDomain)) return {};
  const { candidates = [] } = misnamingSeen(spec, target, clusterDomain) ?? {};
  const [family = 'ipv4'] = spec.settings.families;
  const corrections: Correction[] = [];
  for (const name of candidates) {
    const result = await asker.ask({ name, type: TYPE_OF[family] }, { edns: true, permit });
    corrections.push({ name, result });
    if (result.outcome === 'ok') break;
  }
  return corrections.length > 0 ? { corrections } : {};
}

/**
 * Asks once more without EDNS for what failed: something on the way may drop or refuse EDNS, and pods do not use
 * it. Where what pods ask hangs as well, EDNS is not the reason.
 */
async function withoutEdns(
  asker: Asker,
  spec: ServiceSpec,
  app: AddressHop,
  target: AddressHop,
  { permit, isTargetFailing = false }: RoundOptions,
): Promise<TargetHop> {
  const isKnown = isTargetFailing && !Object.values(app).some(({ outcome }) => outcome === 'ok');
  if (isKnown) return { target };
  const failed = spec.settings.recordTypes.filter((type) => {
    const [ours, pods] = [target[type], app[type]];
    return ours && isFailure(ours.outcome) && !(pods && hasHung(pods));
  });
  if (failed.length === 0) return { target };
  const plain = await askTarget(asker, spec.target, failed, { edns: false, permit });
  const answered = failed.filter((type) => !isFailure(plain[type]?.outcome ?? 'timeout'));
  const hop = { ...target };
  for (const type of failed) {
    const [before, after] = [target[type], plain[type]];
    if (!before || !after) continue;
    const result = answered.includes(type) ? after : before;
    hop[type] = { ...result, exchanges: [...before.exchanges, ...after.exchanges] };
  }
  return { target: hop, ...(answered.length > 0 ? { withoutEdns: answered } : {}) };
}

/**
 * The results of the first hop, and where the second has one, that, with the chain and the exchanges that led there. What cluster
 * DNS said to the first question is what pods get: an address at the end explains it, and does not make it good.
 */
function joined(start: AddressHop, end: AddressHop): AddressHop {
  const join = (type: AddressType): AddressHop => {
    const [a, b] = [start[type], end[type]];
    if (!a) return {};
    if (!b) return { [type]: a };
    const chain = [...a.chain, ...b.chain];
    const exchanges = [...a.exchanges, ...b.exchanges];
    if (b.outcome === 'ok') return { [type]: { ...a, chain, exchanges, leftOpen: true } };
    return { [type]: { ...b, chain, exchanges } };
  };
  return { ...join('A'), ...join('AAAA') };
}

function hung(hop: AddressHop | undefined): boolean {
  const results = Object.values(hop ?? {});
  return results.length > 0 && results.every(hasHung);
}

/** It got no address, after a wait. */
function hasHung({ outcome, seconds = 0 }: QueryResult): boolean {
  if (kindOf(outcome) === 'silence') return true;
  return outcome !== 'ok' && seconds * 1000 >= HANGS_MS;
}
