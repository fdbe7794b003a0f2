import type { Forward } from './forward.ts';
import type { Probed } from './probed.ts';
import type { ResolverHealth } from './resolver.ts';
import type { AddressHop, AddressType, Family, QueryResult, Round } from './round.ts';
import type { ServiceSpec } from './service.ts';

/** One DNS server that the monitor queries. */
export interface Server {
  readonly address: string;
  readonly port: number;
  /** `address:port`, bracketed for IPv6; `tls://address:port` over TLS. */
  readonly label: string;
  /** Set for a server that is queried over TLS (RFC 7858). */
  readonly tls?: {
    /** The name in the server's certificate; absent: its address. */
    readonly name?: string;
    /** CA certificates in PEM, which replace the defaults of Node.js. */
    readonly ca?: string;
  };
}

/**
 * `all`: every hop in every round, and each of several servers separately. `app`: only the app hop,
 * and all hops only for a Service that it fails.
 */
export const PROBED_HOPS = ['all', 'app'] as const;
export type ProbedHops = (typeof PROBED_HOPS)[number];

/**
 * `options` of resolv.conf that change which queries are sent and how (resolv.conf(5)). An absent
 * option is off.
 */
export interface StubOptions {
  /** TCP only. */
  readonly useVc?: boolean;
  /** Queries carry EDNS. */
  readonly edns0?: boolean;
  /** Each lookup starts with the next server. */
  readonly rotate?: boolean;
  /** AAAA is queried after the answer to A. */
  readonly singleRequest?: boolean;
  /** The same, from another port. */
  readonly singleRequestReopen?: boolean;
  /** AAAA is not queried. */
  readonly noAaaa?: boolean;
  /** Queries have AD set. */
  readonly trustAd?: boolean;
}

/** The configuration of the probe worker. The worker receives it once, at its start. */
export interface ProbeConfig {
  /** In the failover order of a pod's resolver. */
  readonly servers: readonly Server[];
  readonly clusterDomain: string;
  /** The domain comes from the resolv.conf of this pod, so it is known to be correct. */
  readonly isOwnDomain: boolean;
  readonly intervalMs: number;
  /** How long one attempt waits for its reply, in milliseconds. */
  readonly timeoutMs: number;
  readonly attempts: number;
  /** Options of a pod's resolver; absent: none. */
  readonly stub?: StubOptions;
  /** Families that pods can use. */
  readonly families: readonly Family[];
  /**
   * Types that are queried on the app and target hops, unless an annotation of the Service
   * overrides them.
   */
  readonly recordTypes: readonly AddressType[];
  /** Hops of a round while the Service is healthy. */
  readonly hops: ProbedHops;
  /** The name that the upstream sensor queries, with type NS; empty: no sensor. */
  readonly upstreamCanary: string;
  /** Search domains of pods in addition to those of the cluster. */
  readonly searchDomains: readonly string[];
  /**
   * A target is reported if its DNSSEC signature expires within this time; absent: signatures are
   * not queried.
   */
  readonly dnssecHorizonMs?: number;
  /** Maximum number of concurrent rounds that cluster DNS answers without forwarding. */
  readonly concurrency: number;
  /** Maximum number of unanswered queries that cluster DNS must forward. */
  readonly maxOutstanding: number;
  /** How long cluster DNS may take to serve a created or edited Service, in milliseconds. */
  readonly convergenceDeadlineMs: number;
  /** Salt of the phases, so that replicas do not send the same query at the same time. */
  readonly salt: string;
  /** Absent if there are no reference resolvers. */
  readonly reference?: ReferenceConfig;
}

/** Resolvers outside cluster DNS that are queried for targets. They never decide a verdict. */
export interface ReferenceConfig {
  /** Each is queried separately: there is no failover. */
  readonly servers: readonly Server[];
  /** Interval between two queries for a target, in milliseconds. */
  readonly intervalMs: number;
  /** Only targets in these domains are queried; empty: targets under a public suffix. */
  readonly zones: readonly string[];
}

