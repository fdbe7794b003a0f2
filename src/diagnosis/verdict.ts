import { isIP } from 'node:net';
import { whyNotEncodable } from '../dns/name.ts';
import type { Outcome } from '../model/outcome.ts';
import type { AddressHop, Family, QueryResult, QueryType, Round } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import type { Blame, Verdict } from '../model/verdict.ts';

/** All that a verdict is made from. */
export interface Evidence {
  readonly spec: ServiceSpec;
  /** The last finished round for this spec's target; absent before the first. */
  readonly round?: Round;
  /** Families that pods can use; at least one. */
  readonly families: readonly Family[];
  readonly clusterDomain: string;
  /** Created or edited so short ago that cluster DNS need not know it yet. */
  readonly converging: boolean;
  /** The last outcome of the control query. */
  readonly control?: Outcome;
  /** What we hold from the API server may be out of date. */
  readonly stale: boolean;
  /** Targets of several other registrable domains fail at the same time, see `Population`. */
  readonly upstreamFailing: boolean;
  /** Cluster DNS answers REFUSED for targets of several other registrable domains. */
  readonly refusingMany: boolean;
}

export interface Diagnosis {
  /** Absent where it is not known. */
  readonly up?: 0 | 1;
  readonly verdict: Verdict;
  readonly blame: Blame;
}

/** Answers, but not with what was asked for: for an address type that is normal where the other family has one. */
const EMPTY: ReadonlySet<Outcome> = new Set(['nodata', 'bare_cname']);

/** The name is known not to exist, or not to have the record: no error, and no time-out. */
const NEGATIVE: ReadonlySet<Outcome> = new Set(['nxdomain', 'nodata', 'bare_cname']);

const TYPE_OF: Readonly<Record<Family, 'A' | 'AAAA'>> = { ipv4: 'A', ipv6: 'AAAA' };

/** The first row of the table in docs/verdicts.md that matches. */
export function diagnose(evidence: Evidence): Diagnosis {
  const { spec, round } = evidence;
  // Such a target is never asked: cluster DNS would write nothing, and we would wait.
  if (whyNotEncodable(spec.target)) return { up: 0, verdict: 'invalid_target', blame: 'config' };
  if (!round) return { verdict: 'pending', blame: 'none' };

  const up = hasAddress(round.app, evidence.families);
  // Only an answer proves that a literal does not resolve: silence is the fault of cluster DNS.
  if (isIP(spec.target) && bothNegative(round.app)) {
    return { up: 0, verdict: 'invalid_target', blame: 'config' };
  }
  const alias = round.alias?.outcome;
  const unmet = alias === 'nxdomain' || alias === 'nodata' || alias === 'mismatch';
  if (evidence.converging && unmet && !up) return { verdict: 'pending', blame: 'none' };
  if (evidence.control === 'nxdomain' || (evidence.stale && unmet)) {
    return { ...(up ? { up: 1 } : {}), verdict: 'unknown', blame: 'monitor' };
  }
  return up ? diagnoseUp(evidence, round) : diagnoseDown(evidence, round);
}

/**
 * Whether a round is bad enough to be asked again before it is believed: no address of a usable
 * family, an error for one of them, or an alias that is not served as the spec has it.
 */
export function isBad(round: Round, families: readonly Family[]): boolean {
  return (
    round.alias?.outcome !== 'ok' ||
    [round.app, round.target].some(
      (hop) => !hasAddress(hop, families) || failingTypes(hop, families).length > 0,
    )
  );
}

