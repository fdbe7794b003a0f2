import { setTimeout as sleep } from 'node:timers/promises';
import { hasAddress, isWorse } from '../diagnosis/outcomes.ts';
import { isLiteral } from '../dns/name.ts';
import type { ConvergedReport, ProbeConfig, Server, ServerReport } from '../model/messages.ts';
import type { QueryResult, Round } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import type { Control } from './control.ts';
import type { Lanes } from './lanes.ts';
import { runServerRound, runSettling } from './round.ts';
import { FIRST_PAUSE_MS, nextPause, type Settling } from './settling.ts';
import type { Watched } from './watched.ts';

/** For all Services and servers together; a look is three queries. */
const LOOKS_PER_SECOND = 40;
/** So much of a second's looks is left for Services that have just turned bad: for them all servers are asked at once. */
const RESERVE = LOOKS_PER_SECOND / 2;
/** Of more servers than this, so many are asked at once. */
const MOST_AT_ONCE = 10;
/** So many ways of a new or edited Service to one server are followed at once. */
const MOST_FOLLOWED = 200;

/**
 * Asks servers on their own, where pods have several: those of `--cluster-dns` and the discovered pods.
 * Each round of a Service is followed by a look at one of them, in rotation, as far as the budget goes; what
 * they say never decides `up`.
 */
export class SingleServers {
  readonly #config: ProbeConfig;
  readonly #lanes: Lanes;
  readonly #control: Control;
  readonly #report: (report: ServerReport | ConvergedReport) => void;
  #servers: readonly Server[] = [];
  #budget = LOOKS_PER_SECOND;
  #budgetAt = 0;
  /** The server that failed a Service when all were asked about it last, while another did not, and when that was. */
  #lastWorse: { readonly server: Server; readonly at: number } | undefined;
  #followed = 0;
  #stopped = false;

  constructor(
    config: ProbeConfig,
    lanes: Lanes,
    control: Control,
    report: (report: ServerReport | ConvergedReport) => void,
  ) {
    this.#config = config;
    this.#lanes = lanes;
    this.#control = control;
    this.#report = report;
    this.setPods([]);
  }

  /** The pods of cluster DNS as they now are. */
  setPods(pods: readonly Server[]): void {
    const { servers, hops } = this.#config;
    const all = hops === 'app' ? [] : [...(servers.length > 1 ? servers : []), ...pods];
    this.#servers = [...new Map(all.map((server) => [server.label, server])).values()];
  }

  stop(): void {
    this.#stopped = true;
    this.#servers = [];
  }

  /** Whether one of several servers fails a Service, and others do not: which of them a round meets is chance. */
  isSplit({ worseServer }: Watched): boolean {
    const failing = this.#servers.filter(({ label }) => this.#control.isFailing(label)).length;
    const isSome = failing > 0 || this.#servers.some(({ label }) => label === worseServer);
    return isSome && failing < this.#servers.length;
  }

