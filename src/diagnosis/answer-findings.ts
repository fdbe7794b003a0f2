/** Findings about the answers: of the last round, of earlier rounds, and of reference resolvers. */
import { type Finding, NO_FINDINGS, type Rule } from '../model/finding.ts';
import { READER_NAMES } from '../model/reader.ts';
import { type AddressHop, type ChainLink, QUERIES, resultOf, TYPE_OF } from '../model/round.ts';
import { isInZone } from '../model/service.ts';
import { type AddressKind, addressKindOf } from './address.ts';
import { claimableAt } from './claimable.ts';
import type { Context } from './context.ts';
import { finding } from './finding.ts';
import { correctionOf } from './misnaming.ts';
import { misnamingFinding } from './misnaming-finding.ts';
import { lastName } from './outcomes.ts';
import { endsSoon } from './signature.ts';
import { isMissing, NXDOMAIN_ROUNDS, ZERO_TTL_ROUNDS } from './trace.ts';
import { unregisteredDomain } from './unregistered.ts';

/**
 * Resolvers give up after about this many CNAMEs: Unbound after 8 (NLnetLabs/unbound#438) and since
 * then 11, BIND after 11 (max-query-restarts), PowerDNS Recursor after 10 (max-cnames-followed).
 */
const LONG_CHAIN = 8;

type Check = (context: Context) => Finding | undefined;

/** Each check detects one rule. */
export const CHECKS: readonly Check[] = [
  loop,
  misnamingFinding,
  danglingClaimable,
  danglingUnregistered,
  ({ policy: { target } }) => (target ? finding('target_not_allowed', target) : undefined),
  ({ policy: { address } }) => (address ? finding('address_not_allowed', address) : undefined),
  needsTcp,
  unusableFamily,
  zeroTtl,
  longChain,
  singleAddress,
  resolversDiffer,
  ({ trace: { withoutEdns } }) =>
    withoutEdns.length > 0 ? finding('edns_dropped', withoutEdns.join(' and ')) : undefined,
  signatureExpires,
  ({ splitHorizon }) => (splitHorizon ? finding('split_horizon') : undefined),
];

function loop({ spec, round, inLoop }: Context): Finding | undefined {
  if (inLoop) return finding('loop', `${spec.target} leads back to this Service`);
  const again = revisited(spec.target, round?.target);
  return again === undefined ? undefined : finding('loop', `${again} comes twice`);
}

/** The name that a hop's chain returns to. A chain that ends at an address has no loop. */
function revisited(target: string, { A, AAAA }: AddressHop = {}): string | undefined {
  if (A?.outcome === 'ok' || AAAA?.outcome === 'ok') return undefined;
  return comesBack(target, A?.chain) ?? comesBack(target, AAAA?.chain);
}

function comesBack(target: string, chain: readonly ChainLink[] = []): string | undefined {
  return chain.find(
    ({ name }, i) => name === target || chain.findIndex((link) => link.name === name) < i,
  )?.name;
}

function danglingClaimable({ spec, round, trace }: Context): Finding | undefined {
  if (trace.nxdomain < NXDOMAIN_ROUNDS || !isMissing(round?.target)) return undefined;
  const name = lastName(spec.target, round?.target);
  const claimable = claimableAt(name);
  return claimable && finding('dangling_claimable', `${name} (${claimable.provider})`);
}

function danglingUnregistered(context: Context): Finding | undefined {
  const { spec, round, trace } = context;
  if (trace.nxdomain < NXDOMAIN_ROUNDS || !isMissing(round?.target)) return undefined;
  // The name is a mistake for another name, and that is reported instead.
  if (round && correctionOf(round) !== undefined) return undefined;
  const { A, AAAA } = round?.target ?? {};
  const zone = [A, AAAA].find((result) => result?.outcome === 'nxdomain')?.negative?.zone;
  const name = lastName(spec.target, round?.target);
  if (zone === undefined || claimableAt(name) || endsInZone(context)) return undefined;
  const domain = unregisteredDomain(name, zone);
  if (domain === undefined) return undefined;
  return finding('dangling_unregistered', `${domain}: NXDOMAIN by the zone ${zone}`);
}

