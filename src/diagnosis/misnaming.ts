/**
 * Mistakes that are visible in the text of `spec.externalName`, and the names that were probably
 * intended.
 */
import { isLiteral, whyNotEncodable } from '../dns/name.ts';
import type { Rule } from '../model/finding.ts';
import type { AddressHop, Round } from '../model/round.ts';
import { aliasOf, isInZone, type ServiceSpec } from '../model/service.ts';
import { isNegativeHop } from './outcomes.ts';
import { perSpec } from './per-spec.ts';
import { isAddressLike, isInPublicDns, isLoopbackName } from './target-form.ts';
import { isMissing } from './trace.ts';

export interface Misnaming {
  readonly rule: Extract<
    Rule,
    | 'ip_like_target'
    | 'localhost_target'
    | 'unqualified_target'
    | 'wrong_cluster_domain'
    | 'incomplete_cluster_name'
  >;
  /** Full names that were probably intended, most likely first; never the Service's own. */
  readonly candidates: readonly string[];
  /**
   * `certain`: if the name does not exist, the spec is wrong, with or without a candidate.
   * `likely`: the spec is wrong, or an external name is gone. `guess`: only an existing candidate
   * proves the mistake.
   */
  readonly likelihood: 'certain' | 'likely' | 'guess';
  /**
   * The name is correct if cluster DNS serves it: there is no mistake until cluster DNS answers
   * that it does not exist.
   */
  readonly mayBeServed?: true;
  /** The domain that is written in place of the cluster domain. */
  readonly domain?: string;
}

type NamedSpec = Pick<ServiceSpec, 'namespace' | 'name' | 'target'>;

/** Each candidate costs one query in each round in which the target does not exist. */
const MOST_CANDIDATES = 3;

/** The cluster domain of most clusters. */
const USUAL_DOMAIN = 'cluster.local';
/** Multi-cluster Services API (KEP-1645): served if cluster DNS has a plugin for it. */
const CLUSTER_SET = 'clusterset.local';

/** The suspected mistake in the name of a target; undefined if the name looks right. */
export const misnamingOf: (spec: NamedSpec, clusterDomain: string) => Misnaming | undefined =
  perSpec((spec, clusterDomain) => {
    const form = formOf(spec, clusterDomain);
    if (!form) return undefined;
    const { labels, ...misnaming } = form;
    const candidates = [...new Set(candidatesOf(labels, spec.namespace))]
      .map((name) => `${name}.${clusterDomain}`)
      .filter((name) => !isSame(name, spec, clusterDomain) && !whyNotEncodable(name));
    return { ...misnaming, candidates: candidates.slice(0, MOST_CANDIDATES) };
  });

/**
 * The same once the target has been queried: a name in a served zone, such as one of another
 * cluster, may be intended.
 */
export function misnamingSeen(
  spec: NamedSpec,
  hop: AddressHop | undefined,
  clusterDomain: string,
): Misnaming | undefined {
  const misnaming = misnamingOf(spec, clusterDomain);
  const { domain } = misnaming ?? {};
  if (domain === undefined) return misnaming;
  const isServed = Object.values(hop ?? {}).some(
    ({ negative }) => negative && isInZone(negative.zone, domain),
  );
  return isServed ? undefined : misnaming;
}

/**
 * Whether the last round proves that the name is a mistake: the name does not exist, and either it
 * cannot exist or another name was intended.
 */
export function isMisnamed(spec: NamedSpec, round: Round, clusterDomain: string): boolean {
  if (correctionOf(round) !== undefined) return true;
  const isCertain = misnamingSeen(spec, round.target, clusterDomain)?.likelihood === 'certain';
  return isCertain && isAbsent(spec.target, round.target, clusterDomain);
}

/** The intended name: the candidate that exists. */
export function correctionOf({ corrections }: Round): string | undefined {
  return corrections?.find(({ result }) => result.outcome === 'ok')?.name;
}

/**
 * Whether the answers for a target mean that the name does not exist. In the cluster's own zone
 * NODATA means the same: `redis.svc.cluster.local` is an empty name if there is a namespace
 * `redis`.
 */
export function isAbsent(
  target: string,
  hop: AddressHop | undefined,
  clusterDomain: string,
): boolean {
  return isMissing(hop) === true || (isInZone(target, clusterDomain) && isNegativeHop(hop));
}

interface Form extends Omit<Misnaming, 'candidates'> {
  /** The labels before the domain: `redis`, `shop`, `svc`. */
  readonly labels: readonly string[];
}

function formOf({ target }: NamedSpec, clusterDomain: string): Form | undefined {
  if (clusterDomain === '' || isLiteral(target) || whyNotEncodable(target)) return undefined;
  if (isAddressLike(target)) return { rule: 'ip_like_target', likelihood: 'certain', labels: [] };
  if (isLoopbackName(target)) {
    return { rule: 'localhost_target', likelihood: 'certain', labels: [] };
  }
  if (isInZone(target, clusterDomain)) {
    return formInZone(labelsBefore(target, clusterDomain));
  }
  const labels = target.split('.');
  return formAfterKind(labels) ?? formBesideZone(target, clusterDomain) ?? formWithoutKind(labels);
}

