import { ClusterZone } from '../diagnosis/cluster-zone.ts';
import { finalTarget, isInLoop } from '../diagnosis/loop.ts';
import { Loss } from '../diagnosis/loss.ts';
import { hasOwnFailure, isUnanswered } from '../diagnosis/outcomes.ts';
import { Population } from '../diagnosis/population.ts';
import { targetHop, traceAfter } from '../diagnosis/trace.ts';
import { UpstreamSensor } from '../diagnosis/upstream-sensor.ts';
import { isSplit } from '../diagnosis/verdict.ts';
import type { InformerStatus } from '../model/informer.ts';
import type {
  ForwardingReport,
  ProbeConfig,
  ReferenceReport,
  ResolverReport,
  RoundReport,
  SearchDomainReport,
  SensorReport,
  SignatureReport,
} from '../model/messages.ts';
import { servesZone } from '../model/outcome.ts';
import { NO_POLICY, type Policy } from '../model/policy.ts';
import type { Probed } from '../model/probed.ts';
import type { ResolverAnswer } from '../model/resolver.ts';
import type { QueryResult, Round } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import { shown } from '../model/time.ts';
import type { ZoneState } from '../model/zone.ts';
import { doubtOf, type Ruling, rediagnosed, ruled, serversOf } from './judgement.ts';
import type { Around, SearchDomainState, ServerState, ServiceRecord } from './record.ts';
import { newRecord, referenceSeen, roundDone, signatureSeen, specSeen } from './reducers.ts';
import { ResolverAnswers } from './resolver-answers.ts';

/**
 * A quiet watch gets a bookmark from the API server about every two minutes, and is renewed after two and a half;
 * without a watch, what we hold is soon out of date.
 */
const STALE_CONNECTED_MS = 200_000;
const STALE_DISCONNECTED_MS = 10_000;

/** Faults that begin within so many intervals of each other have begun together: every Service is asked about once in each. */
const TOGETHER_INTERVALS = 2;

export type StoreSettings = Pick<
  ProbeConfig,
  'servers' | 'clusterDomain' | 'isOwnDomain' | 'intervalMs' | 'dnssecHorizonMs'
> &
  Pick<Around, 'drift' | 'histograms' | 'nativeHistograms'>;

/** Called with each record that changed; undefined when the Service is gone. */
export type OnChange = (key: string, record: ServiceRecord | undefined) => void;

/** The records of all Services, changed only through the reducers; time is a parameter, in milliseconds on the steady clock. */
export class Store {
  readonly #settings: StoreSettings;
  readonly #onChange: OnChange;
  readonly #records = new Map<string, ServiceRecord>();
  readonly #onDoubt: () => void;
  readonly #links: ReadonlyMap<string, string>;
  readonly #population: Population;
  readonly #loss = new Loss();
  /** Of the resolvers behind cluster DNS. */
  readonly resolvers = new ResolverAnswers();
  readonly #zone: ClusterZone;
  readonly #control = new Map<string, SensorReport>();
  readonly #upstream: UpstreamSensor;
  /** Whether servers that are asked on their own resolve what they must forward; they do unless this says not. */
  readonly #forwarding = new Map<string, boolean>();
  readonly #searchDomains = new Map<string, SearchDomainState>();
  /** Those of `--cluster-dns`, in their order. */
  readonly #mainServers: readonly string[];
  #pods: readonly string[] = [];
  /** All that are asked, by label: those of `--cluster-dns`, then the pods. */
  #states: ReadonlyMap<string, ServerState> = new Map();
  /** Those of them that are asked on their own. */
  #servers: ReadonlyMap<string, ServerState> = new Map();
  #policy: Policy = NO_POLICY;
  #informer: InformerStatus = { synced: false, connected: false };

  /**
   * `onDoubt` is called for each round that makes us doubt what we hold: the API server should be asked again. `links`: the
   * target of each ExternalName Service that the informer sees, by `namespace/name`: also of other shards and namespaces,
   * disabled and dropped ones, since chains and loops of aliases pass through all of them.
   */
  constructor(
    settings: StoreSettings,
    onChange: OnChange,
    onDoubt: () => void = () => {},
    links: ReadonlyMap<string, string> = new Map(),
  ) {
    this.#links = links;
    this.#onDoubt = onDoubt;
    this.#settings = settings;
    const togetherMs = TOGETHER_INTERVALS * settings.intervalMs;
    this.#population = new Population(settings.clusterDomain, togetherMs);
    this.#upstream = new UpstreamSensor(togetherMs);
    this.#zone = new ClusterZone(settings.isOwnDomain);
    this.#onChange = onChange;
    this.#mainServers = settings.servers.map(({ label }) => label);
    this.#countServers();
  }

