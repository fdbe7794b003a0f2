import type { Forward } from './forward.ts';
import type { Probed } from './probed.ts';
import type { ResolverHealth } from './resolver.ts';
import type { AddressHop, AddressType, Family, QueryResult, Round } from './round.ts';
import type { ServiceSpec } from './service.ts';

/** One DNS server that is asked. */
export interface Server {
  readonly address: string;
  readonly port: number;
  /** `address:port`, bracketed for IPv6; `tls://address:port` over TLS. */
  readonly label: string;
  /** Asked over TLS (RFC 7858). */
  readonly tls?: {
    /** The name that its certificate must be for; absent: its address. */
    readonly name?: string;
    /** Certificates of authorities in PEM, in place of those that Node.js trusts. */
    readonly ca?: string;
  };
}

/**
 * `all`: every hop in every round, and each of several servers on its own. `app`: the app hop alone, and
 * all of them only of a Service that it fails.
 */
export const PROBED_HOPS = ['all', 'app'] as const;
export type ProbedHops = (typeof PROBED_HOPS)[number];

/**
 * `options` of resolv.conf that change which queries are sent, and how (resolv.conf(5)). Each is off where it is absent.
 */
export interface StubOptions {
  /** TCP only. */
  readonly useVc?: boolean;
  /** Queries carry EDNS. */
  readonly edns0?: boolean;
  /** Each lookup starts with another server. */
  readonly rotate?: boolean;
  /** AAAA is asked once A is answered. */
  readonly singleRequest?: boolean;
  /** The same, from another port. */
  readonly singleRequestReopen?: boolean;
  /** AAAA is not asked. */
  readonly noAaaa?: boolean;
  /** Queries have AD set. */
  readonly trustAd?: boolean;
}

/** The configuration of the probe worker, which it gets once, at its start. */
export interface ProbeConfig {
  /** In the failover order of a pod's resolver. */
  readonly servers: readonly Server[];
  readonly clusterDomain: string;
  /** It is the domain that the resolv.conf of this pod has, so that it is known to be right. */
  readonly isOwnDomain: boolean;
  readonly intervalMs: number;
  /** How long one attempt waits for its reply. */
  readonly timeoutMs: number;
  readonly attempts: number;
  /** Of a pod's resolver; absent: none. */
  readonly stub?: StubOptions;
  /** Families that pods can use. */
  readonly families: readonly Family[];
  /** Types asked for on the app and target hops, unless a Service's annotation says something else. */
  readonly recordTypes: readonly AddressType[];
  /** Which hops a round has as long as all is well. */
  readonly hops: ProbedHops;
  /** The name that the upstream sensor asks for, by NS; empty for no sensor. */
  readonly upstreamCanary: string;
  /** Search domains of pods beside those of the cluster. */
  readonly searchDomains: readonly string[];
  /** Targets with a DNSSEC signature that ends within this time are reported; absent: signatures are not asked for. */
  readonly dnssecHorizonMs?: number;
  /** How many rounds may be under way at once that cluster DNS answers without forwarding. */
  readonly concurrency: number;
  /** How many queries that cluster DNS must forward may be unanswered at once. */
  readonly maxOutstanding: number;
  /** How long a created or edited Service may stay unknown to cluster DNS. */
  readonly convergenceDeadlineMs: number;
  /** Salts the phases, so that replicas do not ask the same thing at the same instant. */
  readonly salt: string;
  /** Absent without reference resolvers. */
  readonly reference?: ReferenceConfig;
}

/** Resolvers outside of cluster DNS that are asked for targets, and never decide a verdict. */
export interface ReferenceConfig {
  /** Each is asked by itself: there is no failover. */
  readonly servers: readonly Server[];
  /** How often each target is asked for. */
  readonly intervalMs: number;
  /** Only targets in these domains are asked for; empty: those under a public suffix. */
  readonly zones: readonly string[];
}

/**
 * `known`: cluster DNS has had time to learn of it. `fresh`: it may not know it yet. `listed`: the
 * same, but found by a list, among many perhaps, so that there is no haste.
 */