function diagnoseUp(evidence: Evidence, round: Round): Diagnosis {
  const { families, spec, converging } = evidence;
  const up = 1;
  const alias = round.alias?.outcome ?? 'ok';
  // kube-dns resolves IP literals without a CNAME: pods get what the spec says, so nothing else counts.
  if (isIP(spec.target)) return { up, verdict: 'healthy', blame: 'none' };
  // Until cluster DNS has caught up with an edit, the other hops speak of two different targets.
  const held = converging && alias !== 'ok';
  if (!held) {
    if (alias === 'mismatch') return { up, verdict: 'alias_mismatch', blame: 'cluster_dns' };
    if (alias !== 'ok') return { up, verdict: 'degraded', blame: 'cluster_dns' };
    const appErrors = failingTypes(round.app, families);
    const targetErrors = failingTypes(round.target, families).filter(
      (type) => !appErrors.includes(type),
    );
    if (round.target && (!hasAddress(round.target, families) || targetErrors.length > 0)) {
      return { up, verdict: 'degraded', blame: targetBlame(evidence, round.target) };
    }
  }
  const failing = failingTypes(round.app, families);
  if (failing.length > 0) {
    const targetFailsToo = failing.some((type) => isError(round.target?.[type]));
    const blame = targetFailsToo ? targetBlame(evidence, round.target) : 'cluster_dns';
    return { up, verdict: 'family_failing', blame };
  }
  return { up, verdict: 'healthy', blame: 'none' };
}

function diagnoseDown(evidence: Evidence, round: Round): Diagnosis {
  const { families } = evidence;
  const up = 0;
  const alias = round.alias?.outcome ?? 'timeout';
  if (alias === 'nxdomain' || alias === 'nodata' || alias === 'bare_cname') {
    return { up, verdict: 'alias_missing', blame: 'cluster_dns' };
  }
  if (alias === 'mismatch') return { up, verdict: 'alias_mismatch', blame: 'cluster_dns' };
  if (alias !== 'ok') return { up, verdict: 'cluster_dns_failing', blame: 'cluster_dns' };

  const { target } = round;
  if (hasAddress(target, families)) return { up, verdict: 'app_view_broken', blame: 'cluster_dns' };
  const results = [target?.A, target?.AAAA];
  const anyAddress = results.some((result) => result?.outcome === 'ok');
  // NXDOMAIN is about the name, whatever the type (RFC 8020); an address of any family disproves it.
  if (!anyAddress && results.some((result) => result?.outcome === 'nxdomain')) {
    return { up, verdict: 'target_nxdomain', blame: 'target' };
  }
  if (failingTypes(target, families).length > 0) {
    return { up, verdict: 'target_failing', blame: targetBlame(evidence, target) };
  }
  return { up, verdict: 'target_no_address', blame: anyAddress ? 'config' : 'target' };
}

/** Whose fault it is that the target cannot be resolved. */
function targetBlame(evidence: Evidence, target: AddressHop | undefined): Blame {
  const { spec, clusterDomain } = evidence;
  const results = [target?.A, target?.AAAA];
  const failed = results.filter(isError);
  if (failed.some((result) => result?.outcome === 'refused') && evidence.refusingMany) {
    return 'cluster_dns';
  }
  // Cluster DNS answers for its own zone itself: there is nobody else to blame for an error there.
  if (failed.length > 0 && isInZone(spec.target, clusterDomain)) return 'cluster_dns';
  return failed.length > 0 && evidence.upstreamFailing ? 'upstream_dns' : 'target';
}

/** Whether `target` lies in the cluster's own zone. */
export function isInZone(target: string, clusterDomain: string): boolean {
  return target === clusterDomain || target.endsWith(`.${clusterDomain}`);
}

/** Whether a hop got an address of a family that pods can use. */
export function hasAddress(hop: AddressHop | undefined, families: readonly Family[]): boolean {
  return families.some((family) => hop?.[TYPE_OF[family]].outcome === 'ok');
}

/** Types of the usable families for which a hop got an error or nothing; NXDOMAIN beside an address is one, too. */
function failingTypes(hop: AddressHop | undefined, families: readonly Family[]): ('A' | 'AAAA')[] {
  if (!hop) return [];
  return families
    .map((family) => TYPE_OF[family])
    .filter((type: QueryType & keyof AddressHop) => isError(hop[type]));
}

function isError(result: QueryResult | undefined): boolean {
  return result !== undefined && result.outcome !== 'ok' && !EMPTY.has(result.outcome);
}

function bothNegative(hop: AddressHop | undefined): boolean {
  return hop !== undefined && NEGATIVE.has(hop.A.outcome) && NEGATIVE.has(hop.AAAA.outcome);
}
