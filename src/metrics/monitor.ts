import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { extendedErrorRow, mainExtendedError } from '../model/extended-error.ts';
import {
  type InformerStatus,
  RELIST_REASONS,
  RESTART_REASONS,
  type RelistReason,
  type RestartReason,
} from '../model/informer.ts';
import {
  type ConvergedReport,
  FAULT_REASONS,
  type FaultReason,
  type ReferenceReport,
  type ResolverReport,
  type RoundReport,
  type SearchDomainReport,
  type SensorReport,
  type SignatureReport,
  SKIP_REASONS,
  type WorkerReport,
} from '../model/messages.ts';
import { isFailure, OUTCOMES, servesZone } from '../model/outcome.ts';
import { QUERIES, type QueryResult, type Round, resultOf, TRANSPORTS } from '../model/round.ts';
import { ANNOTATIONS, type Annotation, type Shard } from '../model/service.ts';
import { timestampOf } from '../model/time.ts';
import { collected } from './collected.ts';
import type { MetricType } from './text.ts';

/** CoreDNS's own buckets, so that its histogram and ours can be laid over each other: 0.25 ms × 2ⁿ. */
const COREDNS_BUCKETS = Array.from({ length: 16 }, (_, n) => 0.00025 * 2 ** n);
/** The queries for it are 0.25 s apart at first, and 8 s in the end. */
const CONVERGENCE_BUCKETS = [0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120];
const DELAY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** The loop's delay is sampled this often; finer than this it costs more than all else that the main thread does at rest. */
const LOOP_PRECISION_MS = 40;

/** Default collectors that are left out: the names of the first three displease `promtool check metrics`. */
const UNFIT_COLLECTORS = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
  // Reset by each scrape, they are NaN or absurd when two come close together.
  'nodejs_eventloop_lag_min_seconds',
  'nodejs_eventloop_lag_mean_seconds',
  'nodejs_eventloop_lag_stddev_seconds',
];

/** Numbers of Services that are not watched. */
export interface ServiceCounts {
  readonly disabled: number;
  /** By reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** By annotation: how many Services have a bad value of it. */
  readonly invalid: Readonly<Partial<Record<Annotation, number>>>;
}

/** One of the monitor's own families. */
export interface MonitorFamily {
  readonly name: string;
  readonly type: MetricType;
  readonly labels: readonly string[];
}

export interface BuildInfo {
  readonly version: string;
  readonly node_version: string;
  /** Of `--cluster-name`. */
  readonly cluster_name?: string;
}