export type News = 'known' | 'fresh' | 'listed';

export type ToWorker =
  | { readonly type: 'watch'; readonly services: readonly ServiceSpec[]; readonly news: News }
  | { readonly type: 'unwatch'; readonly keys: readonly string[] }
  /** A round of each soon, before its turn. */
  | { readonly type: 'again'; readonly keys: readonly string[] }
  /** The pods of cluster DNS, each to be asked on its own. */
  | { readonly type: 'pods'; readonly servers: readonly Server[] }
  /** Where cluster DNS forwards to: those resolvers are asked for targets that fail. */
  | { readonly type: 'forwards'; readonly forwards: readonly Forward[] }
  /** One round of a watched Service now, beside the regular ones. */
  | { readonly type: 'probe'; readonly id: number; readonly key: string }
  | { readonly type: 'stop' };

interface OfService {
  readonly type: 'round';
  readonly key: string;
  readonly uid: string;
  /** The target that was probed: the spec may have been edited since. */
  readonly target: string;
  /** On the steady clock, in milliseconds. */
  readonly endedAt: number;
}

/** Why the Services are not asked about for a while. */
export type Silence = 'cluster_dns' | 'upstream_dns';

/** Not asked: nothing answers, and asking about every Service would not change that. */
export interface SilentReport extends OfService {
  readonly kind: 'silent';
  readonly because: Silence;
  /** Queries of a round that the silence cut short: they count, and that is all. */
  readonly earlier: readonly Round[];
}

/** The CNAME alone, of a Service that cluster DNS may not know yet: its query counts, and that is all. */
export interface ConvergingReport extends OfService {
  readonly kind: 'converging';
  readonly round: Round;
}

/** A finished round. */
export interface JudgedReport extends OfService {
  readonly kind: 'judged';
  readonly round: Round;
  /** Rounds just before whose failure was asked again before it was believed; their queries count, too. */
  readonly earlier: readonly Round[];
  /** The target hop was asked in another Service's round: its queries are counted there. */
  readonly targetShared: boolean;
  /** Cluster DNS may not know the new or edited spec yet. */
  readonly converging: boolean;
  /** Servers, by label, that fail this Service when they are asked on their own, while another does not. */
  readonly failingServers: readonly string[];
  /** What single servers were asked during the round. */
  readonly singles: readonly SingleRound[];
  /** Seconds between when it was due and when it started. */
  readonly delaySeconds: number;
}

export type RoundReport = SilentReport | ConvergingReport | JudgedReport;

/** What one server of several says of a Service when it is asked on its own: the hops `app` and `alias`. */
export interface SingleRound {
  readonly server: string;
  readonly round: Round;
}

/**
 * One query per interval and server. `control`: `A kubernetes.default.svc.<cluster-domain>`, which every cluster has.
 * `upstream`: a query that the server must forward and that names no target, see `--upstream-canary`.
 */
export interface SensorReport {
  readonly type: 'control' | 'upstream';
  readonly server: string;
  readonly result: QueryResult;
  /** A failure that was asked again before it was believed. */
  readonly earlier?: QueryResult;
  /** On the steady clock, in milliseconds. */
  readonly endedAt: number;
}

/** Whether one server of several resolves names that it must forward; a change of that. */
export interface ForwardingReport {
  readonly type: 'forwarding';
  readonly server: string;
  readonly works: boolean;
  readonly endedAt: number;
}

/** Work for one Service ended in an error of our own. */
export interface FaultReport {
  readonly type: 'fault';
  readonly reason: FaultReason;
  /** The Service, where there is one. */
  readonly key?: string;
  readonly error: string;
}

/** Where an error of our own was caught. */
export const FAULT_REASONS = {
  round: 'in a round of a Service',
  probe: 'in a probe on demand',
  sensor: 'in a control query or in the upstream sensor',
  reference: 'in a query to a reference resolver',
  resolver: 'in a query to a resolver behind cluster DNS',
  search_domain: 'in a query about a search domain',
  signature: 'in a query for DNSSEC signatures',
  report: 'in the main thread, when a report of the worker was taken in',
} as const;