/**
 * `known`: cluster DNS has had time to serve it. `fresh`: cluster DNS may not serve it yet.
 * `listed`: the same, but from a list of possibly many Services, so that it is not urgent.
 */
export type News = 'known' | 'fresh' | 'listed';

export type ToWorker =
  | { readonly type: 'watch'; readonly services: readonly ServiceSpec[]; readonly news: News }
  | { readonly type: 'unwatch'; readonly keys: readonly string[] }
  /** Requests an early round for each of these Services. */
  | { readonly type: 'again'; readonly keys: readonly string[] }
  /** The pods of cluster DNS, each to be queried separately. */
  | { readonly type: 'pods'; readonly servers: readonly Server[] }
  /** The resolvers that cluster DNS forwards to. They are queried for targets that fail. */
  | { readonly type: 'forwards'; readonly forwards: readonly Forward[] }
  /** Requests one immediate round of a watched Service, in addition to the regular rounds. */
  | { readonly type: 'probe'; readonly id: number; readonly key: string }
  | { readonly type: 'stop' };

interface OfService {
  readonly type: 'round';
  readonly key: string;
  readonly uid: string;
  /** The target that was probed. The spec may have been edited since. */
  readonly target: string;
  /** On the steady clock, in milliseconds. */
  readonly endedAt: number;
}

/** Why no Service is queried for a while. */
export type Silence = 'cluster_dns' | 'upstream_dns';

/**
 * The Service was not queried: no server answers, and queries for every Service would not change
 * that.
 */
export interface SilentReport extends OfService {
  readonly kind: 'silent';
  readonly because: Silence;
  /** Queries of a round that the silence interrupted. They are only counted. */
  readonly earlier: readonly Round[];
}

/**
 * A query for the CNAME alone, for a Service that cluster DNS may not serve yet. The query is only
 * counted.
 */
export interface ConvergingReport extends OfService {
  readonly kind: 'converging';
  readonly round: Round;
}

/** A finished round. */
export interface JudgedReport extends OfService {
  readonly kind: 'judged';
  readonly round: Round;
  /**
   * Earlier rounds that failed and were repeated for confirmation. Their queries are counted as
   * well.
   */
  readonly earlier: readonly Round[];
  /** The target hop was queried in another Service's round, and its queries are counted there. */
  readonly targetShared: boolean;
  /** Cluster DNS may not serve the new or edited spec yet. */
  readonly converging: boolean;
  /**
   * Labels of servers that fail this Service when queried separately, while another server does
   * not.
   */
  readonly failingServers: readonly string[];
  /** Results of single servers during the round. */
  readonly singles: readonly SingleRound[];
  /** Delay between the scheduled and the actual start, in seconds. */
  readonly delaySeconds: number;
}

export type RoundReport = SilentReport | ConvergingReport | JudgedReport;

/**
 * The result of one of several servers for a Service, queried separately: the hops `app` and
 * `alias`.
 */
export interface SingleRound {
  readonly server: string;
  readonly round: Round;
}

/**
 * One query per interval and server. `control`: `A kubernetes.default.svc.<cluster-domain>`, which
 * exists in every cluster. `upstream`: a query that the server must forward and that contains no
 * target, see `--upstream-canary`.
 */
export interface SensorReport {
  readonly type: 'control' | 'upstream';
  readonly server: string;
  readonly result: QueryResult;
  /** The first attempt, if it failed and was repeated for confirmation. */
  readonly earlier?: QueryResult;
  /** On the steady clock, in milliseconds. */
  readonly endedAt: number;
}

/** A change in whether one of several servers resolves names that it must forward. */
export interface ForwardingReport {
  readonly type: 'forwarding';
  readonly server: string;
  readonly works: boolean;
  readonly endedAt: number;
}

/** Work for one Service failed with an internal error. */
export interface FaultReport {
  readonly type: 'fault';
  readonly reason: FaultReason;
  /** The Service, if there is one. */
  readonly key?: string;
  readonly error: string;
}

