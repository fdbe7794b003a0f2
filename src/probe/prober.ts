import pLimit from 'p-limit';
import { whyNotEncodable } from '../dns/name.ts';
import { type OpenAsker, openResolver } from '../dns/resolver.ts';
import type { News, ProbeConfig, Server, SkipReason } from '../model/messages.ts';
import type { Probed } from '../model/probed.ts';
import type { ServiceSpec } from '../model/service.ts';
import { Budget } from './budget.ts';
import { type Clock, pause, REAL_CLOCK } from './clock.ts';
import { Convergence } from './converging.ts';
import type { Core } from './core.ts';
import { probeNow } from './on-demand.ts';
import { roundReport } from './round.ts';
import { Rounds } from './rounds.ts';
import { firstTurn, nextTurn, type Turn, turnAhead } from './schedule.ts';
import { Sensors } from './sensors.ts';
import { Silences } from './silences.ts';
import { SingleServers } from './single-servers.ts';
import { forget, forwardedTo, newWatched, paceOf, type Watched } from './watched.ts';

/** The pace of the sensors while cluster DNS, or all that it forwards to, is silent. */
const SILENT_SENSORS_MS = 5_000;
/** After a silence begins or ends, and after our own event loop stalled, every Service has its turn within this part of the interval. */
const CATCH_UP = 0.7;
/** What is due and starts later than this has met a stall: its like are spread out, so that no burst follows. */
const STALL_MS = 2_000;
/** Between two Services that are asked about before their turn: there may be many. */
const AGAIN_EVERY_MS = 20;
/** A round that is due at once waits for one that is under way, and looks so often. */
const BUSY_MS = 250;

export interface ProberParts {
  readonly clock?: Clock;
  readonly open?: OpenAsker;
}

/**
 * Probes every watched Service once an interval, evenly spread, and reports each finished round.
 * The schedule and the sockets live here, in whatever thread it is made; nothing slow may share it.
 */