/**
 * In its zone CoreDNS serves `<service>.<namespace>.svc`, with one or two labels before it, and
 * pods.
 */
function formInZone(labels: readonly string[]): Form | undefined {
  if (labels.length === 0) return undefined;
  const rule = 'incomplete_cluster_name';
  if (labels.length < 3 || !isKind(labels, labels.length - 1)) {
    return { rule, likelihood: 'certain', labels };
  }
  // A pod of a StatefulSet and its Service, without the namespace.
  const isGuess = labels.length === 3 && isOrdinal(labels[0]);
  return isGuess ? { rule, likelihood: 'guess', labels } : undefined;
}

/** Matches `redis.shop.svc`, followed by a domain that is not the cluster domain, or by nothing. */
function formAfterKind(all: readonly string[]): Form | undefined {
  const at = all.findLastIndex((_, i) => isKind(all, i));
  if (at < 1) return undefined;
  const labels = all.slice(0, at + 1);
  const domain = all.slice(at + 1).join('.');
  if (domain === '') return { rule: 'unqualified_target', likelihood: 'certain', labels };
  const rule = 'wrong_cluster_domain';
  if (domain === CLUSTER_SET) {
    return { rule, likelihood: 'certain', labels, domain, mayBeServed: true };
  }
  if (at > 1 && !isInPublicDns(domain)) return { rule, likelihood: 'certain', labels, domain };
  // `api.svc.example.com` is an ordinary name. In `redis.svc.shop` two labels are in the wrong
  // order.
  if (at > 1 || !domain.includes('.')) {
    return { rule, likelihood: 'guess', labels: at > 1 ? labels : [...labels, domain], domain };
  }
  return undefined;
}

/**
 * Matches `redis.shop`, followed by the usual domain of other clusters or by a part of the cluster
 * domain.
 */
function formBesideZone(target: string, clusterDomain: string): Form | undefined {
  const domain = [USUAL_DOMAIN, ...beginningsOf(clusterDomain), ...beginningsOf(USUAL_DOMAIN)].find(
    (one) => target.endsWith(`.${one}`),
  );
  if (domain === undefined) return undefined;
  const labels = labelsBefore(target, domain);
  // `redis.cluster` is more likely a Service and its namespace.
  if (labels.length < 2 && domain !== USUAL_DOMAIN) return undefined;
  const likelihood = isInPublicDns(domain) ? 'guess' : 'certain';
  return { rule: 'wrong_cluster_domain', likelihood, labels, domain };
}

/** One to three labels, as in a pod, where search domains complete the name. */
function formWithoutKind(labels: readonly string[]): Form | undefined {
  const rule = 'unqualified_target';
  if (labels.length === 1) return { rule, likelihood: 'likely', labels };
  const isShort = labels.length === 2 || (labels.length === 3 && isOrdinal(labels[0]));
  return isShort ? { rule, likelihood: 'guess', labels } : undefined;
}

/** Full names without the cluster domain. */
function* candidatesOf(all: readonly string[], own: string): Generator<string> {
  const last = all.at(-1);
  if (last === 'pod') {
    if (all.length === 2) yield `${all[0]}.${own}.pod`;
    if (all.length === 3) yield all.join('.');
    return;
  }
  const labels = all.filter((label) => label !== 'svc');
  const [first = '', second = ''] = labels;
  if (labels.length === 0) return;
  if (labels.length === 1) {
    yield `${first}.${own}.svc`;
    // The Service of a StatefulSet usually has the same name.
    if (isOrdinal(first)) yield `${first}.${first.replace(ORDINAL, '')}.${own}.svc`;
    return;
  }
  yield `${labels.join('.')}.svc`;
  if (labels.length === 2 && isOrdinal(first)) yield `${first}.${second}.${own}.svc`;
}

/** Whether a label is a record kind: `svc`, or `pod` after an address with dashes. */
function isKind(labels: readonly string[], at: number): boolean {
  const label = labels[at];
  return label === 'svc' || (label === 'pod' && /^[\da-f]*-[-\da-f]*$/.test(labels[0] ?? ''));
}

const ORDINAL = /-\d+$/;

/** Whether a label could be the name of a StatefulSet's pod: `web-0`. */
function isOrdinal(label: string | undefined): boolean {
  return label !== undefined && /[a-z].*-\d+$/.test(label);
}

function isSame(name: string, spec: NamedSpec, clusterDomain: string): boolean {
  return name === spec.target || name === aliasOf(spec, clusterDomain);
}

function labelsBefore(target: string, domain: string): string[] {
  return target === domain ? [] : target.slice(0, -domain.length - 1).split('.');
}

/** `a.b` and `a` for `a.b.c`, longest first. */
function beginningsOf(domain: string): string[] {
  const labels = domain.split('.');
  return labels.slice(1).map((_, i) => labels.slice(0, labels.length - 1 - i).join('.'));
}
