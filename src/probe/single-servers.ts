import {
  hasAddress,
  hasOwnFailure,
  isUnanswered,
  isUnansweredHop,
  isUnmet,
} from '../diagnosis/outcomes.ts';
import { isLiteral } from '../dns/name.ts';
import type { Server, SingleRound } from '../model/messages.ts';
import type { Round } from '../model/round.ts';
import type { Release } from './budget.ts';
import { pause } from './clock.ts';
import type { Core } from './core.ts';
import { runRound } from './round.ts';
import type { Sensors } from './sensors.ts';
import { forwardedTo, type Past, type Watched } from './watched.ts';

/** For all Services and servers together; each is three queries. */
const ROUNDS_PER_SECOND = 40;
/** So much of a second's rounds is left for Services that a server fails, so that it is soon seen when it no longer does, ... */
const RESERVE = ROUNDS_PER_SECOND / 2;
/** ... and so much of that for those that have just turned bad: for them all servers are asked at once. */
const RESERVE_FOR_NEWS = ROUNDS_PER_SECOND / 4;
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

export interface AllAsked {
  readonly allServe: boolean;
  readonly singles: readonly SingleRound[];
}

/**
 * Asks servers on their own, where pods have several: those of `--cluster-dns` and the discovered pods.
 * Each round of a Service comes with a query to one of them, in rotation, as far as the budget goes; what
 * they say never decides `up`. A server that does not forward is reported by that alone, and sampled.
 */
export class SingleServers {
  readonly #core: Core;
  readonly #sensors: Sensors;
  #states: readonly State[] = [];
  #rounds = ROUNDS_PER_SECOND;
  #roundsAt = 0;
  /** The server that failed a Service last while another did not, when all were asked about it, or that let several hang. */
  #lastFailing: { readonly label: string; readonly at: number; readonly since: number } | undefined;
  /** Ends when all servers have been asked about the Service that they are being asked about. */
  #asking: Promise<unknown> | undefined;
  /** Of the budget, those that single servers have. */
  #permits = 0;

  constructor(core: Core, sensors: Sensors) {
    this.#core = core;
    this.#sensors = sensors;
    this.setPods([]);
  }

