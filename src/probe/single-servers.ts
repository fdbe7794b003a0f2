import {
  hasAddress,
  hasOwnFailure,
  isUnanswered,
  isUnansweredHop,
  isUnmet,
} from '../diagnosis/outcomes.ts';
import { isLiteral } from '../dns/name.ts';
import type { OpenAsker } from '../dns/resolver.ts';
import type { ForwardingReport, ProbeConfig, Server, SingleRound } from '../model/messages.ts';
import type { Round } from '../model/round.ts';
import type { Budget, Release } from './budget.ts';
import { type Clock, pause } from './clock.ts';
import { runSingleRound } from './round.ts';
import type { Sensors } from './sensors.ts';
import { forwardedTo, type Watched } from './watched.ts';

/** For all Services and servers together; each is three queries. */
const ROUNDS_PER_SECOND = 40;
/** So much of a second's rounds is left for Services that have just turned bad: for them all servers are asked at once. */
const RESERVE = ROUNDS_PER_SECOND / 2;
/** Of more servers than this, so many are asked at once. */
const MOST_AT_ONCE = 10;
/** Of the budget of forwarded queries, single servers get this part at most, and never wait for it. */
const SINGLE_SHARE = 0.2;
/** They wait no longer than this for a reply, and ask once: a second round confirms what is bad. */
const LONGEST_TIMEOUT_MS = 5_000;
/** A server is asked again before it is said to fail a Service. */
const ROUNDS_FOR_NEWS = 2;
/** A server that lets so many forwarded queries in a row hang does not forward. */
const HUNG_ROUNDS = 3;
/** When many Services turn bad at once, the first answers about single servers are there after this long. */
const FIRST_ANSWER_MS = 250;
/** Of a server that does not forward, one Service is asked so often. */
const SAMPLE_MS = 1_000;

interface State {
  readonly server: Server;
  /** Rounds in a row in which what must be forwarded hung. */
  hung: number;
  forwards: boolean;
  sampledAt: number;
}

/**
 * Asks servers on their own, where pods have several: those of `--cluster-dns` and the discovered pods.
 * Each round of a Service comes with a query to one of them, in rotation, as far as the budget goes; what
 * they say never decides `up`. A server that does not forward is reported by that alone, and sampled.
 */
export class SingleServers {
  readonly #config: ProbeConfig;
  readonly #clock: Clock;
  readonly #open: OpenAsker;
  readonly #sensors: Sensors;
  readonly #report: (report: ForwardingReport) => void;
  readonly #budget: Budget;
  readonly #mostPermits: number;
  #permits = 0;
  #states: readonly State[] = [];
  #rounds = ROUNDS_PER_SECOND;
  #roundsAt = 0;
  /** The server that failed a Service when all were asked about it last, while another did not, and when that was. */
  #lastFailing: { readonly label: string; readonly at: number; readonly since: number } | undefined;
  /** Ends when all servers have been asked about the Service that they are being asked about. */
  #asking: Promise<void> | undefined;
  #stopped = false;

  constructor(
    config: ProbeConfig,
    clock: Clock,
    open: OpenAsker,
    budget: Budget,
    sensors: Sensors,
    report: (report: ForwardingReport) => void,
  ) {
    this.#config = config;
    this.#clock = clock;
    this.#open = open;
    this.#sensors = sensors;
    this.#report = report;
    this.#budget = budget;
    this.#mostPermits = Math.floor(config.maxOutstanding * SINGLE_SHARE);
    this.setPods([]);
  }

  /** The pods of cluster DNS as they now are. */
  setPods(pods: readonly Server[]): void {
    const { servers, hops } = this.#config;
    const all = hops === 'app' ? [] : [...(servers.length > 1 ? servers : []), ...pods];
    const known = new Map(this.#states.map((state) => [state.server.label, state]));
    const byLabel = new Map(all.map((server) => [server.label, server]));
    this.#states = [...byLabel.values()].map(
      (server) =>
        known.get(server.label) ?? { server, hung: 0, forwards: true, sampledAt: -Infinity },
    );
  }

  get servers(): readonly Server[] {
    return this.#states.map(({ server }) => server);
  }

  stop(): void {
    this.#stopped = true;
    this.#states = [];
  }

  /** The upstream sensor has a new result for a server. */
  sensed(label: string): void {
    const state = this.#states.find(({ server }) => server.label === label);
    if (state) this.#judgeForwarding(state);
  }

  /** Labels of the servers that failed a Service when they were asked on their own. */
  failing({ past }: Watched): readonly string[] {
    const now = this.#clock.now();
    const labels = this.#states.map(({ server }) => server.label);
    return labels.filter((label) => (past.failing.get(label) ?? Infinity) <= now);
  }

