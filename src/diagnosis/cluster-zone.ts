import { type Outcome, servesZone } from '../model/outcome.ts';
import type { ZoneState } from '../model/zone.ts';

/** So many control queries back an alias that was served still proves that the zone is. */
const REMEMBERED = 3;

/**
 * Whether cluster DNS serves the zone of the cluster domain, by the control query and by all aliases. NXDOMAIN for the control name
 * may mean a wrong cluster domain, a cluster DNS that has lost its zone, or one that serves only some namespaces (CoreDNS, plugin
 * `kubernetes`, option `namespaces`). Times are milliseconds on the steady clock.
 */
export class ClusterZone {
  #isProven: boolean;
  /** When the last control queries in a row ended that were denied, oldest first. */
  #deniedAt: readonly number[] = [];
  #servedAt = -Infinity;

  /** `isProven`: the domain is the one that the pod of the monitor searches itself. */
  constructor(isProven: boolean) {
    this.#isProven = isProven;
  }

  get state(): ZoneState {
    const [since = Infinity] = this.#deniedAt;
    if (since === Infinity || this.#servedAt > since) return 'served';
    return this.#isProven ? 'lost' : 'unproven';
  }

  /** The control query has ended, at the first server of pods that answered. An error says nothing about the zone. */
  control(outcome: Outcome, now: number): void {
    if (outcome === 'nxdomain') {
      this.#deniedAt = [...this.#deniedAt, now].slice(-REMEMBERED);
      return;
    }
    if (!servesZone(outcome)) return;
    this.#isProven = true;
    this.#deniedAt = [];
  }

  /** The CNAME of an alias was served. */
  aliasServed(now: number): void {
    this.#isProven = true;
    this.#servedAt = now;
  }
}