  get records(): ReadonlyMap<string, ServiceRecord> {
    return this.#records;
  }

  /** The servers of cluster DNS by label: those of `--cluster-dns` in their order, then the pods. */
  get servers(): ReadonlyMap<string, ServerState> {
    return this.#states;
  }

  get informer(): InformerStatus {
    return this.#informer;
  }

  /** The last control query of each server, by its label. */
  get control(): ReadonlyMap<string, SensorReport> {
    return this.#control;
  }

  /** Search domains of pods beside those of the cluster, as far as it is known what they do. */
  get searchDomains(): ReadonlyMap<string, SearchDomainState> {
    return this.#searchDomains;
  }

  /** Whether cluster DNS serves the zone of the cluster domain. */
  get zone(): ZoneState {
    return this.#zone.state;
  }

  /** A Service was listed, created or edited. `fresh`: cluster DNS may not know it yet. */
  seen(spec: ServiceSpec, fresh: boolean, now: number): void {
    const old = this.#records.get(spec.key);
    // Deleted and made again between two lists: another Service, whose counters start at zero.
    if (old && old.spec.uid !== spec.uid) this.gone(spec.key, now);
    const known = this.#records.get(spec.key);
    const record = known
      ? specSeen(known, spec, now)
      : newRecord(spec, fresh, this.#around(spec, now), now);
    this.#set(record);
  }

  gone(key: string, now: number): void {
    const record = this.#records.get(key);
    if (!record) return;
    const others = this.#population.update(key, record.spec.target, undefined, now);
    this.#records.delete(key);
    this.#onChange(key, undefined);
    for (const other of others) this.rejudge(other, now);
  }

  round(report: RoundReport, now: number): RoundEffect {
    const record = this.#records.get(report.key);
    if (!record || record.spec.uid !== report.uid) return { isWatched: false, concernsAll: false };
    const rounds = report.kind === 'converging' ? [] : report.earlier;
    const all = report.kind === 'silent' ? rounds : [...rounds, report.round];
    for (const { alias } of all) if (alias) this.#loss.observe(alias, now);
    let others: readonly string[] = [];
    const zoneBefore = this.#zone.state;
    if (report.kind !== 'silent' && isServedAlias(report.round.alias)) {
      this.#zone.aliasServed(report.endedAt);
    }
    if (report.kind === 'judged' && report.target === record.spec.target) {
      const { round, failingServers } = report;
      const { clusterDomain } = this.#settings;
      const last = this.#finalTarget(record.spec);
      const split = isSplit(
        serversOf({ failingServers }, { servers: this.#servers, finalTarget: last, clusterDomain }),
      );
      const trace = traceAfter(record.trace, record.spec, round);
      // What a bad server of several, or our own process, makes of it says nothing of the way to the targets.
      const hop =
        split || hasOwnFailure(round)
          ? undefined
          : targetHop(round, record.spec.settings.families, trace);
      others = this.#population.update(report.key, last, hop, now);
    }
    const { round } = report.kind === 'silent' ? record : report;
    this.#set(roundDone(record, report, this.#around(record.spec, now, round), now));
    for (const other of others) this.rejudge(other, now);
    return { isWatched: true, concernsAll: this.#zone.state !== zoneBefore };
  }

  /** A reference resolver has answered for a target. */
  reference(report: ReferenceReport, now: number): void {
    for (const key of report.keys) {
      const record = this.#records.get(key);
      if (!record) continue;
      const seen = referenceSeen(record, report, this.#around(record.spec, now), now);
      if (seen !== record) this.#set(seen);
    }
  }

  /** Cluster DNS has answered for a target with its signatures, or without. */
  signature(report: SignatureReport, now: number): void {
    for (const key of report.keys) {
      const record = this.#records.get(key);
      if (record?.spec.target !== report.target) continue;
      this.#set(signatureSeen(record, report, this.#around(record.spec, now), now));
    }
  }

  /** Questions that were not answered change nothing. */
  searchDomain({ domain, wildcard, example, endedAt }: SearchDomainReport): void {
    if (wildcard === undefined) return;
    const before = this.#searchDomains.get(domain);
    const since = before?.wildcard === wildcard ? before.since : endedAt;
    this.#searchDomains.set(domain, { wildcard, since, ...(example ? { example } : {}) });
  }

  /** A resolver behind cluster DNS has answered for a target that fails. */
  resolver(report: ResolverReport, now: number): void {
    this.resolvers.answered(report);
    for (const key of report.keys) this.rejudge(key, now);
  }

  /** What the resolvers behind cluster DNS answer for where the target of a Service leads; empty where they were not asked. */
  resolverAnswersFor(
    { target }: Pick<ServiceSpec, 'target'>,
    now: number,
  ): readonly ResolverAnswer[] {
    return this.resolvers.of(this.#finalTarget({ target }), now) ?? [];
  }

  /** Every Service should be judged again. */
  policyChanged(policy: Policy): void {
    this.#policy = policy;
  }

  /** A sensor's query has ended. Returns whether this bears on the verdict of every Service, so that each should be judged again. */
  sensed(report: SensorReport): boolean {
    const { server, result } = report;
    if (!this.knows(server)) return false;
    if (report.type === 'upstream') {
      return this.#upstream.ended(server, result.outcome, report.endedAt);
    }
    this.#loss.observe(result, report.endedAt);
    const before = this.#servers.get(server)?.answers;
    const zoneBefore = this.#zone.state;
    this.#control.set(server, report);
    this.#countServers();
    if (this.#speaker() === report) this.#zone.control(result.outcome, report.endedAt);
    return this.#servers.get(server)?.answers !== before || this.#zone.state !== zoneBefore;
  }

  /** The same for whether one server of several resolves what it must forward. */
  forwardingChanged({ server, works }: ForwardingReport): boolean {
    if (!this.knows(server)) return false;
    this.#forwarding.set(server, works);
    this.#countServers();
    return this.#servers.has(server);
  }

  /** The pods of cluster DNS as they now are, by label. Returns those that are no longer asked. */
  podsChanged(labels: readonly string[]): readonly string[] {
    const before = this.#pods;
    this.#pods = labels;
    const gone = before.filter((label) => !this.knows(label));
    for (const label of gone) {
      this.#control.delete(label);
      this.#loss.forget(label);
      this.#upstream.forget(label);
      this.#forwarding.delete(label);
    }
    this.#countServers();
    return gone;
  }

  /** Whether a server is one of those that are asked; what is still under way to one that is gone is not. */
  knows(server: string): boolean {
    return this.#mainServers.includes(server) || this.#pods.includes(server);
  }

  /** What a round beside the regular ones says of its Service; nothing here changes. Undefined if that is gone. */
  ruled({ key, uid, target, round }: Probed, now: number): Ruling | undefined {
    const record = this.#records.get(key);
    if (!record || record.spec.uid !== uid || record.spec.target !== target) return undefined;
    return ruled(record, round, this.#around(record.spec, now, round));
  }

  /** Judges a Service again, since what surrounds it has changed. */
  rejudge(key: string, now: number): void {
    const record = this.#records.get(key);
    if (!record) return;
    const judged = rediagnosed(record, this.#around(record.spec, now), now);
    const { verdict, blame, evidence } = record.diagnosis;
    const isSame =
      judged.diagnosis.verdict === verdict &&
      judged.diagnosis.blame === blame &&
      judged.diagnosis.evidence === evidence &&
      judged.findings === record.findings;
    if (!isSame) this.#set(judged);
  }

  /**
   * Returns the Services of which this has settled a doubt. They are judged by their next round, which should not
   * wait for its turn: the last one is older than the list.
   */
  informerChanged(status: InformerStatus): readonly string[] {
    // The status changes with each event of the watch; only a list settles anything.
    const isListed = status.lastListAt !== this.#informer.lastListAt;
    const held = isListed ? [...this.#records.values()] : [];
    const doubted = held.filter((record) => this.#isDoubted(record));
    this.#informer = status;
    return doubted.filter((record) => !this.#isDoubted(record)).map(({ spec }) => spec.key);
  }

  #isDoubted(record: ServiceRecord): boolean {
    return doubtOf(record, { listedAt: this.#informer.lastListAt ?? 0 }) !== undefined;
  }

  #countServers(): void {
    const stateOf = (label: string): ServerState => {
      const { result, endedAt: since = 0 } = this.#control.get(label) ?? {};
      const answers = result === undefined || servesZone(result.outcome);
      const forwards = this.#forwarding.get(label) ?? true;
      const before = this.#states.get(label);
      const isSame = before?.answers === answers && before.forwards === forwards;
      return isSame ? before : { answers, forwards, since };
    };
    const all = [...this.#mainServers, ...this.#pods];
    this.#states = new Map(all.map((label) => [label, stateOf(label)]));
    const own = this.#mainServers.length > 1 ? all : this.#pods;
    this.#servers = new Map([...this.#states].filter(([label]) => own.includes(label)));
  }

  #set(record: ServiceRecord): void {
    const { key } = record.spec;
    this.#records.set(key, record);
    if (this.#isDoubted(record)) this.#onDoubt();
    this.#onChange(key, record);
  }

  #around(
    spec: ServiceSpec,
    now: number,
    round: Round | undefined = this.#records.get(spec.key)?.round,
  ): Around {
    const servedAs = this.#otherServed(spec, round?.alias);
    const control = this.#speaker();
    const share = this.#population.shareOf(spec.key, now);
    const { clusterDomain, drift, histograms, nativeHistograms } = this.#settings;
    const { dnssecHorizonMs: horizonMs } = this.#settings;
    const find = (key: string) => this.#specOf(key);
    const last = this.#finalTarget(spec);
    const resolverAnswers = this.resolvers.of(last, now);
    return {
      clusterDomain,
      drift,
      ...(histograms === undefined ? {} : { histograms }),
      ...(nativeHistograms === undefined ? {} : { nativeHistograms }),
      ...(horizonMs === undefined ? {} : { dnssec: { now: shown(now), horizonMs } }),
      policy: this.#policy,
      listedAt: this.#informer.lastListAt ?? 0,
      servers: this.#servers,
      inLoop: isInLoop(spec, clusterDomain, find),
      finalTarget: last,
      ...(servedAs === undefined ? {} : { servedAs }),
      lossy: this.#loss.lossy(now),
      ...(control ? { control: control.result.outcome } : {}),
      zone: this.#zone.state,
      stale: isStale(this.#informer, now),
      ...(resolverAnswers ? { resolverAnswers } : {}),
      upstreamDown: this.#upstream.explains(
        this.#mainServers,
        this.#pods,
        this.#population.failingSince(spec.key),
        now,
      ),
      upstreamRefused: this.#upstream.refuses(this.#mainServers, now),
      upstreamFailing: this.#population.upstreamFailing(spec.key),
      refusingMany: this.#population.refusingMany(spec.key),
      ...(share ? { share } : {}),
    };
  }

  /** The control query of the first server in the failover order that answered at all speaks for the cluster domain. */
  #speaker(): SensorReport | undefined {
    return this.#mainServers
      .map((label) => this.#control.get(label))
      .find((report) => report && !isUnanswered(report.result));
  }

  /** Which other Service has the target that cluster DNS serves for this one. */
  #otherServed({ key }: ServiceSpec, alias: QueryResult | undefined): string | undefined {
    const served = alias?.outcome === 'mismatch' ? alias.chain[0]?.name : undefined;
    if (served === undefined) return undefined;
    return this.#records.values().find(({ spec }) => spec.target === served && spec.key !== key)
      ?.spec.key;
  }

  #finalTarget({ target }: Pick<ServiceSpec, 'target'>): string {
    return finalTarget(target, this.#settings.clusterDomain, (key) => this.#specOf(key));
  }

  /** Where an alias leads; `links` has also those that this monitor does not probe. */
  #specOf(key: string): Pick<ServiceSpec, 'target'> | undefined {
    const target = this.#links.get(key);
    return target === undefined ? this.#records.get(key)?.spec : { target };
  }
}

/** What a report has changed beside the record of its Service. */
export interface RoundEffect {
  /** The Service is still watched. */
  readonly isWatched: boolean;
  /** Every Service should be judged again. */
  readonly concernsAll: boolean;
}

/** Whether cluster DNS has an alias in its zone, whatever target it serves for it. */
function isServedAlias(alias: QueryResult | undefined): boolean {
  return alias?.outcome === 'ok' || alias?.outcome === 'mismatch';
}

/** Whether what we hold from the API server may be out of date. */
export function isStale({ connected, lastContactAt }: InformerStatus, now: number): boolean {
  if (lastContactAt === undefined) return true;
  return now - lastContactAt > (connected ? STALE_CONNECTED_MS : STALE_DISCONNECTED_MS);
}
