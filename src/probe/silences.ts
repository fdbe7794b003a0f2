import { isUnanswered } from '../diagnosis/outcomes.ts';
import { isLiteral } from '../dns/name.ts';
import type { Silence } from '../model/messages.ts';
import { isFailure } from '../model/outcome.ts';
import type { QueryResult, Round } from '../model/round.ts';
import { isInZone } from '../model/service.ts';
import { ClusterBreaker, isSilent, UpstreamBreaker } from './breaker.ts';
import type { Core } from './core.ts';
import type { Sensor } from './sensors.ts';
import { endOf, forwardedTo, type Watched } from './watched.ts';

/** Of the Services that are not asked about, one is asked so often. */
const SAMPLE_MS = 1_000;

interface Hooks {
  /** A silence has begun or ended. */
  readonly onChange: () => void;
  /** An alias got no reply: whether it is the server or this name alone cannot wait for the next control query. */
  readonly onSilentAlias: () => void;
}

/** Which Services would not be answered about, by the breakers for cluster DNS and for what it forwards to. */
export class Silences {
  readonly #core: Core;
  readonly #hooks: Hooks;
  readonly #cluster: ClusterBreaker;
  readonly #upstream: UpstreamBreaker;
  readonly #sampledAt: Record<Silence, number> = { cluster_dns: 0, upstream_dns: 0 };

  constructor(core: Core, hooks: Hooks) {
    const { servers, timeoutMs } = core.config;
    this.#core = core;
    this.#hooks = hooks;
    this.#cluster = new ClusterBreaker(servers.length, timeoutMs);
    this.#upstream = new UpstreamBreaker(servers.length);
  }

  get isAny(): boolean {
    return this.#cluster.isOpen || this.#upstream.isOpen;
  }

  /** Why a Service would not be answered about, so that it is not asked about. */
  of(watched: Watched): Silence | undefined {
    if (this.#cluster.isOpen) return 'cluster_dns';
    if (!this.#upstream.isOpen || watched.past.cachedUntil > this.#core.clock.now())
      return undefined;
    // A name in the cluster's zone that has not been answered yet may need nobody upstream.
    const end = watched.past.leadsTo ?? watched.spec.target;
    return isLiteral(end) || isInZone(end, this.#core.config.clusterDomain)
      ? undefined
      : 'upstream_dns';
  }

  /** Whether this Service is the sample; once it is, no other is for a while. */
  takeSample(silence: Silence): boolean {
    const now = this.#core.clock.now();
    if (now - this.#sampledAt[silence] < SAMPLE_MS) return false;
    this.#sampledAt[silence] = now;
    return true;
  }

  /** The alias hop of a round has ended. */
  alias(alias: QueryResult): void {
    this.#update(() => this.#cluster.alias(alias, this.#core.clock.now()));
    if (isSilent(alias)) this.#hooks.onSilentAlias();
  }

  /** A sensor's query at a server that pods ask has ended. */
  sensed(sensor: Sensor, label: string, result: QueryResult): void {
    this.#update(() => {
      if (sensor === 'control') {
        this.#cluster.control(label, result, this.#core.clock.now());
        this.#upstream.control(label, !isFailure(result.outcome));
      } else this.#upstream.sensor(label, !isFailure(result.outcome));
    });
  }

  /** A round has ended. An answer that cluster DNS may have had in its cache, or its own, says nothing of the outside. */
  round(watched: Watched, round: Round): void {
    const { clusterDomain } = this.#core.config;
    const domain = forwardedTo(watched, clusterDomain);
    const isCached = watched.past.cachedUntil > this.#core.clock.now();
    if (domain === undefined || isCached || this.#cluster.isOpen) return;
    const end = endOf(watched.spec, round, clusterDomain);
    if (end !== undefined) {
      if (!isInZone(end, clusterDomain)) this.#update(() => this.#upstream.domain(domain, true));
      return;
    }
    const results = Object.values(round.app ?? {});
    const isFailed =
      !isUnanswered(round.alias) &&
      results.length > 0 &&
      results.every(({ outcome }) => isFailure(outcome) || outcome === 'bare_cname');
    if (isFailed) this.#update(() => this.#upstream.domain(domain, false));
  }

  #update(change: () => void): void {
    const state = (): string => `${this.#cluster.isOpen} ${this.#upstream.isOpen}`;
    const before = state();
    change();
    if (state() !== before) this.#hooks.onChange();
  }
}
