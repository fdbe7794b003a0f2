import { isFailure, type Outcome } from '../model/outcome.ts';

/**
 * How long CoreDNS may repeat the answer to the upstream sensor from its cache (plugin `cache`, as
 * kubeadm configures it).
 */
const SENSOR_CACHE_MS = 30_000;

interface Outage {
  readonly since: number;
  /** Absent while the outage lasts. */
  readonly until?: number;
}

/** By server. */
type Outages = Map<string, Outage>;

/**
 * The state of the upstream sensor at each server: whether forwarding fails as a whole. Caches may
 * repeat an error for a while after an outage, and an answer for a while after its start. During
 * that time an outage still explains failures. Times are milliseconds on the steady clock.
 */
export class UpstreamSensor {
  readonly #slackMs: number;
  readonly #failing: Outages = new Map();
  readonly #refusing: Outages = new Map();
  /** Servers with at least one result of the sensor. */
  readonly #heard = new Set<string>();

  /** @param togetherMs faults that begin within this time of each other have begun together */
  constructor(togetherMs: number) {
    this.#slackMs = togetherMs + SENSOR_CACHE_MS;
  }

  /**
   * Records a query of the sensor. Returns whether failing Services should be judged again, which
   * is when an outage begins. After an outage, their own next rounds clear them. REFUSED proves
   * nothing about an outage: cluster DNS itself may have sent it.
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
   * Whether a target that began to fail at `failingSince` fails because upstream fails, or has just
   * failed, at each of these servers. `pods`: the pods behind the servers. If one of them gets
   * answers from outside, upstream is not the cause.
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
      // For a target that fails only in part, the start is unknown.
      return (
        failingSince === undefined ||
        (failingSince >= since - this.#slackMs && failingSince <= until)
      );
    });
  }

  /** Whether each of these servers refuses queries that it must forward, or did a moment ago. */
  refuses(servers: readonly string[], now: number): boolean {
    return servers.every((server) => {
      const outage = this.#refusing.get(server);
      return outage !== undefined && this.#holds(outage, now);
    });
  }

  #holds({ until = Infinity }: Outage, now: number): boolean {
    return now <= until + this.#slackMs;
  }

  /**
   * Returns whether an outage begins. An outage that begins before the last one is over is the same
   * one.
   */
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
