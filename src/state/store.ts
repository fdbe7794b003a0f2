import { finalTarget, isInLoop } from '../diagnosis/loop.ts';
import { Loss } from '../diagnosis/loss.ts';
import { wayToTarget } from '../diagnosis/outcomes.ts';
import { Population } from '../diagnosis/population.ts';
import type { InformerStatus } from '../model/informer.ts';
import type {
  ControlReport,
  ProbeConfig,
  ReferenceReport,
  RoundReport,
  ServerReport,
} from '../model/messages.ts';
import { NO_POLICY, type Policy } from '../model/policy.ts';
import type { Probed } from '../model/probed.ts';
import type { ServiceSpec } from '../model/service.ts';
import { doubtOf, type Ruling, rediagnosed, ruled } from './judgement.ts';
import type { ServerState, ServiceRecord, Surroundings } from './record.ts';
import { newRecord, referenceSeen, roundDone, serverSeen, specSeen } from './reducers.ts';

/**
 * A quiet watch hears from the API server about every two minutes, and is renewed after two and a half;
 * without a watch, what we hold is soon out of date.
 */
const STALE_CONNECTED_MS = 200_000;
const STALE_DISCONNECTED_MS = 10_000;

export type Settings = Pick<
  ProbeConfig,
  'servers' | 'families' | 'recordTypes' | 'clusterDomain' | 'convergenceDeadlineMs'
> &
  Pick<Surroundings, 'drift' | 'histograms'>;

/** Hears of each record that changed: the new one, or undefined when the Service is gone. */
export type OnChange = (key: string, record: ServiceRecord | undefined) => void;

/** The records of all Services, changed only through the reducers; time is a parameter, in milliseconds. */
export class Store {
  readonly #settings: Settings;
  readonly #onChange: OnChange;
  readonly #records = new Map<string, ServiceRecord>();
  readonly #onDoubt: () => void;
  readonly #population: Population;
  readonly #loss = new Loss();
  readonly #control = new Map<string, ControlReport>();
  /** Those of `--cluster-dns`, in their order. */
  readonly #mainServers: readonly string[];
  #pods: readonly string[] = [];
  /** All that are asked, by label: those of `--cluster-dns`, then the pods. */
  #states: ReadonlyMap<string, ServerState> = new Map();
  /** Those of them that are asked on their own. */
  #servers: ReadonlyMap<string, ServerState> = new Map();
  #policy: Policy = NO_POLICY;
  #informer: InformerStatus = { synced: false, connected: false };

