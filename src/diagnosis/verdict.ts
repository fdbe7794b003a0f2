import { isLiteral, whyNotEncodable } from '../dns/name.ts';
import {
  type AddressHop,
  type AddressType,
  type QueryResult,
  type Round,
  TYPE_OF,
} from '../model/round.ts';
import { controlName, isInZone } from '../model/service.ts';
import { type Diagnosis, VERDICTS, type Verdict } from '../model/verdict.ts';
import { type Blamed, blameForTarget } from './blame.ts';
import type { Context } from './context.ts';
import { isMisnamed } from './misnaming.ts';
import {
  failingTypes,
  hasAddress,
  hasOwnFailure,
  isError,
  isNegativeHop,
  isUnanswered,
  isUnmet,
} from './outcomes.ts';
import { withReason } from './reason.ts';
import { withProof } from './resolver-evidence.ts';
import { alternating, CHANCE_ROUNDS, NO_TRACE, targetHop, UNANSWERED_ROUNDS } from './trace.ts';

/**
 * The first row of the table in docs/verdicts.md that matches, with the reason that the server
 * itself gives.
 */
export function diagnose(context: Context): Diagnosis {
  const { spec, round, isOwnRound, silence } = context;
  const diagnosis = withProof(diagnoseRounds(context), context);
  if (!isOwnRound || silence) return diagnosis;
  return withReason(diagnosis, spec.target, round?.target);
}

function diagnoseRounds(context: Context): Diagnosis {
  const { servers, trace, published } = context;
  if (isUnansweredByChance(context) && published.verdict !== 'pending') {
    return published.up === 1 ? DEGRADED_BY_CLUSTER_DNS : published;
  }
  const diagnosis = diagnoseRound(context);
  // The server of a round is chosen by chance: if one of several is bad, a bad round is no outage.
  const isByOneServer =
    isSplit(servers) || (trace.wasSplit && servers.serving > 0 && diagnosis.verdict !== 'healthy');
  if (
    isByOneServer &&
    trace.sinceGood <= CHANCE_ROUNDS &&
    VERDICTS[diagnosis.verdict].byOneServer
  ) {
    return DEGRADED_BY_CLUSTER_DNS;
  }
  const bad = alternating(trace);
  if (!bad || diagnosis.verdict !== 'healthy') return diagnosis;
  return { up: 1, verdict: 'degraded', blame: bad.blame };
}

/**
 * Cluster DNS answers other queries. A round without a reply for the alias reached a bad pod of
 * cluster DNS, and proves nothing about the Service.
 */
function isUnansweredByChance({ spec, round, silence, trace }: Context): boolean {
  if (silence || !round || !isUnanswered(round.alias) || hasOwnFailure(round)) return false;
  // An address for pods counts as an answer.
  return !hasAddress(round.app, spec.settings.families) && trace.unanswered < UNANSWERED_ROUNDS;
}

const DEGRADED_BY_CLUSTER_DNS: Diagnosis = { up: 1, verdict: 'degraded', blame: 'cluster_dns' };

/**
 * Whether one of several servers fails a Service and another does not, so that the result of a
 * round depends on its server.
 */
export function isSplit({ failing, serving }: Context['servers']): boolean {
  return failing > 0 && serving > 0;
}

/** The verdict of a round alone, without its context. */
export function symptomOf(spec: Context['spec'], round: Round): Verdict {
  return diagnoseRound({
    spec,
    round,
    isOwnRound: true,
    trace: NO_TRACE,
    clusterDomain: '',
    converging: false,
    stale: false,
    inLoop: false,
    finalTarget: spec.target,
    lossy: NO_SERVERS,
    zone: 'served',
    upstreamDown: false,
    upstreamRefused: false,
    upstreamFailing: false,
    refusingMany: false,
    servers: { failing: 0, serving: 0 },
    policy: {},
    splitHorizon: false,
    published: { verdict: 'pending', blame: 'none' },
  }).verdict;
}

const NO_SERVERS: ReadonlySet<string> = new Set();

/** Whether a symptom means success. */
export function isGood(symptom: Verdict): boolean {
  return VERDICTS[symptom].state === 'good';
}

