import { type Outcome, servesZone } from '../model/outcome.ts';
import type { ZoneState } from '../model/zone.ts';

/**
 * After this many denied control queries, an alias that was served before them no longer proves
 * that the zone is served.
 */
const REMEMBERED = 3;

/**
 * Whether cluster DNS serves the zone of the cluster domain, derived from the control query and
 * from all aliases. NXDOMAIN for the control name has three possible causes: a wrong cluster
 * domain, a cluster DNS that has lost its zone, or a cluster DNS that serves only some namespaces
 * (CoreDNS, plugin `kubernetes`, option `namespaces`). Times are milliseconds on the steady clock.
 */
export class ClusterZone {
  #isProven: boolean;
  /** End times of the latest control queries that were denied in a row, oldest first. */
  #deniedAt: readonly number[] = [];
  #servedAt = -Infinity;

  /** @param isProven the domain is the search domain of the monitor's own pod */
  constructor(isProven: boolean) {
    this.#isProven = isProven;
  }

  get state(): ZoneState {
    const [since = Infinity] = this.#deniedAt;
    if (since === Infinity || this.#servedAt > since) return 'served';
    return this.#isProven ? 'lost' : 'unproven';
  }

  /**
   * Records the outcome of a control query, at the first server of pods that answered. An error
   * proves nothing about the zone.
   */
  control(outcome: Outcome, now: number): void {
    if (outcome === 'nxdomain') {
      this.#deniedAt = [...this.#deniedAt, now].slice(-REMEMBERED);
      return;
    }
    if (!servesZone(outcome)) return;
    this.#isProven = true;
    this.#deniedAt = [];
  }

  /** Records that the CNAME of an alias was served. */
  aliasServed(now: number): void {
    this.#isProven = true;
    this.#servedAt = now;
  }
}