  /** `onDoubt` is called for each round that makes us doubt what we hold: the API server should be asked again. */
  constructor(settings: Settings, onChange: OnChange, onDoubt: () => void = () => {}) {
    this.#onDoubt = onDoubt;
    this.#settings = settings;
    this.#population = new Population(settings.clusterDomain);
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
  get control(): ReadonlyMap<string, ControlReport> {
    return this.#control;
  }

  /** A Service was listed, created or edited. `fresh`: cluster DNS may not know it yet. */
  seen(spec: ServiceSpec, fresh: boolean, now: number): void {
    const old = this.#records.get(spec.key);
    // Deleted and made again between two lists: another Service, whose counters start anew.
    if (old && old.spec.uid !== spec.uid) this.gone(spec.key, now);
    const known = this.#records.get(spec.key);
    const record = known
      ? specSeen(known, spec, now)
      : newRecord(spec, fresh, this.#surroundings(spec, now), now);
    this.#set(record);
  }

  gone(key: string, now: number): void {
    const record = this.#records.get(key);
    if (!record) return;
    const othersChange = this.#population.update(key, record.spec.target, undefined);
    this.#records.delete(key);
    this.#onChange(key, undefined);
    if (othersChange) this.#judgeFailing(now);
  }

  /** Returns whether the report was of a Service that is still watched. */
  round(report: RoundReport, now: number): boolean {
    const record = this.#records.get(report.key);
    if (!record || record.spec.uid !== report.uid) return false;
    for (const { alias } of [report.unconfirmed, report.round]) {
      if (alias) this.#loss.heard(alias, now);
    }
    let othersChange = false;
    if (report.judged && !report.silent && report.target === record.spec.target) {
      // What a bad server of several makes of it says nothing of the way to the targets.
      const isByServer = Object.keys(record.worse ?? {}).length > 0;
      const { families } = record.spec.settings;
      const hop = isByServer ? undefined : wayToTarget(report.round, families);
      othersChange = this.#population.update(report.key, this.#finalTarget(record.spec), hop);
    }
    this.#set(roundDone(record, report, this.#surroundings(record.spec, now), now));
    if (othersChange) this.#judgeFailing(now);
    return true;
  }

  /** One server of several was asked on its own. */
  server(report: ServerReport, now: number): void {
    const record = this.#records.get(report.key);
    if (!record || record.spec.uid !== report.uid || !this.#servers.has(report.server)) return;
    const seen = serverSeen(record, report, this.#surroundings(record.spec, now), now);
    if (seen !== record) this.#set(seen);
  }

  /** A reference resolver has answered for a target. */
  reference(report: ReferenceReport, now: number): void {
    for (const key of report.keys) {
      const record = this.#records.get(key);
      if (!record) continue;
      const seen = referenceSeen(record, report, this.#surroundings(record.spec, now), now);
      if (seen !== record) this.#set(seen);
    }
  }

  /** Every Service should be judged anew. */
  policyChanged(policy: Policy): void {
    this.#policy = policy;
  }

  /** Returns whether this turns the verdict of every Service, so that each should be judged anew. */
  controlAsked(report: ControlReport): boolean {
    if (!this.knows(report.server)) return false;
    this.#loss.heard(report.result, report.endedAt);
    const before = this.#servers.get(report.server)?.answers;
    this.#control.set(report.server, report);
    this.#countServers();
    return this.#servers.get(report.server)?.answers !== before;
  }

  /** The pods of cluster DNS as they now are, by label. */
  podsChanged(labels: readonly string[]): void {
    this.#pods = labels;
    for (const label of this.#control.keys()) {
      if (this.knows(label)) continue;
      this.#control.delete(label);
      this.#loss.forget(label);
    }
    this.#countServers();
  }

  /** Whether a server is one of those that are asked; what is still under way to one that is gone is not. */
  knows(server: string): boolean {
    return this.#mainServers.includes(server) || this.#pods.includes(server);
  }

  /** What a round beside the regular ones says of its Service; nothing here changes. Undefined if that is gone. */
  ruled({ key, uid, target, round }: Probed, now: number): Ruling | undefined {
    const record = this.#records.get(key);
    if (!record || record.spec.uid !== uid || record.spec.target !== target) return undefined;
    return ruled(record, round, this.#surroundings(record.spec, now), now);
  }

  /** The same Service judged anew, since what surrounds it has changed. */
  rejudge(key: string, now: number): void {
    const record = this.#records.get(key);
    if (!record) return;
    const judged = rediagnosed(record, this.#surroundings(record.spec, now), now);
    const { verdict, blame } = record.diagnosis;
    const isSame =
      judged.diagnosis.verdict === verdict &&
      judged.diagnosis.blame === blame &&
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

  /** One domain more or less that fails may turn the blame for all that fail, and must not wait for their next round. */
  #judgeFailing(now: number): void {
    for (const key of this.#population.failing) this.rejudge(key, now);
  }

  #countServers(): void {
    const stateOf = (label: string): ServerState => {
      const { result, endedAt: since = 0 } = this.#control.get(label) ?? {};
      const answers = (result?.outcome ?? 'ok') === 'ok';
      const before = this.#states.get(label);
      return before?.answers === answers ? before : { answers, since };
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

  #finalTarget({ target }: ServiceSpec): string {
    return finalTarget(target, this.#settings.clusterDomain, (key) => this.#records.get(key)?.spec);
  }

  #surroundings(spec: ServiceSpec, now: number): Surroundings {
    // The first server in the failover order that answered at all speaks for the cluster domain.
    const control = this.#mainServers
      .map((label) => this.#control.get(label))
      .find((report) => report?.result.seconds !== undefined);
    const { families, recordTypes, clusterDomain, convergenceDeadlineMs, drift, histograms } =
      this.#settings;
    const target = this.#finalTarget(spec);
    return {
      families,
      recordTypes,
      clusterDomain,
      convergenceDeadlineMs,
      drift,
      ...(histograms === undefined ? {} : { histograms }),
      policy: this.#policy,
      listedAt: this.#informer.lastListAt ?? 0,
      servers: this.#servers,
      inLoop: isInLoop(spec, this.#settings.clusterDomain, (key) => this.#records.get(key)?.spec),
      finalTarget: target,
      lossy: this.#loss.lossy(now),
      ...(control ? { control: control.result.outcome } : {}),
      stale: isStale(this.#informer, now),
      upstreamFailing: this.#population.upstreamFailing(spec.key, target),
      refusingMany: this.#population.refusingMany(spec.key, target),
    };
  }
}

/** Whether what we hold from the API server may be out of date. */
export function isStale({ connected, lastContactAt }: InformerStatus, now: number): boolean {
  if (lastContactAt === undefined) return true;
  return now - lastContactAt > (connected ? STALE_CONNECTED_MS : STALE_DISCONNECTED_MS);
}
