import { isLiteral, whyNotEncodable } from '../dns/name.ts';
import type { Outcome } from '../model/outcome.ts';
import type { AddressHop, AddressType, Family, QueryResult, Round } from '../model/round.ts';
import { isInZone, type ServiceSpec } from '../model/service.ts';
import type { Blame, Verdict } from '../model/verdict.ts';
import {
  failingTypes,
  hasAddress,
  isError,
  isNegative,
  isUnmet,
  lastName,
  wayToTarget,
} from './outcomes.ts';

/** All that a verdict is made from. */
export interface Evidence {
  readonly spec: Pick<ServiceSpec, 'target'>;
  /** The last finished round for this spec's target; absent before the first. */
  readonly round?: Round;
  /** Families that pods can use and that are asked for; at least one. */
  readonly families: readonly Family[];
  readonly clusterDomain: string;
  /** Created or edited so short ago that cluster DNS need not know it yet. */
  readonly converging: boolean;
  /** The last outcome of the control query. */
  readonly control?: Outcome;
  /** What we hold from the API server may be out of date. */
  readonly stale: boolean;
  /** Cluster DNS answers nothing at all, so that this Service was not asked about. */
  readonly silent: boolean;
  /** The target leads back to the Service by way of other watched Services. */
  readonly inLoop: boolean;
  /** Where the target leads by way of other watched Services; absent where it is none of them. */
  readonly finalTarget?: string;
  /** Rounds alternate between good and bad; this is what the bad ones say. */
  readonly alternating?: Diagnosis;
  /** Rounds since the last one in which pods got what the spec says. */
  readonly sinceGood: number;
  /** Of the servers that are asked on their own, how many fail this Service, and how many do not. */
  readonly servers: { readonly failing: number; readonly serving: number };
  /** One of several servers failed it when the round was made: that it has mended since makes the round no worse. */
  readonly wasSplit: boolean;
  /** Policy does not allow the target, or an address that it was answered. */
  readonly forbidden: boolean;
  /** Targets of several other registrable domains fail at the same time, see `Population`. */
  readonly upstreamFailing: boolean;
  /** Servers, by label, the way to which loses messages, see `Loss`; none by default. */
  readonly lossy?: ReadonlySet<string>;
  /** Cluster DNS answers REFUSED for targets of several other registrable domains. */
  readonly refusingMany: boolean;
}

export interface Diagnosis {
  /** Absent where it is not known. */
  readonly up?: 0 | 1;
  readonly verdict: Verdict;
  readonly blame: Blame;
}

/** The first row of the table in docs/verdicts.md that matches. */
export function diagnose(evidence: Evidence): Diagnosis {
  const diagnosis = diagnoseRound(evidence);
  const { servers, alternating, sinceGood, wasSplit } = evidence;
  // Which server a round meets is chance: where one of several is bad, a bad round is no outage.
  const isByChance =
    isSplit(servers) || (wasSplit && servers.serving > 0 && diagnosis.verdict !== 'healthy');
  if (isByChance && sinceGood <= CHANCE_ROUNDS && BY_SERVER.has(diagnosis.verdict)) {
    return { up: 1, verdict: 'degraded', blame: 'cluster_dns' };
  }
  if (!alternating || diagnosis.verdict !== 'healthy') return diagnosis;
  return { up: 1, verdict: 'degraded', blame: alternating.blame };
}

/** Whether one of several servers fails a Service, and another does not: a round meets the one or the other. */
export function isSplit({ failing, serving }: Evidence['servers']): boolean {
  return failing > 0 && serving > 0;
}

/** So many bad rounds in a row may be chance: with one bad server of two, each is one in four, as it is asked again. */
const CHANCE_ROUNDS = 8;

/** What a round can say because of the server that it met; not that a target has nothing: no server makes that up. */
const BY_SERVER: ReadonlySet<Verdict> = new Set([
  'healthy',
  'degraded',
  'family_failing',
  'alias_mismatch',
  'alias_missing',
  'cluster_dns_failing',
  'target_failing',
  'app_view_broken',
]);

function diagnoseRound(evidence: Evidence): Diagnosis {
  const { spec, round, families } = evidence;
  // Such a target is never asked: cluster DNS would write nothing, and we would wait.
  if (whyNotEncodable(spec.target)) return { up: 0, verdict: 'invalid_target', blame: 'config' };
  if (evidence.silent) return { up: 0, verdict: 'cluster_dns_failing', blame: 'cluster_dns' };
  if (!round) return { verdict: 'pending', blame: 'none' };

  const up = hasAddress(round.app, families);
  // Only an answer proves that a literal does not resolve: silence is the fault of cluster DNS.
  if (isLiteral(spec.target) && isNegative(round.app)) {
    return { up: 0, verdict: 'invalid_target', blame: 'config' };
  }
  const alias = round.alias?.outcome;
  const unmet = isUnmet(alias);
  if (evidence.converging && unmet && !up) return { verdict: 'pending', blame: 'none' };
  if (evidence.control === 'nxdomain' || (evidence.stale && unmet)) {
    return { ...(up ? { up: 1 } : {}), verdict: 'unknown', blame: 'monitor' };
  }
  return up ? diagnoseUp(evidence, round) : diagnoseDown(evidence, round);
}