  /**
   * Asks one server about a Service: one that failed it, else the one whose turn it is. `served` is what pods got
   * just before.
   */
  async askOne(watched: Watched, served: Round): Promise<readonly SingleRound[]> {
    const state = this.#next(watched);
    if (!state || !this.#isAffordable(1, RESERVE)) return [];
    const { past } = watched;
    const singles: SingleRound[] = [];
    for (let isNews = true; isNews && singles.length < ROUNDS_FOR_NEWS; ) {
      const single = await this.#ask(watched, state);
      // What a server said of the old target says nothing of the new one.
      if (!single || watched.past !== past) break;
      singles.push(single);
      isNews = this.#learn(watched, state, single.round, served);
    }
    return singles;
  }

  /**
   * Asks all of them about a Service that has turned bad, or good: which of them fail it? `allServe`: none does. Where the
   * budget does not allow that, many Services have turned at the same time, and the server that failed the last of
   * them is taken to fail this one.
   */
  async askAll(
    watched: Watched,
    isBad: boolean,
  ): Promise<{ readonly allServe: boolean; readonly singles: readonly SingleRound[] }> {
    const states = this.#rotated(watched, true).slice(0, MOST_AT_ONCE);
    if (states.length === 0) return { allServe: false, singles: [] };
    const all = this.#isAffordable(states.length)
      ? await this.#askEach(watched, states)
      : { isWhole: false, allServe: false, singles: [] };
    if (!all.isWhole && isBad) await this.#assume(watched);
    return all;
  }

  async #askEach(
    watched: Watched,
    states: readonly State[],
  ): Promise<{
    readonly isWhole: boolean;
    readonly allServe: boolean;
    readonly singles: readonly SingleRound[];
  }> {
    const { past } = watched;
    const now = this.#clock.now();
    const ended = Promise.withResolvers<void>();
    this.#asking ??= ended.promise;
    try {
      const asked = await Promise.all(states.map((state) => this.#ask(watched, state)));
      const singles = asked.filter((single) => single !== undefined);
      const isWhole = singles.length === states.length;
      if (watched.past !== past || !isWhole) return { isWhole, allServe: false, singles };
      const serving = singles.filter(({ round }) => isServing(watched, round));
      const served = serving[0]?.round;
      for (const [i, state] of states.entries()) {
        const single = asked[i];
        if (single) this.#learn(watched, state, single.round, served);
      }
      const failing = singles.find((single) => !serving.includes(single));
      const since = failing && past.failing.get(failing.server);
      // That it served a name from its cache does not clear it.
      if (failing && since !== undefined)
        this.#lastFailing = { label: failing.server, at: now, since };
      return { isWhole, allServe: serving.length === states.length, singles };
    } finally {
      if (this.#asking === ended.promise) this.#asking = undefined;
      ended.resolve();
    }
  }

  async #ask(watched: Watched, state: State): Promise<SingleRound | undefined> {
    const { spec } = watched;
    const { server } = state;
    const domain = forwardedTo(watched, this.#config.clusterDomain);
    const permits =
      domain === undefined
        ? []
        : this.#takePermits(server, domain, spec.settings.recordTypes.length);
    if (!permits) return undefined;
    if (domain !== undefined) state.sampledAt = this.#clock.now();
    const timeoutMs = Math.min(this.#config.timeoutMs, LONGEST_TIMEOUT_MS);
    const asker = this.#open({ ...this.#config, servers: [server], timeoutMs, attempts: 1 });
    try {
      const { clusterDomain } = this.#config;
      const round = await runSingleRound(asker, spec, {
        clusterDomain,
        ...(domain === undefined
          ? {}
          : {
              permit: async () => permits.pop() ?? this.#budget.take(`${server.label} ${domain}`),
            }),
      });
      return hasOwnFailure(round) ? undefined : { server: server.label, round };
    } finally {
      asker.close();
      for (const giveBack of permits) giveBack();
    }
  }

  /** So many permits at this moment, or none: what hangs at one server says nothing of its domain at others. */
  #takePermits(server: Server, domain: string, count: number): Release[] | undefined {
    const permits: Release[] = [];
    while (permits.length < count) {
      const isLeft = this.#permits < this.#mostPermits;
      const taken = isLeft ? this.#budget.tryTake(`${server.label} ${domain}`) : undefined;
      if (!taken) {
        for (const giveBack of permits) giveBack();
        return undefined;
      }
      this.#permits++;
      let isTaken = true;
      permits.push((replied) => {
        if (isTaken) this.#permits--;
        isTaken = false;
        taken(replied);
      });
    }
    return permits;
  }

  /** Where pods get no address either, the target may be the reason. */
  #countHung(watched: Watched, state: State, round: Round, served: Round | undefined): void {
    const isForwarded = forwardedTo(watched, this.#config.clusterDomain) !== undefined;
    const isServed = hasAddress(served?.app, watched.spec.settings.families);
    if (!isForwarded || !isServed || isUnanswered(round.alias)) return;
    state.hung = isUnansweredHop(round.app) ? state.hung + 1 : 0;
    this.#judgeForwarding(state);
  }

  /** Keeps what a server says of a Service; returns whether it fails it, and did not before. */
  #learn(watched: Watched, state: State, round: Round, served: Round | undefined): boolean {
    this.#countHung(watched, state, round, served);
    const { spec, past } = watched;
    const { server } = state;
    const isMet = round.alias?.outcome === 'ok';
    const { families } = spec.settings;
    if (isMet && hasAddress(round.app, families)) {
      past.failing.delete(server.label);
      return false;
    }
    // No address where pods get none either says nothing of the server, and what it said before is out of date.
    if (isMet && !hasAddress(served?.app, families)) {
      past.failing.delete(server.label);
      return false;
    }
    if (past.failing.has(server.label)) return false;
    const now = this.#clock.now();
    // It has as long as cluster DNS as a whole: from the edit, where that is known.
    const { until } = watched.deadline ?? { until: 0 };
    const deadlineAt = until > now ? until : now + this.#config.convergenceDeadlineMs;
    const since = isUnmet(round.alias?.outcome) ? deadlineAt : now;
    for (const label of past.failing.keys())
      if (!this.#states.some((one) => one.server.label === label)) past.failing.delete(label);
    past.failing.set(server.label, since);
    return true;
  }

  /** The bad round of a Service met the server that fails others, if there is one. */
  async #assume({ past }: Watched): Promise<void> {
    const isKnown = (): boolean =>
      this.#clock.now() - (this.#lastFailing?.at ?? -Infinity) <= this.#config.intervalMs;
    // The first of them may be under way.
    if (!isKnown()) await (this.#asking ?? pause(this.#clock, FIRST_ANSWER_MS));
    if (this.#lastFailing && isKnown())
      past.failing.set(this.#lastFailing.label, this.#lastFailing.since);
  }

  /** The server that failed a Service when it was last asked, else the one whose turn it is. */
  #next(watched: Watched): State | undefined {
    const states = this.#rotated(watched, false);
    return states.find(({ server }) => watched.past.failing.has(server.label)) ?? states[0];
  }

  /**
   * Those that can be asked about a Service, beginning with another one each time. Those that do not answer, or do not
   * forward, are reported by the sensors.
   */
  #rotated(watched: Watched, isUrgent: boolean): readonly State[] {
    const { spec, converging, rounds } = watched;
    // While it converges, it is followed; and there is no CNAME of an address.
    if (converging || isLiteral(spec.target)) return [];
    const now = this.#clock.now();
    const isForwarded = forwardedTo(watched, this.#config.clusterDomain) !== undefined;
    const states = this.#states.filter((state) => {
      if (this.#sensors.isFailing('control', state.server.label)) return false;
      if (!isForwarded || state.forwards) return true;
      return !isUrgent && now - state.sampledAt >= SAMPLE_MS;
    });
    const from = states.length === 0 ? 0 : rounds % states.length;
    return [...states.slice(from), ...states.slice(0, from)];
  }

  /** Takes so many rounds from what a second allows, if it has them and the reserve. */
  #isAffordable(rounds: number, reserve = 0): boolean {
    const now = this.#clock.now();
    const earned = ((now - this.#roundsAt) / 1000) * ROUNDS_PER_SECOND;
    this.#rounds = Math.min(ROUNDS_PER_SECOND, this.#rounds + earned);
    this.#roundsAt = now;
    if (this.#rounds < rounds + reserve) return false;
    this.#rounds -= rounds;
    return true;
  }

  #judgeForwarding(state: State): void {
    const { label } = state.server;
    const isSensed = this.#sensors.hasUpstream(label);
    const forwards = isSensed
      ? !this.#sensors.isFailing('upstream', label)
      : state.hung < HUNG_ROUNDS;
    if (forwards === state.forwards || this.#stopped) return;
    state.forwards = forwards;
    if (forwards) state.hung = 0;
    this.#report({
      type: 'forwarding',
      server: label,
      works: forwards,
      endedAt: this.#clock.now(),
    });
  }
}

function isServing({ spec }: Watched, { alias, app }: Round): boolean {
  return alias?.outcome === 'ok' && hasAddress(app, spec.settings.families);
}
