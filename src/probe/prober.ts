import pLimit from 'p-limit';
import { isGood } from '../diagnosis/verdict.ts';
import { isLiteral, whyNotEncodable } from '../dns/name.ts';
import { type OpenAsker, openResolver } from '../dns/resolver.ts';
import type {
  FaultReason,
  FromWorker,
  JudgedReport,
  News,
  ProbeConfig,
  RoundReport,
  Server,
  Silence,
  SkipReason,
} from '../model/messages.ts';
import type { Probed } from '../model/probed.ts';
import type { Round } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import { Budget } from './budget.ts';
import { type Clock, REAL_CLOCK } from './clock.ts';
import { Convergence, type Converging, FIRST_PAUSE_MS, nextPause } from './converging.ts';
import { probeNow } from './on-demand.ts';
import { askAliasOnce } from './round.ts';
import { type ConfirmedRound, Rounds } from './rounds.ts';
import { firstTurn, nextTurn } from './schedule.ts';
import { Sensors } from './sensors.ts';
import { Silences } from './silences.ts';
import { SingleServers } from './single-servers.ts';
import { type Due, Turns } from './turns.ts';
import { endOf, forwardedTo, newPast, newWatched, paceOf, type Watched } from './watched.ts';

/** CoreDNS never serves a CNAME for an IP literal, so there is not much to wait for. */
const CONVERGE_LITERAL_MS = 2_000;
/** The pace of the sensors while cluster DNS, or all that it forwards to, is silent. */
const SILENT_SENSORS_MS = 5_000;
/** After a silence begins or ends, and after our own event loop stalled, every Service has its turn within this part of the interval. */
const CATCH_UP = 0.7;
/** What is due and starts later than this has met a stall: its like are spread out, so that no burst follows. */
const STALL_MS = 2_000;
/** Between two Services that are asked about before their turn: there may be many. */
const AGAIN_EVERY_MS = 20;

export interface ProberParts {
  readonly clock?: Clock;
  readonly open?: OpenAsker;
}

/**
 * Probes every watched Service once an interval, evenly spread, and reports each finished round.
 * The schedule and the sockets live here, in whatever thread it is made; nothing slow may share it.
 */
export class Prober {
  readonly #config: ProbeConfig;
  readonly #clock: Clock;
  readonly #open: OpenAsker;
  readonly #report: (message: FromWorker) => void;
  readonly #watched = new Map<string, Watched>();
  readonly #turns: Turns;
  readonly #budget: Budget;
  /** A plain cap on rounds that cluster DNS answers by itself: each has a socket. */
  readonly #local: ReturnType<typeof pLimit>;
  readonly #rounds: Rounds;
  readonly #silences: Silences;
  readonly #sensors: Sensors;
  readonly #singles: SingleServers;
  readonly #convergence: Convergence;
  #inflight = 0;
  #skipped: Partial<Record<SkipReason, number>> = {};
  #stopped = false;

