import type { DriftLimits } from '../../diagnosis/drift.ts';
import { isUnmet } from '../../diagnosis/outcomes.ts';
import type { FromWorker, ProbeConfig, RoundReport } from '../../model/messages.ts';
import type { Policy } from '../../model/policy.ts';
import type { ServiceSpec } from '../../model/service.ts';
import { steadyNow } from '../../model/time.ts';
import { Prober } from '../../probe/prober.ts';
import { doubtOf } from '../../state/judgement.ts';
import { Store } from '../../state/store.ts';
import type { Progress } from './progress.ts';

interface Parts {
  readonly config: ProbeConfig;
  readonly drift: DriftLimits;
  readonly policy: Policy;
  readonly specs: readonly ServiceSpec[];
  /** Asks the API server again, where cluster DNS contradicts it. */
  readonly relist: () => Promise<readonly ServiceSpec[]>;
  readonly progress: Progress;
}

/**
 * Runs the monitor's prober until there is a verdict on each Service, and returns the store that has them.
 * Everything is asked and judged as the monitor does it: confirmed, at its pace, and with patience for what
 * has just been created. Rejects with what `relist` throws.
 */
export async function probeOnce(parts: Parts): Promise<Store> {
  const once = new Once(parts);
  try {
    await once.done;
  } finally {
    once.stop();
  }
  return once.store;
}

class Once {
  readonly store: Store;
  readonly done: Promise<void>;
  readonly #parts: Parts;
  readonly #prober: Prober;
  readonly #finish: () => void;
  readonly #fail: (error: unknown) => void;
  /** Services, by key, and servers, by label, of which nothing final is known. */
  readonly #services = new Set<string>();
  readonly #servers: Set<string>;
  #isListing = false;

  constructor(parts: Parts) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.done = promise;
    this.#finish = resolve;
    this.#fail = reject;
    this.#parts = parts;
    const { config, drift, policy, specs } = parts;
    this.#servers = new Set(config.servers.map(({ label }) => label));
    this.store = new Store(
      { ...config, drift },
      () => {},
      () => void this.#relist(),
    );
    this.store.policyChanged(policy);
    this.#listed(specs);
    this.#prober = new Prober(config, (message) => this.#receive(message));
    for (const spec of specs) this.#watch(spec);
    if (specs.length === 0) resolve();
  }

  stop(): void {
    this.#prober.stop();
  }

  /** Cluster DNS need not know yet what was created, or found to be edited, just now. */
  #watch(spec: ServiceSpec): void {
    const { store } = this;
    const now = steadyNow();
    const isKnown = store.records.has(spec.key);
    const isNew = now - spec.createdAt < this.#parts.config.convergenceDeadlineMs;
    store.seen(spec, isKnown || isNew, now);
    this.#services.add(spec.key);
    this.#prober.watch(spec, isNew ? 'listed' : 'known');
  }

  #receive(message: FromWorker): void {
    const { store } = this;
    const now = steadyNow();
    if (message.type === 'forwarding' && store.forwardingChanged(message)) this.#rejudgeAll();
    if (message.type === 'control' || message.type === 'upstream') {
      if (store.sensed(message)) this.#rejudgeAll();
      if (message.type === 'control') this.#servers.delete(message.server);
    }
    if (message.type === 'round' && this.#round(message, now) && this.#isFinal(message)) {
      this.#leave(message.key);
    }
    if (this.#services.size + this.#servers.size > 0) return;
    this.#rejudgeAll();
    this.#finish();
  }

  /** Returns whether the Service is still watched. */
  #round(report: RoundReport, now: number): boolean {
    const { isWatched, concernsAll } = this.store.round(report, now);
    if (concernsAll) this.#rejudgeAll();
    return isWatched;
  }

  #isFinal(report: RoundReport): boolean {
    const record = this.store.records.get(report.key);
    if (!record || report.kind === 'converging') return false;
    if (report.kind === 'silent') return true;
    // Until the deadline cluster DNS may still serve an older spec, or none: no fault, and no verdict either.
    if (report.converging && isUnmet(report.round.alias?.outcome)) return false;
    // That a name does not exist is believed of two rounds, and what contradicts the API server of another list.
    const lastListAt = this.store.informer.lastListAt ?? 0;
    return record.trace.nxdomain !== 1 && doubtOf(record, { listedAt: lastListAt }) === undefined;
  }

  #leave(key: string): void {
    this.#prober.unwatch(key);
    this.#services.delete(key);
    this.#parts.progress.update(this.#parts.specs.length - this.#services.size);
  }

  #rejudgeAll(): void {
    for (const key of [...this.store.records.keys()]) this.store.rejudge(key, steadyNow());
  }

  /** One list is as fresh as need be: where there is doubt, another one follows. */
  #listed(specs: readonly ServiceSpec[]): ReadonlyMap<string, ServiceSpec> {
    const lastListAt = steadyNow();
    const lastContactAt = Number.POSITIVE_INFINITY;
    this.store.informerChanged({ synced: true, connected: true, lastListAt, lastContactAt });
    return new Map(specs.map((spec) => [spec.key, spec]));
  }

  async #relist(): Promise<void> {
    if (this.#isListing) return;
    this.#isListing = true;
    try {
      const found = this.#listed(await this.#parts.relist());
      for (const key of [...this.#services]) {
        const now = found.get(key);
        const before = this.store.records.get(key)?.spec;
        if (now && before && now.uid === before.uid && now.target === before.target) continue;
        if (now) this.#watch(now);
        else {
          this.store.gone(key, steadyNow());
          this.#leave(key);
        }
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isListing = false;
    }
  }
}