  /** The pods of cluster DNS as they now are. */
  setPods(pods: readonly Server[]): void {
    const { servers, hops } = this.#core.config;
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

  /** The upstream sensor has a new result for a server. */
  sensed(label: string): void {
    const state = this.#states.find(({ server }) => server.label === label);
    if (state) this.#judgeForwarding(state);
  }

  /** Labels of the servers that failed a Service when they were asked on their own. */
  failing({ past }: Watched): readonly string[] {
    const now = this.#core.clock.now();
    const labels = this.#states.map(({ server }) => server.label);
    return labels.filter((label) => (past.failing.get(label) ?? Infinity) <= now);
  }

  /** A server serves the new spec of a Service by now: that it did not before is out of date. */
  serves({ past }: Watched, label: string): void {
    if ((past.failing.get(label) ?? 0) > this.#core.clock.now()) past.failing.delete(label);
  }

  /**
   * Asks one server about a Service: one that failed it, else the one whose turn it is. `served` is what pods got
   * just before.
   */
  async askOne(watched: Watched, served: Round): Promise<readonly SingleRound[]> {
    const states = this.#rotated(watched, false);
    const isFailing = ({ server }: State): boolean => watched.past.failing.has(server.label);
    const failing = states.find(isFailing);
    const state = failing ?? states[0];
    if (!state || !this.#isAffordable(1, failing ? RESERVE_FOR_NEWS : RESERVE)) return [];
    const singles: SingleRound[] = [];
    for (let isNews = true; isNews && singles.length < ROUNDS_FOR_NEWS; ) {
      const single = await this.#ask(watched, state);
      if (!single) break;
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
  async askAll(watched: Watched, isBad: boolean): Promise<AllAsked> {
    const { past } = watched;
    const states = this.#rotated(watched, true).slice(0, MOST_AT_ONCE);
    if (states.length === 0) return { allServe: false, singles: [] };
    let asked: readonly (SingleRound | undefined)[] = [undefined];
    if (this.#isAffordable(states.length)) {
      const asking = Promise.all(states.map((state) => this.#ask(watched, state)));
      this.#asking ??= asking;
      try {
        asked = await asking;
      } finally {
        if (this.#asking === asking) this.#asking = undefined;
      }
    }
    const singles = asked.filter((single) => single !== undefined);
    if (singles.length === states.length)
      return { allServe: this.#learnAll(watched, states, singles), singles };
    if (isBad) await this.#assume(past);
    return { allServe: false, singles };
  }

  /** Keeps what all of them say of a Service; returns whether they serve it. */
  #learnAll(watched: Watched, states: readonly State[], singles: readonly SingleRound[]): boolean {
    const { past, spec } = watched;
    const isServing = ({ round: { alias, app } }: SingleRound): boolean =>
      alias?.outcome === 'ok' && hasAddress(app, spec.settings.families);
    const served = singles.find(isServing)?.round;
    for (const [i, state] of states.entries())
      this.#learn(watched, state, singles[i]?.round ?? {}, served);
    const label = singles.find((single) => !isServing(single))?.server;
    const since = past.failing.get(label ?? '');
    // That it served a name from its cache does not clear it.
    if (label !== undefined && since !== undefined)
      this.#lastFailing = { label, at: this.#core.clock.now(), since };
    return label === undefined;
  }

  /** Undefined where the budget does not allow that at this moment, or the Service was edited or went away meanwhile. */
  async #ask(watched: Watched, state: State): Promise<SingleRound | undefined> {
    const { config, clock, open, budget } = this.#core;
    const { spec, past } = watched;
    const { server } = state;
    const { clusterDomain } = config;
    const domain = forwardedTo(watched, clusterDomain);
    // What hangs at one server says nothing of its domain at others, and what hung there once may not for long.
    const name = `${server.label} ${domain}`;
    const count = domain === undefined ? 0 : spec.settings.recordTypes.length;
    if (this.#permits + count > config.maxOutstanding * SINGLE_SHARE) return undefined;
    const permits = Array.from({ length: count }, () => budget.tryTake(name, domain));
    const giveBack = (): void => {
      for (const release of permits) release?.();
    };
    if (permits.includes(undefined)) {
      giveBack();
      return undefined;
    }
    this.#permits += count;
    if (domain !== undefined) state.sampledAt = clock.now();
    const timeoutMs = Math.min(config.timeoutMs, LONGEST_TIMEOUT_MS);
    const asker = open({ ...config, servers: [server], timeoutMs, attempts: 1 });
    const permit = async (): Promise<Release> => permits.pop() ?? budget.take(name);
    try {
      const round = await runRound(asker, spec, {
        clusterDomain,
        hops: 'alone',
        permit: domain === undefined ? undefined : permit,
      });
      const isUseful = watched.past === past && !hasOwnFailure(round);
      return isUseful ? { server: server.label, round } : undefined;
    } finally {
      this.#permits -= count;
      asker.close();
      giveBack();
    }
  }

  /** Where pods get no address either, the target may be the reason. */
  #countHung(watched: Watched, state: State, round: Round, served: Round | undefined): void {
    const isForwarded = forwardedTo(watched, this.#core.config.clusterDomain) !== undefined;
    const isServed = hasAddress(served?.app, watched.spec.settings.families);
    if (!isForwarded || !isServed || isUnanswered(round.alias)) return;
    state.hung = isUnansweredHop(round.app) ? state.hung + 1 : 0;
    // A server may answer its sensor from its cache. Where all of them hang, upstream may be the reason.
    const isAlone = this.#states.some(({ hung }) => hung === 0);
    const at = this.#core.clock.now();
    if (state.hung >= HUNG_ROUNDS && isAlone)
      this.#lastFailing = { label: state.server.label, at, since: at };
    this.#judgeForwarding(state);
  }

  /** Keeps what a server says of a Service; returns whether it fails it, and did not before. */
  #learn(watched: Watched, state: State, round: Round, served: Round | undefined): boolean {
    this.#countHung(watched, state, round, served);
    const { spec, past } = watched;
    const { server } = state;
    const isMet = round.alias?.outcome === 'ok';
    const { families } = spec.settings;
    // No address where pods get none either says nothing of the server, and what it said before is out of date.
    if (isMet && (hasAddress(round.app, families) || !hasAddress(served?.app, families))) {
      past.failing.delete(server.label);
      return false;
    }
    if (past.failing.has(server.label)) return false;
    const now = this.#core.clock.now();
    // It has as long as cluster DNS as a whole: from the edit, where that is known.
    const { until } = watched.deadline ?? { until: 0 };
    const deadlineAt = until > now ? until : now + this.#core.config.convergenceDeadlineMs;
    const since = isUnmet(round.alias?.outcome) ? deadlineAt : now;
    for (const label of past.failing.keys())
      if (!this.#states.some((one) => one.server.label === label)) past.failing.delete(label);
    past.failing.set(server.label, since);
    return true;
  }

  /** The bad round of a Service met the server that fails others, if there is one. */
  async #assume(past: Past): Promise<void> {
    const isKnown = (): boolean =>
      this.#core.clock.now() - (this.#lastFailing?.at ?? -Infinity) <= this.#core.config.intervalMs;
    // The first of them may be under way.
    if (!isKnown()) await (this.#asking ?? pause(this.#core.clock, FIRST_ANSWER_MS));
    if (this.#lastFailing && isKnown())
      past.failing.set(this.#lastFailing.label, this.#lastFailing.since);
  }

  /**
   * Those that can be asked about a Service, beginning with another one each time. Those that do not answer, or do not
   * forward, are reported by the sensors.
   */
  #rotated(watched: Watched, isUrgent: boolean): readonly State[] {
    const { spec, past, rounds } = watched;
    // While it converges, it is followed; and there is no CNAME of an address.
    if (past.converging || isLiteral(spec.target)) return [];
    const now = this.#core.clock.now();
    const isForwarded = forwardedTo(watched, this.#core.config.clusterDomain) !== undefined;
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
    const now = this.#core.clock.now();
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
    if (forwards === state.forwards) return;
    state.forwards = forwards;
    if (forwards) state.hung = 0;
    this.#core.report({
      type: 'forwarding',
      server: label,
      works: forwards,
      endedAt: this.#core.clock.now(),
    });
  }
}