export type FaultReason = keyof typeof FAULT_REASONS;

/** What one reference resolver answered for a target: one for each server and turn of the target. */
export interface ReferenceReport {
  readonly type: 'reference';
  readonly target: string;
  /** The Services that have this target. */
  readonly keys: readonly string[];
  /** Its label. */
  readonly server: string;
  /** Both types, whatever the Services with this target ask cluster DNS for. */
  readonly hop: AddressHop;
  /** Milliseconds since the epoch. */
  readonly endedAt: number;
}

/** How a resolver behind cluster DNS does in general. */
export interface ResolverHealthReport {
  readonly type: 'resolver_health';
  readonly server: string;
  readonly health: ResolverHealth;
  readonly result: QueryResult;
  readonly endedAt: number;
}

/** What a resolver behind cluster DNS answers for a target that cluster DNS does not resolve. */
export interface ResolverReport {
  readonly type: 'resolver';
  readonly target: string;
  /** The Services with this target that fail. */
  readonly keys: readonly string[];
  /** Its label. */
  readonly server: string;
  /** That cluster DNS forwards to it. */
  readonly zone: string;
  readonly hop: AddressHop;
  readonly endedAt: number;
}

/** Targets that resolvers behind cluster DNS are no longer asked for. */
export interface ResolvedReport {
  readonly type: 'resolved';
  readonly targets: readonly string[];
}

/** What cluster DNS answers for names below a search domain that cannot exist. */
export interface SearchDomainReport {
  readonly type: 'search_domain';
  readonly domain: string;
  /** It answers for any name; absent where the questions were not answered. */
  readonly wildcard?: boolean;
  /** Where it does, one of those names and its addresses. */
  readonly example?: SearchDomainExample;
  readonly results: readonly QueryResult[];
  /** On the steady clock, in milliseconds. */
  readonly endedAt: number;
}

export interface SearchDomainExample {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** How long the DNSSEC signatures of a target last. */
export interface SignatureReport {
  readonly type: 'signature';
  readonly target: string;
  /** The Services that have this target. */
  readonly keys: readonly string[];
  readonly results: readonly QueryResult[];
  /** The one that ends first, in milliseconds since the epoch on the wall clock; absent where the answer is not signed. */
  readonly signature?: { readonly zone: string; readonly endsAt: number };
  /** On the steady clock, in milliseconds. */
  readonly endedAt: number;
}

/** A server serves a new or edited `externalName` for the first time. */
export interface ConvergedReport {
  readonly type: 'converged';
  readonly server: string;
  /** From when the informer saw it. */
  readonly seconds: number;
}

/** What was asked for by a `probe` with that number. */
export interface ProbedReport {
  readonly type: 'probed';
  readonly id: number;
  /** Absent if the Service is not watched. */
  readonly probed?: Probed;
}

/** The worker's own health, about once a second while anything changed. */
export interface WorkerReport {
  readonly type: 'worker';
  readonly inflight: number;
  /** The longest that the worker's event loop was late since the last report, in seconds. */
  readonly lagSeconds: number;
  /** Rounds not started since the last report, by reason. */
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
}

/** Why a round that was due was not asked. */
export const SKIP_REASONS = {
  busy: "the Service's previous round was still under way, or waited for its turn",
  silent:
    'cluster DNS, or all that it forwards to, is silent: only the sensors and a sample of the Services go on',
  reference:
    'the last question to a reference resolver was still under way, or waited for its turn',
} as const;

export type SkipReason = keyof typeof SKIP_REASONS;

export type FromWorker = Report | ProbedReport;

/** What the worker reports unasked. */
export type Report =
  | RoundReport
  | SensorReport
  | ForwardingReport
  | ConvergedReport
  | ReferenceReport
  | ResolverReport
  | ResolverHealthReport
  | ResolvedReport
  | SearchDomainReport
  | SignatureReport
  | FaultReport
  | WorkerReport;
