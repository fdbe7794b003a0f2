import { setImmediate } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { MonitorMetrics } from '../metrics/monitor.ts';
import type { FaultReport, Report, RoundReport } from '../model/messages.ts';
import { steadyNow } from '../model/time.ts';
import type { Store } from '../state/store.ts';

/** How long work for all Services may occupy the main thread without a break. */
const TURN_MS = 5;
/**
 * Limit for logged internal errors. Further ones are only counted, so that no input can fill the
 * log.
 */
const MOST_LOGGED = 100;

/**
 * Worker ─▶ state and the monitor's own metrics. An error here affects only one report, and is
 * counted.
 */
export class Receiver {
  readonly #store: Store;
  readonly #metrics: MonitorMetrics;
  readonly #logger: Logger;
  readonly #logged = new Set<string>();

  constructor(store: Store, metrics: MonitorMetrics, logger: Logger) {
    this.#store = store;
    this.#metrics = metrics;
    this.#logger = logger;
  }

  receive(report: Report): void {
    try {
      this.#takeIn(report);
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const key = report.type === 'round' ? { key: report.key } : {};
      this.#fault({ type: 'fault', reason: 'report', error: text, ...key });
    }
  }

  #takeIn(report: Report): void {
    const now = steadyNow();
    const [store, metrics] = [this.#store, this.#metrics];
    switch (report.type) {
      case 'round':
        this.#round(report, now);
        break;
      case 'reference':
        store.reference(report, now);
        metrics.reference(report);
        break;
      case 'signature':
        store.signature(report, now);
        metrics.signature(report);
        break;
      case 'search_domain':
        store.searchDomain(report);
        metrics.searchDomain(report);
        break;
      case 'resolver':
        store.resolver(report, now);
        metrics.resolver(report);
        break;
      case 'resolver_health':
        store.resolvers.health(report);
        break;
      case 'resolved':
        store.resolvers.resolved(report.targets);
        break;
      case 'converged':
        if (store.knows(report.server)) metrics.converged(report);
        break;
      case 'control':
      case 'upstream':
        if (!store.knows(report.server)) break;
        metrics.sensor(report);
        if (store.sensed(report)) void rejudgeAll(store);
        break;
      case 'forwarding':
        if (store.forwardingChanged(report)) void rejudgeAll(store);
        break;
      case 'worker':
        metrics.worker(report);
        break;
      case 'fault':
        this.#fault(report);
        break;
    }
  }

  #round(report: RoundReport, now: number): void {
    const { isWatched, concernsAll } = this.#store.round(report, now);
    if (isWatched) this.#metrics.round(this.#ofKnown(report));
    if (concernsAll) void rejudgeAll(this.#store);
  }

  /** Removes results of single servers that were removed during the round. */
  #ofKnown(report: RoundReport): RoundReport {
    if (report.kind !== 'judged') return report;
    const singles = report.singles.filter(({ server }) => this.#store.knows(server));
    return { ...report, singles };
  }

  /** Logged once for each Service and reason. */
  #fault({ reason, key, error }: FaultReport): void {
    this.#metrics.fault(reason);
    const id = `${reason} ${key ?? ''}`;
    if (this.#logged.has(id) || this.#logged.size >= MOST_LOGGED) return;
    this.#logged.add(id);
    this.#logger.error(
      { reason, key, error },
      'internal error: this Service or server is affected, others are not',
    );
  }
}

/**
 * For a change that affects every verdict, such as a failing server or a new policy. The Services
 * must not wait for their next rounds, and scrapes must not wait for this.
 */
export async function rejudgeAll(store: Store): Promise<void> {
  let since = performance.now();
  for (const key of [...store.records.keys()]) {
    store.rejudge(key, steadyNow());
    if (performance.now() - since < TURN_MS) continue;
    await setImmediate();
    since = performance.now();
  }
}