/** The monitor's own metrics: few series, none per Service, kept and rendered by prom-client. */
export class MonitorMetrics {
  /** All families except those of prom-client itself. */
  readonly families: MonitorFamily[] = [];
  readonly #registry = new Registry();
  /** Labels of those that have series. */
  readonly #resolvers = new Set<string>();
  readonly #queryDuration = this.#histogram(
    'externalname_query_duration_seconds',
    'Round-trip time of answered queries by hop, question type and DNS server.',
    ['hop', 'type', 'server'],
    COREDNS_BUCKETS,
  );
  readonly #exchanges = this.#counter(
    'externalname_exchanges_total',
    'Messages sent to DNS servers, by transport and outcome.',
    ['server', 'transport', 'outcome'],
  );
  readonly #retries = this.#counter(
    'externalname_query_retries_total',
    'Retried queries, by the outcome of the attempt before.',
    ['server', 'reason'],
  );
  readonly #serverUp = this.#gauge(
    'externalname_server_up',
    'Whether this server answers the control query, A of kubernetes.default.svc.',
    ['server'],
  );
  readonly #upstreamUp = this.#gauge(
    'externalname_upstream_up',
    'Whether this server answers a query that it must forward, see --upstream-canary; absent until it has worked once.',
    ['server'],
  );
  readonly #searchDomain = this.#gauge(
    'externalname_search_domain_wildcard',
    'Whether a search domain of the node answers for any name (search_path_wildcard); absent until that is known.',
    ['domain'],
  );
  readonly #resolverAnswers = this.#counter(
    'externalname_upstream_resolver_answers_total',
    'Answers of the resolvers behind cluster DNS for failing targets, see --upstream-dns; extended_error is the name of the code (RFC 8914), or empty.',
    ['resolver', 'outcome', 'extended_error'],
  );
  readonly #faults = this.#counter(
    'externalname_internal_errors_total',
    'Internal errors of the monitor, by place; each affects one Service or server.',
    ['reason'],
  );
  readonly #services = this.#gauge(
    'externalname_services',
    'ExternalName Services that are watched.',
  );
  readonly #disabled = this.#gauge(
    'externalname_services_disabled',
    'ExternalName Services that are not watched because of their annotation.',
  );
  readonly #dropped = this.#gauge(
    'externalname_services_dropped',
    'ExternalName Services that are not watched because a limit is reached.',
    ['reason'],
  );
  readonly #invalid = this.#gauge(
    'externalname_invalid_annotations',
    'Services with an invalid value of this annotation; the default applies.',
    ['annotation'],
  );
  readonly #synced = this.#gauge(
    'externalname_informer_synced',
    'Whether the first list of Services is complete.',
  );
  readonly #lastList = this.#gauge(
    'externalname_informer_last_list_timestamp_seconds',
    'When Services were last listed, in seconds since the epoch.',
  );
  readonly #lastContact = this.#gauge(
    'externalname_informer_last_contact_timestamp_seconds',
    'Last contact with the API server (a list, an event or a bookmark), in seconds since the epoch.',
  );
  readonly #failure = this.#gauge(
    'externalname_informer_failure',
    'Reason why the monitor cannot watch the API server at present, always 1; absent while it can.',
    ['reason'],
  );
  readonly #restarts = this.#counter(
    'externalname_informer_restarts_total',
    'Lists and watches retried after a failure.',
    ['reason'],
  );
  readonly #relists = this.#counter(
    'externalname_informer_relists_total',
    'Lists of all Services after the first one, by reason.',
    ['reason'],
  );
  readonly #events = this.#counter(
    'externalname_informer_events_total',
    'Changes of ExternalName Services seen.',
    ['event'],
  );
  readonly #delay = this.#histogram(
    'externalname_probe_schedule_delay_seconds',
    'Delay between the scheduled and the actual start of rounds.',
    [],
    DELAY_BUCKETS,
  );
  readonly #skipped = this.#counter(
    'externalname_probes_skipped_total',
    'Scheduled rounds that were not started.',
    ['reason'],
  );
  readonly #inflight = this.#gauge('externalname_probe_inflight', 'Rounds in progress.');
  readonly #lag = this.#gauge(
    'externalname_probe_loop_lag_seconds',
    "Longest delay of the probe worker's event loop within the last second; a latency is wrong by at most this.",
  );

  readonly #badFiles = new Set<string>();
  readonly #reloadGood = this.#gauge(
    'externalname_config_last_reload_successful',
    'Whether the last reload of the policy (--config) and of --web.config.file succeeded; 1 without a file.',
  );
  readonly #reloadAt = this.#gauge(
    'externalname_config_last_reload_success_timestamp_seconds',
    'Last successful reload of a file, in seconds since the epoch.',
  );
  readonly #convergence = this.#histogram(
    'externalname_convergence_seconds',
    'Time from a new spec.externalName in the informer until this server serves it.',
    ['server'],
    CONVERGENCE_BUCKETS,
  );

  constructor(intervalMs: number, build: BuildInfo, shard: Shard = { index: 0, total: 1 }) {
    collectDefaultMetrics({
      register: this.#registry,
      eventLoopMonitoringPrecision: LOOP_PRECISION_MS,
    });
    for (const name of UNFIT_COLLECTORS) this.#registry.removeSingleMetric(name);
    this.#gauge(
      'externalname_probe_interval_seconds',
      'Interval between two rounds of a Service.',
    ).set(intervalMs / 1000);
    this.#gauge(
      'externalname_shard_info',
      'Shard of this monitor and number of shards, always 1.',
      ['shard', 'total_shards'],
    ).set({ shard: String(shard.index), total_shards: String(shard.total) }, 1);
    // As a number as well: PromQL cannot compare the value of a label.
    this.#gauge('externalname_total_shards', 'Number of shards.').set(shard.total);
    this.#gauge('externalname_build_info', 'Version of the monitor and of Node.js, always 1.', [
      'version',
      'node_version',
      'cluster_name',
    ]).set({ ...build }, 1);
    this.#synced.set(0);
    this.#reloadGood.set(1);
    this.#reloadAt.set(Date.now() / 1000);
    for (const event of ['upsert', 'gone']) this.#events.inc({ event }, 0);
    for (const reason of Object.keys(FAULT_REASONS)) this.#faults.inc({ reason }, 0);
    for (const reason of Object.keys(SKIP_REASONS)) this.#skipped.inc({ reason }, 0);
    for (const reason of Object.keys(RESTART_REASONS)) this.#restarts.inc({ reason }, 0);
    for (const reason of Object.keys(RELIST_REASONS)) this.#relists.inc({ reason }, 0);
    this.services(0, { disabled: 0, dropped: {}, invalid: {} });
  }

  round(report: RoundReport): void {
    if (report.kind !== 'converging')
      for (const round of report.earlier) this.#queries(round, false);
    if (report.kind === 'silent') return;
    const isShared = report.kind === 'judged' && report.targetShared;
    this.#queries(report.round, isShared);
    for (const { result } of report.round.corrections ?? []) this.#exchanged(result);
    if (report.kind !== 'judged') return;
    this.#delay.observe(report.delaySeconds);
    for (const { round } of report.singles) this.#queries(round, false);
  }

  sensor({ type, server, result, earlier }: SensorReport): void {
    const works = type === 'control' ? servesZone(result.outcome) : !isFailure(result.outcome);
    const gauge = type === 'control' ? this.#serverUp : this.#upstreamUp;
    // REFUSED may be cluster DNS's own, and says nothing of upstream.
    const isKnown = type === 'control' || result.outcome !== 'refused';
    if (isKnown) gauge.set({ server }, works ? 1 : 0);
    if (earlier) this.#exchanged(earlier);
    this.#exchanged(result);
  }

  /** An error of our own was caught. */
  fault(reason: FaultReason): void {
    this.#faults.inc({ reason });
  }

  /** A reference resolver has answered. */
  reference({ hop }: ReferenceReport): void {
    this.#queries({ target: hop }, false);
  }

  /** The signatures of a target have been asked for. */
  signature({ results }: SignatureReport): void {
    for (const result of results) this.#exchanged(result);
  }

  /** What a search domain of the node does has been asked. */
  searchDomain({ domain, wildcard, results }: SearchDomainReport): void {
    for (const result of results) this.#exchanged(result);
    if (wildcard !== undefined) this.#searchDomain.set({ domain }, wildcard ? 1 : 0);
  }

  /** A resolver behind cluster DNS has answered for a target. */
  resolver({ server: resolver, hop }: ResolverReport): void {
    this.#resolvers.add(resolver);
    for (const { outcome, extendedErrors = [] } of Object.values(hop)) {
      const error = mainExtendedError(extendedErrors);
      const extended_error = error ? extendedErrorRow(error.code).name : '';
      this.#resolverAnswers.inc({ resolver, outcome, extended_error });
    }
  }

  /** A file was read again, or could not be used: good is what all of them are. */
  configReloaded(file: string, isGood: boolean, at: number): void {
    if (isGood) this.#badFiles.delete(file);
    else this.#badFiles.add(file);
    this.#reloadGood.set(this.#badFiles.size === 0 ? 1 : 0);
    if (isGood) this.#reloadAt.set(at / 1000);
  }

  converged({ server, seconds }: ConvergedReport): void {
    this.#convergence.observe({ server }, seconds);
  }

  /** Series of servers that are no longer asked go. Later reports of these must not come here: they would stay. */
  serversGone(servers: readonly string[]): void {
    for (const server of servers) {
      this.#serverUp.remove({ server });
      this.#upstreamUp.remove({ server });
      this.#convergence.remove({ server });
      for (const { hop, type } of QUERIES) this.#queryDuration.remove({ hop, type, server });
      for (const outcome of Object.keys(OUTCOMES)) {
        this.#retries.remove({ server, reason: outcome });
        for (const transport of TRANSPORTS) this.#exchanges.remove({ server, transport, outcome });
      }
    }
  }

  /** Series of resolvers behind cluster DNS go where one of them is no longer asked. */
  resolversChanged(isAsked: (server: string) => boolean): void {
    if ([...this.#resolvers].every(isAsked)) return;
    // Its other series begin again at zero, as after a restart: a Corefile is rarely changed.
    this.#resolverAnswers.reset();
    this.#resolvers.clear();
  }

  worker({ inflight, lagSeconds, skipped }: WorkerReport): void {
    this.#inflight.set(inflight);
    this.#lag.set(lagSeconds);
    for (const [reason, count] of Object.entries(skipped)) this.#skipped.inc({ reason }, count);
  }

  services(count: number, { disabled, dropped, invalid }: ServiceCounts): void {
    this.#services.set(count);
    this.#disabled.set(disabled);
    for (const [reason, dropCount] of Object.entries(dropped))
      this.#dropped.set({ reason }, dropCount);
    for (const annotation of ANNOTATIONS)
      this.#invalid.set({ annotation }, invalid[annotation] ?? 0);
  }

  informer({ synced, lastListAt, lastContactAt, failure }: InformerStatus): void {
    this.#failure.reset();
    if (failure !== undefined) this.#failure.set({ reason: failure }, 1);
    this.#synced.set(synced ? 1 : 0);
    if (lastListAt !== undefined) this.#lastList.set(timestampOf(lastListAt));
    if (lastContactAt !== undefined) this.#lastContact.set(timestampOf(lastContactAt));
  }

  informerEvent(event: 'upsert' | 'gone', count: number): void {
    this.#events.inc({ event }, count);
  }

  informerRestart(reason: RestartReason): void {
    this.#restarts.inc({ reason });
  }

  informerRelist(reason: RelistReason): void {
    this.#relists.inc({ reason });
  }

  /** The text of these families; none has an asynchronous collector, so all values are of one moment. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** The same in the protobuf format; without native histograms, so that their buckets have the names that alerts know. */
  async protobuf(): Promise<Buffer> {
    return collected(await this.#registry.getMetricsAsJSON());
  }

  #queries(round: Round, targetShared: boolean): void {
    for (const { hop, type } of QUERIES) {
      const result = resultOf(round, hop, type);
      if (!result || (hop === 'target' && targetShared)) continue;
      if (result.seconds !== undefined) {
        this.#queryDuration.observe({ hop, type, server: result.server }, result.seconds);
      }
      this.#exchanged(result);
    }
  }

  #exchanged({ exchanges }: QueryResult): void {
    for (const [i, { server, transport, outcome }] of exchanges.entries()) {
      this.#exchanges.inc({ server, transport, outcome });
      if (i < exchanges.length - 1) this.#retries.inc({ server, reason: outcome });
    }
  }

  #gauge<L extends string = never>(name: string, help: string, labelNames: L[] = []): Gauge<L> {
    this.families.push({ name, type: 'gauge', labels: labelNames });
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }

  #counter<L extends string = never>(name: string, help: string, labelNames: L[] = []): Counter<L> {
    this.families.push({ name, type: 'counter', labels: labelNames });
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram<L extends string = never>(
    name: string,
    help: string,
    labelNames: L[],
    buckets: number[],
  ): Histogram<L> {
    this.families.push({ name, type: 'histogram', labels: labelNames });
    return new Histogram({ name, help, labelNames, buckets, registers: [this.#registry] });
  }
}
