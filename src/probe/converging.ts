import { isLiteral } from '../dns/name.ts';
import type { OpenAsker } from '../dns/resolver.ts';
import type { ConvergedReport, ProbeConfig, Server } from '../model/messages.ts';
import type { QueryResult } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import { type Clock, pause } from './clock.ts';
import { askAliasOnce } from './round.ts';
import type { Sensors } from './sensors.ts';
import type { SingleServers } from './single-servers.ts';
import type { Watched } from './watched.ts';

/** Cluster DNS may not know this spec yet. */
export interface Converging {
  /** When we stop waiting for it, on the steady clock. */
  readonly until: number;
  /** Not probed before: it gets its turns only once cluster DNS serves it. */
  readonly isNew: boolean;
  /** When the informer saw the new `externalName`; absent if that may have been there for long. */
  readonly seenAt?: number;
  pauseMs: number;
}

/** Before the first query for the CNAME of a new or edited Service. */
export const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8_000;

/** Pauses between queries for the CNAME grow, so that a cluster DNS that lags is not asked all the time. */
export function nextPause(pauseMs: number): number {
  return Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
}

/** So many pairs of a new or edited Service and a server are followed at once. */
const MOST_FOLLOWED = 200;

/** Reports how long each server takes to serve a new or edited Service. */
export class Convergence {
  readonly #config: ProbeConfig;
  readonly #clock: Clock;
  readonly #open: OpenAsker;
  readonly #singles: Pick<SingleServers, 'servers'>;
  readonly #sensors: Sensors;
  readonly #report: (report: ConvergedReport) => void;
  #followed = 0;

  constructor(
    config: ProbeConfig,
    clock: Clock,
    open: OpenAsker,
    singles: Pick<SingleServers, 'servers'>,
    sensors: Sensors,
    report: (report: ConvergedReport) => void,
  ) {
    this.#config = config;
    this.#clock = clock;
    this.#open = open;
    this.#singles = singles;
    this.#sensors = sensors;
    this.#report = report;
  }

  /** Asks every server on its own for the CNAME until it serves the Service, or the deadline has passed. */
  follow(
    watched: Watched,
    spec: ServiceSpec,
    seenAt: number,
    onFault: (error: unknown) => void,
  ): void {
    if (isLiteral(spec.target)) return;
    for (const server of this.#singles.servers) {
      if (this.#followed >= MOST_FOLLOWED) return;
      this.#followed++;
      void this.#follow(watched, spec, server, seenAt)
        .catch(onFault)
        .finally(() => this.#followed--);
    }
  }

  /** The servers that pods ask serve it; where there are several, each is followed on its own. */
  converged(alias: QueryResult, { seenAt }: Converging, now: number): void {
    if (alias.outcome !== 'ok' || seenAt === undefined || this.#config.servers.length > 1) return;
    this.#report({ type: 'converged', server: alias.server, seconds: (now - seenAt) / 1000 });
  }

  async #follow(
    watched: Watched,
    spec: ServiceSpec,
    server: Server,
    seenAt: number,
  ): Promise<void> {
    const { past } = watched;
    const { label } = server;
    const until = seenAt + this.#config.convergenceDeadlineMs;
    for (let ms = FIRST_PAUSE_MS; this.#clock.now() < until; ms = nextPause(ms)) {
      await pause(this.#clock, ms);
      const isThere = this.#singles.servers.some((one) => one.label === label);
      if (watched.gone || watched.past !== past || !isThere) return;
      if (this.#sensors.isFailing('control', label)) continue;
      const alias = await askAliasOnce(this.#open, { ...this.#config, servers: [server] }, spec);
      if (alias.outcome !== 'ok') continue;
      this.#report({
        type: 'converged',
        server: label,
        seconds: (this.#clock.now() - seenAt) / 1000,
      });
      return;
    }
  }
}