export class Prober {
  readonly #core: Core;
  readonly #watched = new Map<string, Watched>();
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
    report: Core['report'],
    { clock = REAL_CLOCK, open = openResolver }: ProberParts = {},
  ) {
    const core: Core = {
      config,
      clock,
      open,
      budget: new Budget(config.maxOutstanding, clock),
      report: (message, haste) => {
        if (!this.#stopped) report(message, haste);
      },
      skip: (reason) => {
        this.#skipped[reason] = (this.#skipped[reason] ?? 0) + 1;
      },
      fault: (reason, error, watched) => {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        const key = watched ? { key: watched.spec.key } : {};
        core.report({ type: 'fault', reason, error: text, ...key });
      },
    };
    this.#core = core;
    this.#local = pLimit(config.concurrency);
    this.#silences = new Silences(core, {
      onChange: () => this.#silenceChanged(),
      onSilentAlias: () => this.#sensors.ask(),
    });
    this.#sensors = new Sensors(config, clock, open, {
      report: (message) => {
        if (message.type === 'upstream') this.#singles.sensed(message.server);
        core.report(message);
      },
      onResult: (sensor, { label }, result) => {
        const isMain = config.servers.some((server) => server.label === label);
        if (isMain) this.#silences.sensed(sensor, label, result);
      },
      pauseMs: () => {
        const { intervalMs } = config;
        return this.#silences.isAny ? Math.min(intervalMs, SILENT_SENSORS_MS) : intervalMs;
      },
      onFault: (error) => core.fault('sensor', error),
    });
    this.#singles = new SingleServers(core, this.#sensors);
    this.#rounds = new Rounds(core, this.#silences, this.#sensors, this.#singles);
    this.#convergence = new Convergence(core, this.#singles, this.#local);
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
      return await probeNow(watched, this.#core);
    } catch (error) {
      this.#core.fault('probe', error, watched);
      return undefined;
    }
  }

  /** For queries beside the rounds as well. */
  get budget(): Budget {
    return this.#core.budget;
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
    return this.#core.budget.outstanding;
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
    if (known?.spec.uid === spec.uid) {
      this.#edit(known, spec);
      return;
    }
    this.unwatch(spec.key);
    const watched = newWatched(spec, this.#core.config);
    this.#watched.set(spec.key, watched);
    this.#rounds.watch(spec);
    this.#begin(watched, news);
  }

  unwatch(key: string): void {
    const watched = this.#watched.get(key);
    if (!watched) return;
    watched.turn?.cancel();
    forget(watched);
    this.#rounds.unwatch(watched.spec);
    this.#watched.delete(key);
  }

  /** A round of each soon, one after the other; those that have their turn before that wait for it. */
  again(keys: readonly string[]): void {
    const now = this.#core.clock.now();
    for (const [i, key] of keys.entries()) {
      const watched = this.#watched.get(key);
      const dueAt = now + i * AGAIN_EVERY_MS;
      const { turn, past } = watched ?? {};
      if (!watched || !turn || past?.underWay || past?.converging || dueAt >= turn.dueAt) continue;
      // It comes on top: the turn that it was waiting for follows in its own time.
      this.#arm(watched, { slot: turn.slot - 1, dueAt });
    }
  }

  /** Rounds under way end by themselves, unreported. */
  stop(): void {
    this.#stopped = true;
    this.#sensors.stop();
    this.#local.clearQueue();
    for (const key of this.#watched.keys()) this.unwatch(key);
  }

  #edit(watched: Watched, spec: ServiceSpec): void {
    const before = watched.spec;
    this.#rounds.watch(spec);
    this.#rounds.unwatch(before);
    watched.spec = spec;
    if (before.settings.intervalMs !== spec.settings.intervalMs) {
      watched.pace = paceOf(spec, this.#core.config);
      if (watched.turn) this.#armFirst(watched);
    }
    if (before.target === spec.target) return;
    forget(watched);
    this.#begin(watched, 'fresh');
  }

  /** A Service has a target that it did not have before. */
  #begin(watched: Watched, news: News): void {
    if (news !== 'known' && !whyNotEncodable(watched.spec.target)) {
      const fault = (error: unknown): void => this.#core.fault('round', error, watched);
      void this.#converge(watched, news).catch(fault);
    } else if (!watched.turn) this.#armFirst(watched);
  }

  /** One that is new has its turns only once cluster DNS serves it; then, or at the deadline, a round follows at once. */
  async #converge(watched: Watched, news: Exclude<News, 'known'>): Promise<void> {
    const { past } = watched;
    if (!(await this.#convergence.wait(watched, news))) return;
    if (!watched.turn) this.#armFirst(watched);
    while (past.underWay) await pause(this.#core.clock, BUSY_MS);
    if (watched.past === past) await this.#run(watched, this.#core.clock.now());
  }

  #armFirst(watched: Watched): void {
    const { clock } = this.#core;
    this.#arm(watched, firstTurn(clock.now(), watched.pace, clock.random()));
  }

  /** Its next turn, in place of the one that it was waiting for. */
  #arm(watched: Watched, { slot, dueAt }: Turn): void {
    const { clock } = this.#core;
    watched.turn?.cancel();
    const cancel = clock.after(dueAt - clock.now(), () => this.#start(watched, { slot, dueAt }));
    watched.turn = { slot, dueAt, cancel };
  }

  #start(watched: Watched, turn: Turn): void {
    const { clock, skip } = this.#core;
    const now = clock.now();
    if (now - turn.dueAt > STALL_MS) {
      this.#catchUp(watched, turn);
      return;
    }
    this.#arm(watched, nextTurn(turn, now, watched.pace, clock.random()));
    if (watched.past.underWay) skip('busy');
    else void this.#run(watched, turn.dueAt);
  }

  /** A round of a Service is caught here: whatever it meets, others go on, and so does its schedule. */
  async #run(watched: Watched, dueAt: number): Promise<void> {
    const { config, clock, report, fault } = this.#core;
    const { spec, past } = watched;
    const underWay = new AbortController();
    past.underWay = underWay;
    this.#inflight++;
    try {
      const run = async (): Promise<void> => {
        if (watched.past !== past) return;
        const { symptom } = past;
        const body = await this.#rounds.run(watched, underWay.signal, dueAt);
        const isNews = body?.kind !== 'judged' || past.symptom !== symptom;
        if (body) report(roundReport(spec, clock.now(), body), isNews ? 'soon' : 'later');
      };
      // What must be forwarded may wait for a permit: not in the place of what needs none.
      const isForwarded = forwardedTo(watched, config.clusterDomain) !== undefined;
      await (isForwarded ? run() : this.#local(run));
    } catch (error) {
      fault('round', error, watched);
    } finally {
      past.underWay = undefined;
      this.#inflight--;
    }
  }

  /** All that this is news to have their turn within one interval, evenly spread. */
  #silenceChanged(): void {
    for (const watched of this.#watched.values()) {
      const { past, turn } = watched;
      const silence = this.#silences.of(watched);
      if (silence) past.underWay?.abort();
      if (turn && past.silence !== silence) this.#catchUp(watched, turn);
    }
  }

  /**
   * Its turn within the catch-up time, unless it comes before that. However long a Service's own interval is, news of
   * all of them reaches it within the operator's.
   */
  #catchUp(watched: Watched, turn: Turn): void {
    const { clock, config } = this.#core;
    const { phase, intervalMs } = watched.pace;
    const now = clock.now();
    const dueAt = now + phase * Math.min(intervalMs, config.intervalMs) * CATCH_UP;
    if (turn.dueAt <= now || turn.dueAt > dueAt) {
      this.#arm(watched, turnAhead(turn, dueAt, watched.pace));
    }
  }
}