  constructor(
    config: ProbeConfig,
    report: (message: FromWorker) => void,
    { clock = REAL_CLOCK, open = openResolver }: ProberParts = {},
  ) {
    this.#config = config;
    this.#clock = clock;
    this.#open = open;
    this.#report = (message) => {
      if (!this.#stopped) report(message);
    };
    this.#turns = new Turns(clock, (due, now) => this.#start(due, now));
    this.#silences = new Silences(config, clock, {
      onChange: () => this.#silenceChanged(),
      onSilentAlias: () => this.#sensors.ask(),
    });
    this.#budget = new Budget(config.maxOutstanding, clock);
    this.#local = pLimit(config.concurrency);
    this.#rounds = new Rounds(config, clock, open, this.#budget, {
      onAlias: (alias) => this.#silences.alias(alias),
      onRound: (watched, round) => this.#silences.round(watched, round),
      isServerSilent: ({ label }) => this.#sensors.isSilent(label),
      onReply: ({ label }) => this.#sensors.replied(label),
      silenceOf: (watched) => this.#silences.of(watched),
    });
    this.#sensors = new Sensors(config, clock, open, {
      report: (report) => {
        if (report.type === 'upstream') this.#singles.sensed(report.server);
        this.#report(report);
      },
      onResult: (sensor, { label }, result) => {
        const isMain = config.servers.some((server) => server.label === label);
        if (isMain) this.#silences.sensed(sensor, label, result);
      },
      pauseMs: () => {
        const { intervalMs } = config;
        return this.#silences.isAny ? Math.min(intervalMs, SILENT_SENSORS_MS) : intervalMs;
      },
      onFault: (error) => this.#fault('sensor', error),
    });
    this.#singles = new SingleServers(
      config,
      clock,
      open,
      this.#budget,
      this.#sensors,
      this.#report,
    );
    this.#convergence = new Convergence(
      config,
      clock,
      open,
      this.#singles,
      this.#sensors,
      this.#report,
    );
    this.#sensors.ask();
  }

  /** The pods of cluster DNS as they now are, each to be asked on its own as well. */
  setPods(pods: readonly Server[]): void {
    this.#sensors.setOthers(pods);
    this.#singles.setPods(pods);
  }

  /** One round now, which changes neither schedule nor state nor counters; undefined if the Service is not watched. */
  async probe(key: string): Promise<Probed | undefined> {
    const watched = this.#watched.get(key);
    if (!watched) return undefined;
    try {
      return await probeNow(watched, this.#config, this.#open, this.#budget);
    } catch (error) {
      this.#fault('probe', error, watched);
      return undefined;
    }
  }

  /** For queries beside the rounds as well. */
  get budget(): Budget {
    return this.#budget;
  }

  /** Whether cluster DNS, or all that it forwards to, is silent: nothing else is asked then. */
  get isSilent(): boolean {
    return this.#silences.isAny;
  }

  /** Rounds under way. */
  get inflight(): number {
    return this.#inflight;
  }

  /** Queries under way that cluster DNS must forward. */
  get outstanding(): number {
    return this.#budget.outstanding;
  }

  /** Rounds not started since the last call, by reason. */
  takeSkipped(): Partial<Record<SkipReason, number>> {
    const skipped = this.#skipped;
    this.#skipped = {};
    return skipped;
  }

  /** Begins, or goes on with an edited spec; `news` says what cluster DNS knows of a Service that is not watched yet. */
  watch(spec: ServiceSpec, news: News): void {
    const known = this.#watched.get(spec.key);
    if (known && known.spec.uid !== spec.uid) this.unwatch(spec.key);
    else if (known) {
      this.#edit(known, spec);
      return;
    }
    const watched = newWatched(spec, this.#config, this.#clock);
    this.#watched.set(spec.key, watched);
    this.#rounds.watch(spec);
    if (news === 'known' || whyNotEncodable(spec.target)) this.#turns.pushTurn(watched);
    else this.#converge(watched, news);
  }

  unwatch(key: string): void {
    const watched = this.#watched.get(key);
    if (!watched) return;
    watched.gone = true;
    this.#rounds.giveUp(watched);
    this.#rounds.unwatch(watched.spec);
    this.#watched.delete(key);
  }

  /** A round of each soon, one after the other; those that have their turn before that wait for it. */
  again(keys: readonly string[]): void {
    const now = this.#clock.now();
    for (const [i, key] of keys.entries()) {
      const watched = this.#watched.get(key);
      const dueAt = now + i * AGAIN_EVERY_MS;
      if (!watched || watched.past.busy || watched.converging || dueAt >= watched.turn.dueAt)
        continue;
      // It comes on top: the turn that it was waiting for follows in its own time.
      watched.turn = { slot: watched.turn.slot - 1, dueAt };
      this.#turns.pushTurn(watched);
    }
  }

  /** Rounds under way end by themselves, unreported. */
  stop(): void {
    this.#stopped = true;
    this.#sensors.stop();
    this.#singles.stop();
    this.#turns.stop();
    this.#local.clearQueue();
    for (const key of this.#watched.keys()) this.unwatch(key);
  }

  #edit(watched: Watched, spec: ServiceSpec): void {
    const before = watched.spec;
    this.#rounds.watch(spec);
    this.#rounds.unwatch(before);
    watched.spec = spec;
    if (before.settings.intervalMs !== spec.settings.intervalMs) {
      watched.pace = paceOf(spec, this.#config);
      watched.turn = firstTurn(this.#clock.now(), watched.pace, this.#clock.random());
      if (!watched.converging?.isNew) this.#turns.pushTurn(watched);
    }
    if (before.target === spec.target) return;
    watched.past = newPast();
    this.#rounds.giveUp(watched);
    if (whyNotEncodable(spec.target)) {
      if (watched.converging?.isNew) this.#turns.pushTurn(watched);
      watched.converging = undefined;
    } else this.#converge(watched, 'fresh');
  }

  /** Cluster DNS may not know the spec yet: only its CNAME is asked for, until it does. */
  #converge(watched: Watched, news: Exclude<News, 'known'>): void {
    const { spec } = watched;
    const now = this.#clock.now();
    const patience = isLiteral(spec.target)
      ? CONVERGE_LITERAL_MS
      : this.#config.convergenceDeadlineMs;
    // One that is edited again meanwhile has no turn of its own yet, if it is new.
    const isNew = watched.converging?.isNew ?? watched.rounds === 0;
    const { deadline } = watched;
    const until = deadline && !deadline.isServed ? deadline.until : now + patience;
    watched.deadline = { until, isServed: false };
    if (until <= now) {
      watched.converging = undefined;
      watched.turn = { slot: watched.turn.slot - 1, dueAt: now + FIRST_PAUSE_MS };
      this.#turns.pushTurn(watched);
      return;
    }
    const seen = news === 'fresh' ? { seenAt: now } : {};
    const converging = { until, isNew, pauseMs: FIRST_PAUSE_MS, ...seen };
    watched.converging = converging;
    const at = news === 'listed' ? watched.turn.dueAt : now + FIRST_PAUSE_MS;
    this.#turns.push({ at, watched, converging });
    if (news === 'fresh')
      this.#convergence.follow(watched, spec, now, (error) => this.#fault('round', error, watched));
  }

  #start({ watched, turn, converging, at }: Due, now: number): void {
    if (turn && now - at > STALL_MS) {
      this.#catchUp(watched);
      return;
    }
    if (turn) {
      watched.turn = nextTurn(turn, now, watched.pace, this.#clock.random());
      this.#turns.pushTurn(watched);
    }
    if (watched.past.busy) {
      if (converging) this.#turns.push({ at: now + FIRST_PAUSE_MS, watched, converging });
      else this.#skip('busy');
      return;
    }
    void this.#run(watched, converging, at);
  }

  /** The one place where the work for a Service is caught: whatever it meets, others go on, and so does its schedule. */
  async #run(watched: Watched, converging: Converging | undefined, at: number): Promise<void> {
    const { past } = watched;
    past.busy = true;
    this.#inflight++;
    try {
      // The round that it ends with may wait for a permit: that is not waited for in the place of what needs none.
      if (converging && !(await this.#local(() => this.#askAlias(watched, converging)))) return;
      const dueAt = converging ? this.#clock.now() : at;
      const isForwarded = forwardedTo(watched, this.#config.clusterDomain) !== undefined;
      const round = (): Promise<void> => this.#round(watched, dueAt);
      await (isForwarded ? round() : this.#local(round));
    } catch (error) {
      this.#fault('round', error, watched);
      if (converging && converging === watched.converging)
        this.#isConverged(watched, converging, false);
    } finally {
      past.busy = false;
      this.#inflight--;
    }
  }

  /**
   * Asks for the CNAME alone. Returns whether a round should follow at once, so that a verdict on a new target does not
   * wait for its turn.
   */
  async #askAlias(watched: Watched, converging: Converging): Promise<boolean> {
    const { spec } = watched;
    if (watched.gone || watched.converging !== converging) return false;
    const alias = await askAliasOnce(this.#open, this.#config, spec);
    this.#reportRound(watched, spec, { kind: 'converging', round: { alias } });
    if (watched.converging !== converging || watched.gone) return false;
    if (!this.#isConverged(watched, converging, alias.outcome === 'ok')) return false;
    const now = this.#clock.now();
    this.#convergence.converged(alias, converging, now);
    return true;
  }

  /** Whether it has its turns from now on: cluster DNS serves it, or the deadline has passed. Else it is asked for again. */
  #isConverged(watched: Watched, converging: Converging, isServed: boolean): boolean {
    const now = this.#clock.now();
    if (!isServed && now < converging.until) {
      const at = Math.min(now + converging.pauseMs, converging.until);
      converging.pauseMs = nextPause(converging.pauseMs);
      this.#turns.push({ at, watched, converging });
      return false;
    }
    watched.converging = undefined;
    if (isServed && watched.deadline) watched.deadline.isServed = true;
    if (converging.isNew) {
      watched.turn = firstTurn(now, watched.pace, this.#clock.random());
      this.#turns.pushTurn(watched);
    }
    return true;
  }

  async #round(watched: Watched, dueAt: number): Promise<void> {
    if (watched.gone) return;
    const { spec, past } = watched;
    const now = this.#clock.now();
    const delaySeconds = Math.max(0, now - dueAt) / 1000;
    if (whyNotEncodable(spec.target)) {
      this.#reportRound(watched, spec, judged({}, { delaySeconds }));
      return;
    }
    const silence = this.#silences.of(watched);
    // A Service is a sample only after the silence has been reported for it: that must not wait for timeouts.
    const isSample =
      past.silence !== undefined && past.silence === silence && this.#silences.takeSample(silence);
    if (silence && !isSample) {
      this.#skip('silent');
      this.#reportSilence(watched, spec, silence, []);
      return;
    }
    const isConverging = watched.converging !== undefined;
    const { symptom: before } = past;
    let confirmed = await this.#confirmed(watched, spec, isSample);
    if (!confirmed) return;
    const isTurn =
      before === undefined
        ? !isGood(confirmed.symptom)
        : isGood(before) !== isGood(confirmed.symptom);
    let singles: JudgedReport['singles'] = [];
    if (isTurn && !isConverging) {
      // Before it is reported as worse, or as better: it may be one of several servers alone.
      const isBad = !isGood(confirmed.symptom);
      const all = await this.#singles.askAll(watched, isBad);
      singles = all.singles;
      if (all.allServe && isBad) {
        // All of them serve it: what was bad has recovered meanwhile, or lies between us and them.
        const { round, earlier } = confirmed;
        confirmed = await this.#confirmed(watched, spec);
        if (!confirmed) return;
        confirmed = { ...confirmed, earlier: [...earlier, round, ...confirmed.earlier] };
      }
    } else if (!isConverging) singles = await this.#singles.askOne(watched, confirmed.round);
    if (watched.gone || watched.past !== past) return;
    this.#learn(watched, confirmed);
    const { round, earlier, targetShared } = confirmed;
    const failingServers = this.#singles.failing(watched);
    this.#reportRound(
      watched,
      spec,
      judged(round, {
        earlier,
        targetShared,
        converging: this.#clock.now() < (watched.deadline?.until ?? 0),
        failingServers,
        singles,
        delaySeconds,
      }),
    );
  }

  /** A confirmed round; undefined if it was cut short, which is then reported. */
  async #confirmed(
    watched: Watched,
    spec: ServiceSpec,
    isSample = false,
  ): Promise<ConfirmedRound | undefined> {
    const result = await this.#rounds.confirmed(watched, isSample);
    if (!result || 'symptom' in result) return result;
    this.#reportSilence(watched, spec, result.because, result.earlier);
    return undefined;
  }

  /** Keeps what the next round of a Service depends on. */
  #learn(watched: Watched, { round, symptom }: ConfirmedRound): void {
    const { past, spec } = watched;
    past.symptom = symptom;
    if (round.alias?.outcome === 'ok' && watched.deadline) watched.deadline.isServed = true;
    past.silence = undefined;
    const end = endOf(spec, round, this.#config.clusterDomain);
    if (end !== undefined) past.leadsTo = end;
    const ttls = Object.values(round.app ?? {}).flatMap(({ outcome, ttl }) =>
      outcome === 'ok' ? [ttl ?? 0] : [],
    );
    past.cachedUntil = ttls.length > 0 ? this.#clock.now() + Math.min(...ttls) * 1000 : 0;
  }

  /** All that this is news to have their turn within one interval, evenly spread. */
  #silenceChanged(): void {
    this.#rounds.giveUpSilent();
    for (const watched of this.#watched.values()) {
      const isNews = watched.past.silence !== this.#silences.of(watched);
      if (isNews && !watched.converging?.isNew) this.#catchUp(watched);
    }
  }

  /**
   * Its turn within the catch-up time, unless it comes before that. However long a Service's own interval is, news of
   * all of them reaches it within the operator's.
   */
  #catchUp(watched: Watched): void {
    const { turn, pace } = watched;
    const now = this.#clock.now();
    const dueAt = now + pace.phase * Math.min(pace.intervalMs, this.#config.intervalMs) * CATCH_UP;
    if (turn.dueAt > now && turn.dueAt <= dueAt) return;
    // It takes the place of its turn where that is close, so that neither a gap nor a double round follows.
    const isOnTop = turn.dueAt - dueAt > pace.intervalMs / 2;
    watched.turn = { slot: isOnTop ? turn.slot - 1 : turn.slot, dueAt };
    this.#turns.pushTurn(watched);
  }

  #skip(reason: SkipReason): void {
    this.#skipped[reason] = (this.#skipped[reason] ?? 0) + 1;
  }

  #fault(reason: FaultReason, error: unknown, watched?: Watched): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#report({
      type: 'fault',
      reason,
      error: text,
      ...(watched ? { key: watched.spec.key } : {}),
    });
  }

  #reportSilence(
    watched: Watched,
    spec: ServiceSpec,
    because: Silence,
    earlier: readonly Round[],
  ): void {
    watched.past.silence = because;
    this.#reportRound(watched, spec, { kind: 'silent', because, earlier });
  }

  #reportRound(
    watched: Watched,
    { key, uid, target }: ServiceSpec,
    report: OfKind<RoundReport>,
  ): void {
    if (watched.gone) return;
    this.#report({ type: 'round', key, uid, target, endedAt: this.#clock.now(), ...report });
  }
}

type OfKind<T> = T extends unknown ? Omit<T, 'type' | 'key' | 'uid' | 'target' | 'endedAt'> : never;

function judged(round: Round, change: Partial<OfKind<JudgedReport>>): OfKind<JudgedReport> {
  return {
    kind: 'judged',
    round,
    earlier: [],
    targetShared: false,
    converging: false,
    failingServers: [],
    singles: [],
    delaySeconds: 0,
    ...change,
  };
}