function diagnoseRound(context: Context): Diagnosis {
  const { spec, round, silence } = context;
  const { families } = spec.settings;
  // Such a target is never queried: cluster DNS would send no reply, and the query would time out.
  if (whyNotEncodable(spec.target)) return { up: 0, verdict: 'invalid_target', blame: 'config' };
  if (silence === 'cluster_dns') {
    return { up: 0, verdict: 'cluster_dns_failing', blame: 'cluster_dns' };
  }
  if (silence === 'upstream_dns') {
    return isKnownDead(context)
      ? context.published
      : { up: 0, verdict: 'target_failing', blame: silence };
  }
  if (!round) return { verdict: 'pending', blame: 'none' };

  const up = hasAddress(round.app, families);
  // Only an answer proves that a literal does not resolve. A missing reply is the fault of cluster
  // DNS.
  if (isLiteral(spec.target) && isNegativeHop(round.app)) {
    return { up: 0, verdict: 'invalid_target', blame: 'config' };
  }
  const alias = round.alias?.outcome;
  const unmet = isUnmet(alias);
  if (context.zone === 'lost' && unmet && !up) {
    const evidence = `Cluster DNS denies ${controlName(context.clusterDomain)}, which every cluster has, and serves no alias: it has lost the zone ${context.clusterDomain}.`;
    return { up: 0, verdict: 'cluster_dns_failing', blame: 'cluster_dns', evidence };
  }
  if (context.converging && unmet && !up) return { verdict: 'pending', blame: 'none' };
  if (context.zone === 'unproven' || (context.stale && unmet) || hasOwnFailure(round)) {
    return { ...(up ? { up: 1 } : {}), verdict: 'unknown', blame: 'monitor' };
  }
  return up ? diagnoseUp(context, round) : diagnoseDown(context, round);
}

/** Whether the published diagnosis stays while upstream is silent: the target was dead before. */
function isKnownDead({ published, upstreamDown }: Context): boolean {
  const { up, verdict, blame } = published;
  if (up !== 0 || (blame !== 'target' && blame !== 'config')) return false;
  return verdict !== 'target_failing' || !upstreamDown;
}

function diagnoseUp(context: Context, round: Round): Diagnosis {
  const { spec, converging, policy } = context;
  const { families } = spec.settings;
  const up = 1;
  const alias = round.alias?.outcome ?? 'ok';
  if (policy.target !== undefined || policy.address !== undefined) {
    return { up, verdict: 'untrusted_answer', blame: 'policy' };
  }
  // kube-dns resolves IP literals without a CNAME: pods get the address in the spec, so no other
  // check applies.
  if (isLiteral(spec.target)) return { up, verdict: 'healthy', blame: 'none' };
  const failing = failingTypes(round.app);
  // Until cluster DNS serves an edit, the other hops describe two different targets.
  if (!(converging && alias !== 'ok')) {
    if (alias === 'mismatch') return { up, ...mismatch(context) };
    if (alias !== 'ok') return { up, verdict: 'degraded', blame: 'cluster_dns' };
    const targetFails = failingTypes(round.target).some((type) => !failing.includes(type));
    if (targetFails || (round.target && !hasAddress(round.target, families))) {
      return { up, verdict: 'degraded', ...blameForTarget(context, round.target) };
    }
  }
  if (failing.length > 0) {
    return { up, verdict: 'family_failing', ...familyBlame(context, round, failing) };
  }
  if (isUnread(round.app)) {
    const blame = isUnread(round.target) ? 'upstream_dns' : 'cluster_dns';
    return { up, verdict: 'degraded', blame };
  }
  return { up, verdict: 'healthy', blame: 'none' };
}

/** Whether some resolvers in pods get no address from the answer while others do. */
function isUnread(hop: AddressHop | undefined): boolean {
  return Object.values(hop ?? {}).some(({ unreadBy = [] }) => unreadBy.length > 0);
}

