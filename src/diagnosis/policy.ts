import { isLiteral } from '../dns/name.ts';
import type { Policy, PolicyDecision, PolicyLists } from '../model/policy.ts';
import { QUERIES, type Round, resultOf } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import { isWithinAny, parseCidr } from './address.ts';
import { memoized } from './memo.ts';

const ALLOWED: PolicyDecision = {};

/**
 * The decision of a policy about one Service: about its target, and about every address that pods
 * get or that the target has.
 */
export function judgePolicy(
  policy: Policy,
  { namespace, target }: Pick<ServiceSpec, 'namespace' | 'target'>,
  round: Round | undefined,
): PolicyDecision {
  const { allowsName, allowsAddress } = judgeOf(policy, namespace);
  const why =
    allowsName && !allowsName(target)
      ? `${target} is below none of the allowed suffixes`
      : undefined;
  const address = allowsAddress && firstRefused(allowsAddress, target, round);
  if (why === undefined && address === undefined) return ALLOWED;
  return {
    ...(why === undefined ? {} : { target: why }),
    ...(address === undefined ? {} : { address }),
  };
}

/** The first one in text order, so that a rotating answer does not change the text. */
function firstRefused(
  allows: (address: string) => boolean,
  target: string,
  round: Round | undefined,
): string | undefined {
  // DNS does not return an IP literal to pods, but ingress controllers connect to it.
  let refused = isLiteral(target) && !allows(target) ? target : undefined;
  if (!round) return refused;
  for (const { hop, type } of QUERIES) {
    for (const address of resultOf(round, hop, type)?.addresses ?? NONE) {
      if (!allows(address) && (refused === undefined || address < refused)) refused = address;
    }
  }
  return refused;
}

const NONE: readonly string[] = [];

/** A check is absent if the policy has no list for it. */
interface Judge {
  readonly allowsName?: (name: string) => boolean;
  readonly allowsAddress?: (address: string) => boolean;
}

/**
 * By namespace, `''` for all namespaces without their own lists. The entries live as long as their
 * policy.
 */
const judges = new WeakMap<Policy, Map<string, Judge>>();

function judgeOf(policy: Policy, namespace: string): Judge {
  const own = policy.namespaces.get(namespace);
  const key = own ? namespace : '';
  const ofPolicy = judges.get(policy) ?? new Map<string, Judge>();
  judges.set(policy, ofPolicy);
  const judge = ofPolicy.get(key) ?? newJudge({ ...policy, ...own });
  ofPolicy.set(key, judge);
  return judge;
}

function newJudge({ allowedSuffixes, allowedCidrs, deniedCidrs = NONE }: PolicyLists): Judge {
  const judgesAddresses = allowedCidrs !== undefined || deniedCidrs.length > 0;
  return {
    ...(allowedSuffixes ? { allowsName: isBelow(new Set(allowedSuffixes)) } : {}),
    ...(judgesAddresses ? { allowsAddress: isIn(allowedCidrs, deniedCidrs) } : {}),
  };
}

/**
 * Whether a name equals one of these or lies below one. The match is at a dot, so that
 * `evilexample.com` is not below `example.com`.
 */
function isBelow(suffixes: ReadonlySet<string>): (name: string) => boolean {
  return (name) => {
    if (suffixes.has('')) return true;
    for (let rest = name; ; rest = rest.slice(rest.indexOf('.') + 1)) {
      if (suffixes.has(rest)) return true;
      if (!rest.includes('.')) return false;
    }
  };
}

/**
 * Whether an address lies in one of the first networks and in none of the second. The first list
 * may be absent.
 */
function isIn(
  allowed: readonly string[] | undefined,
  denied: readonly string[],
): (address: string) => boolean {
  const inside = allowed?.map(parseCidr);
  const outside = denied.map(parseCidr);
  return memoized(
    (address) =>
      !isWithinAny(address, outside) && (inside === undefined || isWithinAny(address, inside)),
  );
}