function resolversDiffer({ round }: Context): Finding | undefined {
  const results = Object.values(round?.app ?? {});
  const unreadBy = READER_NAMES.filter((reader) =>
    results.some((result) => result.unreadBy?.includes(reader)),
  );
  if (unreadBy.length === 0) return undefined;
  const readBy = READER_NAMES.filter((reader) => !unreadBy.includes(reader));
  const others = readBy.length > 0 ? `${readBy.join(', ')} get addresses` : 'others get some';
  return finding('resolvers_differ', `no address for ${unreadBy.join(', ')}; ${others}`);
}

function signatureExpires({ signed, dnssec }: Context): Finding | undefined {
  if (!signed || !dnssec || !endsSoon(signed, dnssec)) return undefined;
  const end = new Date(signed.endsAt)
    .toISOString()
    .replace(/:\d\d\.\d+Z$/, ' UTC')
    .replace('T', ' ');
  return finding('signature_expires', `the signature by ${signed.zone} ends on ${end}`);
}

function needsTcp({ trace: { tcp } }: Context): Finding | undefined {
  if (tcp === 'fails')
    return finding('needs_tcp', 'cluster DNS does not answer over TCP', 'warning');
  return tcp === 'works' ? finding('needs_tcp') : undefined;
}

function unusableFamily({ spec, round }: Context): Finding | undefined {
  const { families } = spec.settings;
  const [address] = round?.app?.AAAA?.addresses ?? [];
  if (families.includes('ipv6') || address === undefined) return undefined;
  return finding('unusable_family', address);
}

/**
 * Answers from cluster DNS's own zone are never stale: its `kubernetes` plugin can be configured
 * with a TTL of 0.
 */
function zeroTtl({ spec, trace, clusterDomain }: Context): Finding | undefined {
  const isStale = trace.zeroTtl >= ZERO_TTL_ROUNDS && !isInZone(spec.target, clusterDomain);
  return isStale ? finding('zero_ttl') : undefined;
}

function longChain({ round }: Context): Finding | undefined {
  const { A, AAAA } = round?.target ?? {};
  const longest = (A?.chain.length ?? 0) >= (AAAA?.chain.length ?? 0) ? A : AAAA;
  const length = longest?.chain.length ?? 0;
  if (length < LONG_CHAIN) return undefined;
  return finding('long_chain', `${length} CNAMEs, the last to ${longest?.chain.at(-1)?.name}`);
}

/** kube-proxy balances the address of a Service, so one address is enough there. */
function singleAddress(context: Context): Finding | undefined {
  const { round, spec } = context;
  if (!round?.target || endsInZone(context)) return undefined;
  let only: string | undefined;
  for (const family of spec.settings.families) {
    const result = round.target[TYPE_OF[family]];
    const isEmpty = result?.outcome === 'nodata' || result?.outcome === 'bare_cname';
    if (isEmpty) continue;
    if (result?.outcome !== 'ok' || result.addresses.length !== 1) return undefined;
    const [address] = result.addresses;
    only = only === undefined ? address : `${only}, ${address}`;
  }
  return only === undefined ? undefined : finding('single_address', only);
}

const RULE_OF: Readonly<Record<AddressKind, Rule | undefined>> = {
  public: undefined,
  private: 'private_answer',
  loopback: 'loopback_answer',
  link_local: 'link_local_answer',
  metadata: 'metadata_answer',
  unspecified: 'unspecified_answer',
  other: undefined,
};

/** Findings about the addresses that pods get and that the target resolves to. */
export function addressFindings(context: Context): readonly Finding[] {
  const { round } = context;
  if (!round) return NO_FINDINGS;
  let found: Map<Rule, string> | undefined;
  for (const { hop, type } of QUERIES) {
    for (const address of resultOf(round, hop, type)?.addresses ?? NO_ADDRESSES) {
      const rule = RULE_OF[addressKindOf(address)];
      // Addresses in the cluster are expected to be private.
      if (rule === undefined || (rule === 'private_answer' && endsInZone(context))) continue;
      const before = found?.get(rule);
      // Report the first address in text order, so that a rotating answer does not change the
      // finding.
      if (before !== undefined && before <= address) continue;
      found = (found ?? new Map<Rule, string>()).set(rule, address);
    }
  }
  return found ? Array.from(found, ([rule, address]) => finding(rule, address)) : NO_FINDINGS;
}

const NO_ADDRESSES: readonly string[] = [];

function endsInZone({ spec, round, clusterDomain }: Context): boolean {
  return isInZone(lastName(spec.target, round?.target), clusterDomain);
}