function diagnoseDown(context: Context, round: Round): Diagnosis {
  const { families } = context.spec.settings;
  const up = 0;
  const alias = round.alias?.outcome ?? 'timeout';
  const isMistake = context.inLoop || isMisnamed(context.spec, round, context.clusterDomain);
  if (isMistake && isNegativeHop(round.app))
    return { up, verdict: 'invalid_target', blame: 'config' };
  if (alias === 'nxdomain' || alias === 'nodata' || alias === 'bare_cname') {
    return { up, verdict: 'alias_missing', blame: 'cluster_dns' };
  }
  if (alias === 'mismatch') return { up, ...mismatch(context) };
  if (alias !== 'ok') return { up, verdict: 'cluster_dns_failing', blame: 'cluster_dns' };
  if (families.some((family) => isDenied(round.app?.[TYPE_OF[family]]))) {
    return { up, verdict: 'app_view_broken', blame: 'cluster_dns' };
  }

  const target = targetHop(round, families, context.trace);
  if (hasAddress(target, families)) {
    const why = isNegativeHop(round.app) ? notFallenThrough(context) : {};
    return { up, verdict: 'app_view_broken', blame: 'cluster_dns', ...why };
  }
  const results = Object.values(target ?? {});
  if (results.some(({ leftOpen }) => leftOpen)) {
    if (isInZone(context.spec.target, context.clusterDomain)) {
      return { up, verdict: 'app_view_broken', blame: 'cluster_dns' };
    }
    return { up, verdict: 'target_failing', ...blameForTarget(context, target) };
  }
  const anyAddress = results.some(({ outcome }) => outcome === 'ok');
  // NXDOMAIN is about the name, for all types (RFC 8020); an address of any family disproves it.
  if (!anyAddress && results.some(({ outcome }) => outcome === 'nxdomain')) {
    return { up, verdict: 'target_nxdomain', blame: 'target' };
  }
  if (failingTypes(target).length > 0) {
    return { up, verdict: 'target_failing', ...blameForTarget(context, target) };
  }
  // A chain that ends without an answer proves nothing about the type.
  const isOtherFamily = anyAddress && !results.some(({ outcome }) => outcome === 'bare_cname');
  return { up, verdict: 'target_no_address', blame: isOtherFamily ? 'config' : 'target' };
}

function mismatch({ servedAs, round }: Context): Diagnosis {
  const diagnosis: Diagnosis = { verdict: 'alias_mismatch', blame: 'cluster_dns' };
  const served = round?.alias?.chain[0]?.name;
  if (servedAs === undefined || served === undefined) return diagnosis;
  const evidence = `Cluster DNS serves a CNAME to ${served}, which is the spec.externalName of ${servedAs}: a \`rewrite\` in its Corefile can give one Service the answer of another.`;
  return { ...diagnosis, evidence };
}

/**
 * Why pods get no address for a target in the cluster's zone that resolves when queried directly.
 * CoreDNS looks such a target up in its kubernetes plugin alone, without `fallthrough`
 * (plugin/backend_lookup.go).
 */
function notFallenThrough({
  spec: { target },
  clusterDomain,
}: Context): Pick<Diagnosis, 'evidence' | 'advice'> {
  if (!isInZone(target, clusterDomain)) return {};
  return {
    evidence: `Cluster DNS answers ${target} when it is asked for that name, and not at the end of the alias. If no such Service exists, \`fallthrough\` is the reason: it does not apply to the target of an alias in ${clusterDomain}.`,
    advice: `Create the Service ${target}, or set spec.externalName to a name outside ${clusterDomain}: \`fallthrough\` in the Corefile does not help.`,
  };
}

/** The CNAME proves that the alias exists, so only cluster DNS itself can deny the address. */
function isDenied(app: QueryResult | undefined): boolean {
  return app?.outcome === 'nxdomain' && app.chain.length === 0;
}

/** The component at fault if pods get an address of one type and an error for others. */
function familyBlame(context: Context, round: Round, failing: readonly AddressType[]): Blamed {
  const apps = failing.map((type) => round.app?.[type]);
  if (apps.some(isDenied)) return { blame: 'cluster_dns' };
  if (failing.some((type) => isError(round.target?.[type]))) {
    return blameForTarget(context, round.target);
  }
  // Cluster DNS waited for other servers without a result.
  const isInVain = apps.every((app) => app?.outcome === 'timeout');
  return isInVain ? blameForTarget(context, round.app) : { blame: 'cluster_dns' };
}
