import { isFailure, type Outcome } from '../model/outcome.ts';

/** For so long CoreDNS may repeat the answer to the upstream sensor from its cache (plugin `cache`, as kubeadm configures it). */
const SENSOR_CACHE_MS = 30_000;

interface Outage {
  readonly since: number;
  /** Absent while it lasts. */
  readonly until?: number;
}

/** By server. */
type Outages = Map<string, Outage>;

/**
 * What the upstream sensor says of each server: whether what cluster DNS must forward fails as a whole. Caches may repeat an error
 * for a while after that is over, and an answer for a while after it began again: so long an outage still explains what fails.
 * Times are milliseconds on the steady clock.
 */
export class UpstreamSensor {
  readonly #slackMs: number;
  readonly #failing: Outages = new Map();
  readonly #refusing: Outages = new Map();
  /** Of which the sensor has said something. */
  readonly #heard = new Set<string>();

  /** Faults that begin within `togetherMs` of each other have begun together. */
  constructor(togetherMs: number) {
    this.#slackMs = togetherMs + SENSOR_CACHE_MS;
  }

  /**
   * A query of the sensor has ended. Returns whether failing Services should be judged again: when an outage begins. When it is over,
   * their own next rounds clear them. REFUSED says nothing about an outage: it may come from cluster DNS itself.
   */
  ended(server: string, outcome: Outcome, now: number): boolean {
    this.#heard.add(server);
    const isRefused = this.#note(this.#refusing, server, outcome === 'refused', now);
    if (outcome === 'refused') return isRefused;
    return this.#note(this.#failing, server, isFailure(outcome), now);
  }

  forget(server: string): void {
    this.#failing.delete(server);
    this.#refusing.delete(server);
    this.#heard.delete(server);
  }

  /**
   * Whether a target that began to fail at `failingSince` fails because upstream fails at each of these servers, or has just failed.
   * `pods`: those behind the servers. Where one of them gets answers from outside, it is not upstream that fails.
   */
  explains(
    servers: readonly string[],
    pods: readonly string[],
    failingSince: number | undefined,
    now: number,
  ): boolean {
    const heard = pods.filter((pod) => this.#heard.has(pod));
    return [...servers, ...heard].every((server) => {
      const outage = this.#failing.get(server);
      if (!outage || !this.#holds(outage, now)) return false;
      const { since, until = Infinity } = outage;
      // Of a target that fails in part, nothing is known about its beginning.
      return (
        failingSince === undefined ||
        (failingSince >= since - this.#slackMs && failingSince <= until)
      );
    });
  }

  /** Whether each of these servers refuses what it must forward, or did a moment ago. */
  refuses(servers: readonly string[], now: number): boolean {
    return servers.every((server) => {
      const outage = this.#refusing.get(server);
      return outage !== undefined && this.#holds(outage, now);
    });
  }

  #holds({ until = Infinity }: Outage, now: number): boolean {
    return now <= until + this.#slackMs;
  }

  /** Returns whether an outage begins. One that begins while the last one holds is the same. */
  #note(outages: Outages, server: string, isBad: boolean, now: number): boolean {
    const last = outages.get(server);
    const isDown = last !== undefined && last.until === undefined;
    if (isBad && !isDown) {
      outages.set(server, { since: last && this.#holds(last, now) ? last.since : now });
    }
    if (!isBad && isDown) outages.set(server, { ...last, until: now });
    return isBad && !isDown;
  }
}