/** Where an internal error was caught. */
export const FAULT_REASONS = {
  round: 'in a round of a Service',
  probe: 'in a probe on demand',
  sensor: 'in a control query or in the upstream sensor',
  reference: 'in a query to a reference resolver',
  resolver: 'in a query to a resolver behind cluster DNS',
  search_domain: 'in a query about a search domain',
  signature: 'in a query for DNSSEC signatures',
  report: 'in the main thread, in a report of the worker',
} as const;

export type FaultReason = keyof typeof FAULT_REASONS;

/**
 * The answer of one reference resolver for a target. There is one report per server each time a
 * target is queried.
 */
export interface ReferenceReport {
  readonly type: 'reference';
  readonly target: string;
  /** The Services with this target. */
  readonly keys: readonly string[];
  /** Its label. */
  readonly server: string;
  /** Both types, even if the Services with this target use only one at cluster DNS. */
  readonly hop: AddressHop;
  /** Milliseconds since the epoch. */
  readonly endedAt: number;
}

/** General health of a resolver behind cluster DNS. */
export interface ResolverHealthReport {
  readonly type: 'resolver_health';
  readonly server: string;
  readonly health: ResolverHealth;
  readonly result: QueryResult;
  readonly endedAt: number;
}

/** The answer of a resolver behind cluster DNS for a target that cluster DNS does not resolve. */
export interface ResolverReport {
  readonly type: 'resolver';
  readonly target: string;
  /** The failing Services with this target. */
  readonly keys: readonly string[];
  /** Its label. */
  readonly server: string;
  /** The zone that cluster DNS forwards to this resolver. */
  readonly zone: string;
  readonly hop: AddressHop;
  readonly endedAt: number;
}

/** Targets that are no longer queried at the resolvers behind cluster DNS. */
export interface ResolvedReport {
  readonly type: 'resolved';
  readonly targets: readonly string[];
}

/** The answer of cluster DNS for names below a search domain that cannot exist. */
export interface SearchDomainReport {
  readonly type: 'search_domain';
  readonly domain: string;
  /** Cluster DNS answers for any name; absent if the queries were not answered. */
  readonly wildcard?: boolean;
  /** If it does, one of those names and its addresses. */
  readonly example?: SearchDomainExample;
  readonly results: readonly QueryResult[];
  /** On the steady clock, in milliseconds. */
  readonly endedAt: number;
}

export interface SearchDomainExample {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** Expiry of the DNSSEC signatures of a target. */
export interface SignatureReport {
  readonly type: 'signature';
  readonly target: string;
  /** The Services with this target. */
  readonly keys: readonly string[];
  readonly results: readonly QueryResult[];
  /**
   * The signature that expires first, in milliseconds since the epoch on the wall clock; absent if
   * the answer is not signed.
   */
  readonly signature?: { readonly zone: string; readonly endsAt: number };
  /** On the steady clock, in milliseconds. */
  readonly endedAt: number;
}

/** A server serves a new or edited `externalName` for the first time. */
export interface ConvergedReport {
  readonly type: 'converged';
  readonly server: string;
  /** Seconds since the informer received the change. */
  readonly seconds: number;
}

/** The result of the `probe` request with that number. */
export interface ProbedReport {
  readonly type: 'probed';
  readonly id: number;
  /** Absent if the Service is not watched. */
  readonly probed?: Probed;
}

/** Health of the worker itself, about once a second while anything changes. */
export interface WorkerReport {
  readonly type: 'worker';
  readonly inflight: number;
  /** The longest delay of the worker's event loop since the last report, in seconds. */
  readonly lagSeconds: number;
  /** Rounds not started since the last report, by reason. */
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
}

/** Why a scheduled round was not started. */
export const SKIP_REASONS = {
  busy: "the Service's previous round was still in progress or waiting",
  silent:
    'cluster DNS, or every resolver behind it, is silent: only the sensors and a sample of the Services are queried',
  reference: 'the last query to a reference resolver was still in progress or waiting',
} as const;

export type SkipReason = keyof typeof SKIP_REASONS;

export type FromWorker = Report | ProbedReport;

/** Reports that the worker sends without a request. */
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
