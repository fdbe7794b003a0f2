/** The prober and the store, connected like in the monitor. */
import type { OpenAsker } from '../../../src/dns/resolver.ts';
import type { FromWorker, News, ProbeConfig, Server } from '../../../src/model/messages.ts';
import type { ServiceSpec } from '../../../src/model/service.ts';
import type { Verdict } from '../../../src/model/verdict.ts';
import { Prober } from '../../../src/probe/prober.ts';
import type { ServiceRecord } from '../../../src/state/record.ts';
import { Store } from '../../../src/state/store.ts';
import type { VirtualClock } from './virtual-clock.ts';

interface Parts {
  readonly config: ProbeConfig;
  readonly clock: VirtualClock;
  readonly open: OpenAsker;
  readonly onChange: (key: string, record: ServiceRecord) => void;
  readonly onFault: (text: string) => void;
}

/** Duration of a list of the API server. */
const LIST_MS = 100;
/** Interval of contacts with the API server in a healthy watch. */
const CONTACT_MS = 60_000;
const DRIFT = { windowMs: 24 * 3_600_000, entries: 64 };

export class Core {
  readonly #parts: Parts;
  readonly #prober: Prober;
  readonly #store: Store;
  readonly #verdicts = new Map<string, Verdict>();
  readonly #changes = new Map<Verdict, number>();
  #rounds = 0;
  #isListing = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { config, clock, open } = parts;
    this.#store = new Store(
      { ...config, drift: DRIFT, histograms: false },
      (key, record) => this.#changed(key, record),
      () => this.#list(),
    );
    this.#contact();
    this.#prober = new Prober(config, (message) => this.#receive(message), { clock, open });
  }

  get records(): ReadonlyMap<string, ServiceRecord> {
    return this.#store.records;
  }

  /** Rounds judged so far. */
  get rounds(): number {
    return this.#rounds;
  }

  /** Number of running rounds. */
  get inflight(): number {
    return this.#prober.inflight;
  }

  /** Servers that do not answer, or do not forward. */
  brokenServers(): readonly string[] {
    const broken = [...this.#store.servers].filter(([, { answers, forwards }]) => {
      return !answers || !forwards;
    });
    return broken.map(([label]) => label);
  }

  /** How often a record has changed to this verdict. */
  changes(verdict: Verdict): number {
    return this.#changes.get(verdict) ?? 0;
  }

  setPods(servers: readonly Server[]): void {
    this.#store.podsChanged(servers.map(({ label }) => label));
    this.#prober.setPods(servers);
  }

  watch(specs: readonly ServiceSpec[], news: News): void {
    for (const spec of specs) {
      this.#store.seen(spec, news === 'fresh', this.#now);
      this.#prober.watch(spec, news);
    }
  }

  unwatch(keys: readonly string[]): void {
    for (const key of keys) {
      this.#store.gone(key, this.#now);
      this.#prober.unwatch(key);
    }
  }

  stop(): void {
    this.#prober.stop();
  }

  get #now(): number {
    return this.#parts.clock.now();
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'round':
        if (message.kind === 'judged') this.#rounds++;
        this.#store.round(message, this.#now);
        break;
      case 'control':
      case 'upstream':
        if (this.#store.sensed(message)) this.#rejudgeAll();
        break;
      case 'forwarding':
        if (this.#store.forwardingChanged(message)) this.#rejudgeAll();
        break;
      case 'fault':
        this.#parts.onFault(`an error ${message.reason} of ${message.key}: ${message.error}`);
        break;
      default:
    }
  }

  #rejudgeAll(): void {
    for (const key of [...this.#store.records.keys()]) this.#store.rejudge(key, this.#now);
  }

  #changed(key: string, record: ServiceRecord | undefined): void {
    if (!record) {
      this.#verdicts.delete(key);
      return;
    }
    const { verdict } = record.diagnosis;
    if (this.#verdicts.get(key) !== verdict) {
      this.#verdicts.set(key, verdict);
      this.#changes.set(verdict, this.changes(verdict) + 1);
    }
    this.#parts.onChange(key, record);
  }

  #contact(): void {
    this.#informed(this.#store.informer.lastListAt ?? this.#now);
    this.#parts.clock.after(CONTACT_MS, () => this.#contact());
  }

  /** The store suspects that its data are stale, so a list is requested. */
  #list(): void {
    if (this.#isListing) return;
    this.#isListing = true;
    this.#parts.clock.after(LIST_MS, () => {
      this.#isListing = false;
      this.#prober.again(this.#informed(this.#now));
    });
  }

  #informed(lastListAt: number): readonly string[] {
    const lastContactAt = this.#now;
    return this.#store.informerChanged({
      synced: true,
      connected: true,
      lastContactAt,
      lastListAt,
    });
  }
}
