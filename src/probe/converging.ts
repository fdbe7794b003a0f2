import type { LimitFunction } from 'p-limit';
import { isLiteral } from '../dns/name.ts';
import type { News, Server } from '../model/messages.ts';
import type { QueryResult } from '../model/round.ts';
import { pause } from './clock.ts';
import type { Core } from './core.ts';
import { askAliasOnce, roundReport } from './round.ts';
import { firstTurn } from './schedule.ts';
import type { SingleServers } from './single-servers.ts';
import type { Watched } from './watched.ts';

/** Before the first query for the CNAME of a new or edited Service. */
const FIRST_PAUSE_MS = 250;
/** Pauses grow, so that a cluster DNS that lags is not asked all the time. */
const LONGEST_PAUSE_MS = 8_000;
/** CoreDNS never serves a CNAME for an IP literal, so there is not much to wait for. */
const LITERAL_MS = 2_000;
/** So many pairs of a new or edited Service and a server are followed at once. */
const MOST_FOLLOWED = 200;

/**
 * Waits until cluster DNS knows a new or edited spec, and asks for nothing but its CNAME meanwhile. Reports how long each
 * server takes.
 */
export class Convergence {
  readonly #core: Core;
  readonly #singles: Pick<SingleServers, 'servers' | 'serves'>;
  readonly #limit: LimitFunction;
  #followed = 0;

  constructor(
    core: Core,
    singles: Pick<SingleServers, 'servers' | 'serves'>,
    limit: LimitFunction,
  ) {
    this.#core = core;
    this.#singles = singles;
    this.#limit = limit;
  }

  /** Returns whether the Service is to be asked about now: not where it has been edited again, or has gone away. */
  async wait(watched: Watched, news: Exclude<News, 'known'>): Promise<boolean> {
    const { config, clock, open, report, fault } = this.#core;
    const { spec, past, pace } = watched;
    const isVoid = (): boolean => watched.past !== past;
    const now = clock.now();
    const patience = isLiteral(spec.target) ? LITERAL_MS : config.convergenceDeadlineMs;
    const until = watched.deadline?.isServed === false ? watched.deadline.until : now + patience;
    const deadline = { until, isServed: false };
    watched.deadline = deadline;
    if (until <= now) {
      await pause(clock, FIRST_PAUSE_MS);
      return !isVoid();
    }
    past.converging = true;
    const follow = (server: Server): Promise<QueryResult | undefined> =>
      this.#untilServed(
        watched,
        now + config.convergenceDeadlineMs,
        () => askAliasOnce(open, { ...config, servers: [server] }, spec),
        () => isVoid() || !this.#singles.servers.includes(server),
      );
    const converged = (server: string): void =>
      report({ type: 'converged', server, seconds: (clock.now() - now) / 1000 });
    if (news === 'fresh' && !isLiteral(spec.target)) {
      for (const server of this.#singles.servers.slice(0, MOST_FOLLOWED - this.#followed)) {
        this.#followed++;
        void follow(server)
          .then((alias) => {
            if (alias?.outcome !== 'ok') return;
            this.#singles.serves(watched, server.label);
            converged(server.label);
          })
          .catch((error: unknown) => fault('round', error, watched))
          .finally(() => this.#followed--);
      }
    }
    const askAll = async (): Promise<QueryResult> => {
      const alias = await this.#limit(() => askAliasOnce(open, config, spec));
      if (!isVoid())
        report(roundReport(spec, clock.now(), { kind: 'converging', round: { alias } }));
      return alias;
    };
    // Of a list there may be many: they are spread over the interval.
    const firstAt = news === 'listed' ? firstTurn(now, pace, clock.random()).dueAt : undefined;
    const alias = await this.#untilServed(watched, until, askAll, isVoid, firstAt && firstAt - now);
    if (isVoid()) return false;
    past.converging = false;
    if (alias?.outcome !== 'ok') return true;
    deadline.isServed = true;
    // Where there are several servers, each is followed on its own.
    if (news === 'fresh' && config.servers.length === 1) converged(alias.server);
    return true;
  }

  /** Asks for the CNAME with growing pauses until it is served, `until` has come, or `isOver`; returns the last answer. */
  async #untilServed(
    watched: Watched,
    until: number,
    ask: () => Promise<QueryResult>,
    isOver: () => boolean,
    firstMs = FIRST_PAUSE_MS,
  ): Promise<QueryResult | undefined> {
    const { clock, fault } = this.#core;
    let waitMs = firstMs;
    for (let ms = FIRST_PAUSE_MS; ; ms = Math.min(ms * 2, LONGEST_PAUSE_MS)) {
      await pause(clock, waitMs);
      if (isOver()) return undefined;
      const alias = await ask().catch((error) => fault('round', error, watched));
      const now = clock.now();
      if (isOver() || alias?.outcome === 'ok' || now >= until) return alias ?? undefined;
      waitMs = Math.min(ms, until - now);
    }
  }
}
