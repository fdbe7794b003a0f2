/** The prober and the store, wired as the monitor wires them. */
import type { News, ProbeConfig, Report, Server } from '../../src/model/messages.ts';
import type { ServiceSpec } from '../../src/model/service.ts';
import { Prober } from '../../src/probe/prober.ts';
import type { ServiceRecord } from '../../src/state/record.ts';
import { Store } from '../../src/state/store.ts';
import type { VirtualClock } from './virtual-clock.ts';

interface Parts {
  readonly config: ProbeConfig;
  readonly clock: VirtualClock;
  readonly open: unknown;
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
  #rounds = 0;
  #isListing = false;

  constructor({ config, clock, onChange, open }: Parts) {
    this.#clock = clock;
    const drift = { windowMs: 86_400_000, entries: 64 };
    this.#store = new Store(
      { ...config, drift, histograms: false } as never,
      (key, record) => record && onChange(key, record),
      () => this.#list(),
    );
    this.#contact();
    (globalThis as any).simulation = { clock, open };
    this.#prober = new Prober(config, (message) => this.#receive(message as Report));
  }

  get records(): ReadonlyMap<string, ServiceRecord> {
    return this.#store.records;
  }

  /** Rounds judged so far. */
  get rounds(): number {
    return this.#rounds;
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
        if (message.judged && !message.silent) this.#rounds++;
        this.#store.round(message, now);
        break;
      case 'server':
        this.#store.server(message, now);
        break;
      case 'control':
        if (!this.#store.controlAsked(message)) break;
        for (const key of [...this.#store.records.keys()]) this.#store.rejudge(key, now);
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