function diagnoseUp(evidence: Evidence, round: Round): Diagnosis {
  const { families, spec, converging } = evidence;
  const up = 1;
  const alias = round.alias?.outcome ?? 'ok';
  if (evidence.forbidden) return { up, verdict: 'untrusted_answer', blame: 'policy' };
  // kube-dns resolves IP literals without a CNAME: pods get what the spec says, so nothing else counts.
  if (isLiteral(spec.target)) return { up, verdict: 'healthy', blame: 'none' };
  const failing = failingTypes(round.app, families);
  // Until cluster DNS has caught up with an edit, the other hops speak of two different targets.
  if (!(converging && alias !== 'ok')) {
    if (alias === 'mismatch') return { up, verdict: 'alias_mismatch', blame: 'cluster_dns' };
    if (alias !== 'ok') return { up, verdict: 'degraded', blame: 'cluster_dns' };
    const targetFails = failingTypes(round.target, families).some(
      (type) => !failing.includes(type),
    );
    if (targetFails || (round.target && !hasAddress(round.target, families))) {
      return { up, verdict: 'degraded', blame: targetBlame(evidence, round.target) };
    }
  }
  if (failing.length > 0) {
    return { up, verdict: 'family_failing', blame: familyBlame(evidence, round, failing) };
  }
  return { up, verdict: 'healthy', blame: 'none' };
}

function diagnoseDown(evidence: Evidence, round: Round): Diagnosis {
  const { families } = evidence;
  const up = 0;
  const alias = round.alias?.outcome ?? 'timeout';
  const isMisnamed = evidence.inLoop || round.qualified?.result.outcome === 'ok';
  if (isMisnamed && isNegative(round.app))
    return { up, verdict: 'invalid_target', blame: 'config' };
  if (alias === 'nxdomain' || alias === 'nodata' || alias === 'bare_cname') {
    return { up, verdict: 'alias_missing', blame: 'cluster_dns' };
  }
  if (alias === 'mismatch') return { up, verdict: 'alias_mismatch', blame: 'cluster_dns' };
  if (alias !== 'ok') return { up, verdict: 'cluster_dns_failing', blame: 'cluster_dns' };

  const target = wayToTarget(round, families);
  if (hasAddress(target, families)) return { up, verdict: 'app_view_broken', blame: 'cluster_dns' };
  const results = Object.values(target ?? {});
  const anyAddress = results.some(({ outcome }) => outcome === 'ok');
  // NXDOMAIN is about the name, whatever the type (RFC 8020); an address of any family disproves it.
  if (!anyAddress && results.some(({ outcome }) => outcome === 'nxdomain')) {
    return { up, verdict: 'target_nxdomain', blame: 'target' };
  }
  if (failingTypes(target, families).length > 0) {
    return { up, verdict: 'target_failing', blame: targetBlame(evidence, target) };
  }
  return { up, verdict: 'target_no_address', blame: anyAddress ? 'config' : 'target' };
}

/** Whose fault it is that what pods ask for these types fails, and has an address for others. */
function familyBlame(evidence: Evidence, round: Round, failing: readonly AddressType[]): Blame {
  const apps = failing.map((type) => round.app?.[type]);
  // The alias exists, as its CNAME and its other address say: only cluster DNS itself can deny it.
  if (apps.some((app) => app?.outcome === 'nxdomain' && app.chain.length === 0)) {
    return 'cluster_dns';
  }
  if (failing.some((type) => isError(round.target?.[type]))) {
    return targetBlame(evidence, round.target);
  }
  // It waited for others in vain, see `wayToTarget`.
  const isInVain = apps.every((app) => app?.outcome === 'timeout');
  return isInVain ? targetBlame(evidence, round.app) : 'cluster_dns';
}

/** Whose fault it is that the target cannot be resolved. */
function targetBlame(evidence: Evidence, target: AddressHop | undefined): Blame {
  const { spec, clusterDomain } = evidence;
  const failed = Object.values(target ?? {}).filter(isError);
  if (failed.some(({ outcome }) => outcome === 'refused') && evidence.refusingMany) {
    return 'cluster_dns';
  }
  const isLost = ({ outcome, server }: QueryResult): boolean =>
    outcome === 'timeout' && evidence.lossy?.has(server) === true;
  if (failed.length > 0 && failed.every(isLost)) return 'cluster_dns';
  if (failed.length === 0) return 'target';
  const isDenied = failed.some(({ outcome }) => outcome === 'nxdomain');
  const exists = Object.values(target ?? {}).some(({ outcome }) => outcome === 'ok');
  // Cluster DNS answers for its own zone itself: there is nobody else to blame for an error there.
  const failedName = lastName(evidence.finalTarget ?? spec.target, target);
  if (isInZone(failedName, clusterDomain) && (exists || !isDenied)) return 'cluster_dns';
  if (isDenied) return 'target';
  return evidence.upstreamFailing ? 'upstream_dns' : 'target';
}