  /** Asks the server whose turn it is about a Service; `served` is what pods got just before. */
  async look(watched: Watched, spec: ServiceSpec, served: Round): Promise<void> {
    // While it settles, it is followed; and there is no CNAME of a literal.
    if (watched.settling || isLiteral(spec.target)) return;
    const [server] = this.#answering(watched.rounds);
    if (!server || !this.#isAffordable(1, Date.now(), RESERVE)) return;
    const { families } = spec.settings;
    const options = this.#optionsFor(spec, server);
    const first = await runServerRound(spec, options);
    const isBad = isWorse(first, served, families);
    const round = isBad ? await runServerRound(spec, options) : first;
    if (isWorse(round, served, families)) watched.worseServer = server.label;
    else if (watched.worseServer === server.label) watched.worseServer = undefined;
    this.#reportServer(watched, spec, server, round, isBad ? first : {});
  }

  /**
   * Asks all of them about a Service at once: which of them are to blame? Returns whether all serve it. Where the budget does
   * not allow that, many Services have turned at the same time, as `served` has this one, and what the last of them
   * has shown is held to be so for this one.
   */
  async lookAtAll(watched: Watched, spec: ServiceSpec, served: Round): Promise<boolean> {
    if (watched.settling || isLiteral(spec.target)) return false;
    const now = Date.now();
    const asked = this.#answering(watched.rounds).slice(0, MOST_AT_ONCE);
    if (asked.length === 0) return false;
    if (!this.#isAffordable(asked.length, now)) {
      this.#assume(watched, spec, served, now);
      return false;
    }
    const rounds = await Promise.all(
      asked.map((server) => runServerRound(spec, this.#optionsFor(spec, server))),
    );
    const { families } = spec.settings;
    const isServing = (round: Round): boolean =>
      round.alias?.outcome === 'ok' && hasAddress(round.app, families);
    const failing = asked.filter((_, i) => !isServing(rounds[i] ?? {}));
    const [worse] = failing.length < asked.length ? failing : [];
    watched.worseServer = worse?.label;
    this.#lastWorse = worse && { server: worse, at: now };
    for (const [i, server] of asked.entries())
      this.#reportServer(watched, spec, server, rounds[i] ?? {}, {});
    return failing.length === 0;
  }

  /** The bad round of a Service met the server that fails others, if there is one. */
  #assume(watched: Watched, spec: ServiceSpec, served: Round, now: number): void {
    if (!watched.wasBad || !this.#lastWorse) return;
    const { server, at } = this.#lastWorse;
    const isThere = this.#servers.some(({ label }) => label === server.label);
    if (!isThere || now - at > this.#config.intervalMs) return;
    watched.worseServer = server.label;
    this.#reportServer(watched, spec, server, served, {});
  }

  /** Asks every server for the CNAME of a new or edited Service until it serves it, or the deadline has passed. */
  follow(watched: Watched, spec: ServiceSpec, seenAt: number): void {
    if (isLiteral(spec.target)) return;
    for (const server of this.#servers) {
      if (this.#followed >= MOST_FOLLOWED) return;
      this.#followed++;
      void this.#follow(watched, spec, server, seenAt).finally(() => this.#followed--);
    }
  }

  /** The servers that pods ask serve a new or edited Service; where there are several, each is followed on its own. */
  converged(alias: QueryResult | undefined, { seenAt }: Settling, now: number): void {
    if (alias?.outcome !== 'ok' || seenAt === undefined || this.#config.servers.length > 1) return;
    this.#report({ type: 'converged', server: alias.server, seconds: (now - seenAt) / 1000 });
  }

  async #follow(
    watched: Watched,
    spec: ServiceSpec,
    server: Server,
    seenAt: number,
  ): Promise<void> {
    const until = seenAt + this.#config.convergenceDeadlineMs;
    for (let pauseMs = FIRST_PAUSE_MS; Date.now() < until; pauseMs = nextPause(pauseMs)) {
      await sleep(pauseMs, undefined, { ref: false });
      const isThere = this.#servers.some(({ label }) => label === server.label);
      if (watched.gone || watched.spec.target !== spec.target || !isThere) return;
      if (this.#control.isFailing(server.label)) continue;
      const round = await runSettling(spec, { ...this.#config, servers: [server] });
      const now = Date.now();
      this.#reportServer(watched, spec, server, round, {});
      if (round.alias?.outcome !== 'ok') continue;
      const seconds = (now - seenAt) / 1000;
      this.#report({ type: 'converged', server: server.label, seconds });
      return;
    }
  }

  #optionsFor(spec: ServiceSpec, server: Server): Parameters<typeof runServerRound>[1] {
    const { recordTypes } = spec.settings;
    const gate = <T>(ask: () => Promise<T>): Promise<T> => this.#lanes.hop(spec, ask);
    return { ...this.#config, servers: [server], recordTypes, gate };
  }

  /** Those that answer at all, beginning with another one each time: of the others the control query tells. */
  #answering(from: number): Server[] {
    const servers = this.#servers.filter(({ label }) => !this.#control.isFailing(label));
    return servers
      .map((_, i) => servers[(from + i) % servers.length])
      .filter((one) => one !== undefined);
  }

  /** Takes so many looks from the budget, if it has them and the reserve. */
  #isAffordable(looks: number, now: number, reserve = 0): boolean {
    const earned = ((now - this.#budgetAt) / 1000) * LOOKS_PER_SECOND;
    this.#budget = Math.min(LOOKS_PER_SECOND, this.#budget + earned);
    this.#budgetAt = now;
    if (this.#budget < looks + reserve) return false;
    this.#budget -= looks;
    return true;
  }

  #reportServer(
    watched: Watched,
    { key, uid, target }: ServiceSpec,
    { label }: Server,
    round: Round,
    unconfirmed: Round,
  ): void {
    if (watched.gone || this.#stopped) return;
    this.#report({
      type: 'server',
      key,
      uid,
      target,
      server: label,
      round,
      unconfirmed,
      endedAt: Date.now(),
    });
  }
}
