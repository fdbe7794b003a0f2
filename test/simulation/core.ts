/** The prober and the store, wired as the monitor wires them. */
import type { News, ProbeConfig, Report, RoundReport, Server } from '../../src/model/messages.ts';
import type { OpenAsker } from '../../src/dns/resolver.ts';
import type { ServiceSpec } from '../../src/model/service.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { Prober } from '../../src/probe/prober.ts';
import type { ServiceRecord } from '../../src/state/record.ts';
import { Store } from '../../src/state/store.ts';
import type { VirtualClock } from './virtual-clock.ts';

interface Parts {
  readonly config: ProbeConfig;
  readonly clock: VirtualClock;
  readonly open: OpenAsker;
  readonly onChange: (key: string, record: ServiceRecord) => void;
  readonly onFault: (text: string) => void;
}

/** The API server answers a list after this long. */
const LIST_MS = 100;
const CONTACT_MS = 60_000;

export class Core {
  readonly #clock: VirtualClock;
  readonly #prober: Prober;
  readonly #store: Store;
  readonly #verdicts = new Map<string, Verdict>();
  readonly #changes = new Map<Verdict, number>();
  readonly #broken = new Set<string>();
  readonly #onFault: (text: string) => void;
  #rounds = 0;
  #isListing = false;

  constructor({ config, clock, onChange, onFault, open }: Parts) {
    this.#clock = clock;
    this.#onFault = onFault;
    const drift = { windowMs: 86_400_000, entries: 64 };
    this.#store = new Store(
      { ...config, drift, histograms: false } as never,
      (key, record) => {
        if (!record) {
          this.#verdicts.delete(key);
          return;
        }
        const { verdict } = record.diagnosis;
        if (this.#verdicts.get(key) !== verdict) {
          this.#verdicts.set(key, verdict);
          this.#changes.set(verdict, this.changes(verdict) + 1);
        }
        onChange(key, record);
      },
      () => this.#list(),
    );
    this.#contact();
    this.#prober = new Prober(config, (message) => this.#receive(message as Report), {
      clock,
      open,
    });
  }

  get records(): ReadonlyMap<string, ServiceRecord> {
    return this.#store.records;
  }

  /** Rounds judged so far. */
  get rounds(): number {
    return this.#rounds;
  }

  /** Servers that do not answer, or do not forward. */
  brokenServers(): readonly string[] {
    const silent = [...this.#store.servers].filter(([, { answers }]) => !answers);
    return [...new Set([...silent.map(([label]) => label), ...this.#broken])];
  }

  /** How often a record's verdict has become this one. */
  changes(verdict: Verdict): number {
    return this.#changes.get(verdict) ?? 0;
  }

  get inflight(): number {
    return this.#prober.inflight;
  }

  setPods(servers: readonly Server[]): void {
    this.#store.podsChanged(servers.map(({ label }) => label));
    this.#prober.setPods(servers);
  }

  watch(specs: readonly ServiceSpec[], news: News): void {
    const now = this.#clock.now();
    for (const spec of specs) {
      this.#store.seen(spec, news === 'fresh', now);
      const isMet = this.#store.records.get(spec.key)?.convergence?.met;
      this.#prober.watch(spec, isMet === false ? news : 'known');
    }
  }

  unwatch(keys: readonly string[]): void {
    for (const key of keys) {
      this.#store.gone(key, this.#clock.now());
      this.#prober.unwatch(key);
    }
  }

  stop(): void {
    this.#prober.stop();
  }

  #receive(message: Report): void {
    const now = this.#clock.now();
    switch (message.type) {
      case 'round':
        if (message.kind === 'judged') this.#rounds++;
        this.#store.round(oldReport(message) as never, now);
        if (message.kind === 'judged') for (const { server, round } of message.singles)
          this.#store.server({ ...message, type: 'server', server, round, unconfirmed: {} } as never, now);
        break;
      case 'control':
        if (!this.#store.controlAsked(message as never)) break;
        for (const key of [...this.#store.records.keys()]) this.#store.rejudge(key, now);
        break;
      case 'forwarding':
        if (message.works) this.#broken.delete(message.server);
        else this.#broken.add(message.server);
        break;
      case 'fault':
        this.#onFault(`${message.key} met an error: ${message.error}`);
        break;
      default:
    }
  }

  /** A connected watch hears from the API server now and then. */
  #contact(): void {
    const lastContactAt = this.#clock.now();
    this.#informed({ lastListAt: this.#store.informer.lastListAt ?? lastContactAt });
    this.#clock.after(CONTACT_MS, () => this.#contact());
  }

  #list(): void {
    if (this.#isListing) return;
    this.#isListing = true;
    this.#clock.after(LIST_MS, () => {
      this.#isListing = false;
      this.#prober.again(this.#informed({ lastListAt: this.#clock.now() }));
    });
  }

  #informed({ lastListAt }: { readonly lastListAt: number }): readonly string[] {
    const lastContactAt = this.#clock.now();
    return this.#store.informerChanged({
      synced: true,
      connected: true,
      lastContactAt,
      lastListAt,
    });
  }
}

function oldReport(message: RoundReport): unknown {
  if (message.kind === 'silent') return { ...message, judged: true, silent: true, round: {}, unconfirmed: {}, targetShared: false, delaySeconds: 0 };
  if (message.kind === 'converging') return { ...message, judged: false, silent: false, unconfirmed: {}, targetShared: false };
  return { ...message, judged: true, silent: false, unconfirmed: message.earlier[0] ?? {} };
}
