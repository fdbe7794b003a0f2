import { isFailure, type Outcome } from '../model/outcome.ts';

/** For so long CoreDNS may repeat the answer to the upstream sensor from its cache (plugin `cache`, as kubeadm configures it). */
const SENSOR_CACHE_MS = 30_000;

interface Outage {
  readonly since: number;
  /** Absent while it lasts. */
  readonly until?: number;
}

/**
 * What the upstream sensor says of each server: whether what cluster DNS must forward fails as a whole. Caches may repeat an error
 * for a while after that is over, so that a target which began to fail in an outage still fails because of it. Times are
 * milliseconds on the steady clock.
 */
export class UpstreamSensor {
  readonly #togetherMs: number;
  readonly #outages = new Map<string, Outage>();
  readonly #refusing = new Set<string>();
  /** Of which the sensor has said something. */
  readonly #heard = new Set<string>();

  /** Faults that begin within `togetherMs` of each other have begun together. */
  constructor(togetherMs: number) {
    this.#togetherMs = togetherMs;
  }

  /**
   * A query of the sensor has ended. Returns whether failing Services should be judged again: when an outage begins. When it is over,
   * their own next rounds clear them. REFUSED says nothing about an outage: it may come from cluster DNS itself.
   */
  ended(server: string, outcome: Outcome, now: number): boolean {
    this.#heard.add(server);
    if (outcome === 'refused') {
      const isNews = !this.#refusing.has(server);
      this.#refusing.add(server);
      return isNews;
    }
    this.#refusing.delete(server);
    const outage = this.#outages.get(server);
    const isDown = outage !== undefined && outage.until === undefined;
    const fails = isFailure(outcome);
    if (fails && !isDown) this.#outages.set(server, { since: now });
    if (!fails && isDown) this.#outages.set(server, { ...outage, until: now });
    return fails && !isDown;
  }

  forget(server: string): void {
    this.#outages.delete(server);
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
    const slackMs = this.#togetherMs + SENSOR_CACHE_MS;
    const heard = pods.filter((pod) => this.#heard.has(pod));
    return [...servers, ...heard].every((server) => {
      const { since, until = Infinity } = this.#outages.get(server) ?? {};
      if (since === undefined || now > until + slackMs) return false;
      // Of a target that fails in part, nothing is known about its beginning.
      return (
        failingSince === undefined || (failingSince >= since - slackMs && failingSince <= until)
      );
    });
  }

  /** Whether each of these servers refuses what it must forward. */
  refuses(servers: readonly string[]): boolean {
    return servers.every((server) => this.#refusing.has(server));
  }
}
