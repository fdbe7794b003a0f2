import TinyQueue from 'tinyqueue';
import { isLiteral, whyNotEncodable } from '../dns/name.ts';
import type {
  FromWorker,
  News,
  ProbeConfig,
  RoundReport,
  Server,
  SkipReason,
} from '../model/messages.ts';
import type { Probed } from '../model/probed.ts';
import type { QueryResult } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import { Breaker, isSilent } from './breaker.ts';
import { Control } from './control.ts';
import { Lanes } from './lanes.ts';
import { Looks } from './looks.ts';
import { probeNow } from './on-demand.ts';
import { runSettling } from './round.ts';
import { firstTurn, nextTurn, type Turn } from './schedule.ts';
import { SingleServers } from './servers.ts';
import { FIRST_PAUSE_MS, nextPause, type Settling } from './settling.ts';
import { newWatched, paceOf, type Watched } from './watched.ts';

/** CoreDNS never serves a CNAME for an IP literal, so there is not much to wait for. */
const SETTLE_LITERAL_MS = 2_000;
/** Rounds due within this of each other start together: waking up for each would cost more than it smooths. */
const TICK_MS = 4;
/** While cluster DNS is silent: the pace of the control query, and of the sample of Services that are still asked. */
const SILENT_CONTROL_MS = 5_000;
const SAMPLE_MS = 1_000;
/** When it falls silent or is back, every Service has its turn within this part of its interval. */
const NEWS_WITHIN = 0.7;
/** Between two Services that are asked about before their turn: there may be many. */
const AGAIN_EVERY_MS = 20;

/** A round if it has a `turn`, else a look at the CNAME alone; void once the Service has another one. */
interface Due {
  readonly at: number;
  readonly watched: Watched;
  readonly turn?: Turn;
  readonly settling?: Settling;
}

/**
 * Probes every watched Service once an interval, evenly spread, and reports each finished round.
 * The schedule and the sockets live here, in whatever thread it is made; nothing slow may share it.
 */
export class Prober {
  readonly #config: ProbeConfig;
  readonly #report: (message: FromWorker) => void;
  readonly #watched = new Map<string, Watched>();
  readonly #queue = new TinyQueue<Due>([], (a, b) => a.at - b.at);
  readonly #lanes: Lanes;
  readonly #looks: Looks;
  readonly #breaker: Breaker;
  readonly #control: Control;
  readonly #servers: SingleServers;
  #lastSampleAt = 0;
  #wake: { readonly at: number; readonly timer: NodeJS.Timeout } | undefined;
  #skipped: Partial<Record<SkipReason, number>> = {};
  #stopped = false;

  constructor(config: ProbeConfig, report: (message: FromWorker) => void) {
    this.#config = config;
    this.#report = (message) => {
      if (!this.#stopped) report(message);
    };
    this.#breaker = new Breaker(config.servers.length, config.timeoutMs);
    this.#lanes = new Lanes(config);
    const onAlias = (alias: QueryResult): void => {
      this.#heed((breaker) => breaker.round(alias, Date.now()));
      // Whether it is the server or this name alone cannot wait for the next control query.
      if (isSilent(alias)) this.#control.ask();
    };
    const isOpen = (): boolean => this.#breaker.isOpen;
    const isByChance = (watched: Watched): boolean => this.#servers.isSplit(watched);
    this.#looks = new Looks(config, this.#lanes, onAlias, isOpen, isByChance);
    this.#control = new Control(config, {
      report: this.#report,
      onMain: (server, result) =>
        this.#heed((breaker) => breaker.control(server, result, Date.now())),
      pauseMs: () => {
        const { intervalMs } = config;
        return this.#breaker.isOpen ? Math.min(intervalMs, SILENT_CONTROL_MS) : intervalMs;
      },
    });
    this.#servers = new SingleServers(config, this.#lanes, this.#control, this.#report);
    this.#control.ask();
  }

  /** The pods of cluster DNS as they now are, each to be asked on its own as well. */
  setPods(pods: readonly Server[]): void {
    this.#control.setOthers(pods);
    this.#servers.setPods(pods);
  }

  /** One round now, of which neither schedule nor state nor counters hear; undefined if the Service is not watched. */
  async probe(key: string): Promise<Probed | undefined> {
    const watched = this.#watched.get(key);
    return watched && probeNow(watched, this.#config, this.#lanes);
  }

  /** Rounds under way. */
  get inflight(): number {
    return this.#lanes.inflight;
  }

  /** Rounds not started since the last call, by reason. */
  takeSkipped(): Partial<Record<SkipReason, number>> {
    const skipped = this.#skipped;
    this.#skipped = {};
    return skipped;
  }

  /** Begins, or goes on with an edited spec. */
  watch(spec: ServiceSpec, news: News): void {
    const now = Date.now();
    const settles = news !== 'known' && !whyNotEncodable(spec.target);
    let watched = this.#watched.get(spec.key);
    if (watched && watched.spec.uid !== spec.uid) {
      this.unwatch(spec.key);
      watched = undefined;
    }
    const isKnown = watched !== undefined;
    this.#looks.watch(spec);
    if (watched) {
      this.#looks.unwatch(watched.spec);
      const isOtherPace = watched.spec.settings.intervalMs !== spec.settings.intervalMs;
      watched.spec = spec;
      if (isOtherPace) {
        Object.assign(watched, paceOf(spec, this.#config, now));
        if (!watched.settling?.isNew) this.#pushTurn(watched);
      }
    } else {
      watched = newWatched(spec, this.#config, now);
      this.#watched.set(spec.key, watched);
      if (!settles) this.#pushTurn(watched);
    }
    if (settles) {
      const patience = isLiteral(spec.target)
        ? SETTLE_LITERAL_MS
        : this.#config.convergenceDeadlineMs;
      // One that is edited while it settles keeps its deadline, and if it is new, has no turn of its own yet.
      const { until, isNew } = watched.settling ?? { until: now + patience, isNew: !isKnown };
      const seen = news === 'fresh' ? { seenAt: now } : {};
      const settling = { until, isNew, pauseMs: FIRST_PAUSE_MS, ...seen };
      watched.settling = settling;
      const at = news === 'listed' ? watched.turn.dueAt : now + FIRST_PAUSE_MS;
      this.#push({ at, watched, settling });
      if (news === 'fresh') this.#servers.follow(watched, spec, now);
    }
  }

  unwatch(key: string): void {
    const watched = this.#watched.get(key);
    if (!watched) return;
    watched.gone = true;
    this.#looks.unwatch(watched.spec);
    this.#watched.delete(key);
  }

  /** A round of each soon, one after the other; those that have their turn before that wait for it. */
  again(keys: readonly string[]): void {
    const now = Date.now();
    for (const [i, key] of keys.entries()) {
      const watched = this.#watched.get(key);
      const dueAt = now + i * AGAIN_EVERY_MS;
      if (!watched || watched.busy || watched.settling || dueAt >= watched.turn.dueAt) continue;
      // It comes on top: the turn that it was waiting for follows in its own time.
      watched.turn = { slot: watched.turn.slot - 1, dueAt };
      this.#pushTurn(watched);
    }
  }

  /** Rounds under way end by themselves, unreported. */
  stop(): void {
    this.#stopped = true;
    this.#control.stop();
    this.#servers.stop();
    clearTimeout(this.#wake?.timer);
    this.#lanes.clear();
    for (const key of this.#watched.keys()) this.unwatch(key);
  }

  #pushTurn(watched: Watched): void {
    const { turn } = watched;
    this.#push({ at: turn.dueAt, watched, turn });
  }

  #push(due: Due): void {
    this.#queue.push(due);
    this.#arm();
  }

  #arm(): void {
    const next = this.#queue.peek();
    if (!next || this.#stopped || (this.#wake && this.#wake.at <= next.at)) return;
    clearTimeout(this.#wake?.timer);
    const wait = Math.max(TICK_MS, next.at - Date.now());
    this.#wake = { at: next.at, timer: setTimeout(() => this.#tick(), wait) };
  }

  #tick(): void {
    this.#wake = undefined;
    const now = Date.now();
    for (let due = this.#queue.peek(); due && due.at <= now; due = this.#queue.peek()) {
      this.#queue.pop();
      if (!due.watched.gone) this.#start(due, now);
    }
    this.#arm();
  }

  #start({ watched, turn, settling, at }: Due, now: number): void {
    if (settling ? settling !== watched.settling : turn !== watched.turn) return;
    if (turn) {
      const { phase, intervalMs } = watched;
      watched.turn = nextTurn(turn, now, phase, intervalMs, Math.random());
      this.#pushTurn(watched);
    }
    if (watched.busy) {
      if (settling) this.#queue.push({ at: now + FIRST_PAUSE_MS, watched, settling });
      else this.#skip('busy');
      return;
    }
    watched.busy = true;
    const lane = settling ? this.#lanes.local : this.#lanes.of(watched.spec, watched.wasSlow);
    void lane(async () => {
      try {
        if (watched.gone) return;
        if (settling) await this.#settle(watched, settling);
        else await this.#round(watched, at);
      } finally {
        watched.busy = false;
      }
    });
  }

  async #settle(watched: Watched, settling: Settling): Promise<void> {
    const { spec } = watched;
    const round = await runSettling(spec, this.#config);
    this.#reportRound(watched, spec, { round, judged: false });
    if (watched.settling !== settling || watched.gone) return;
    const now = Date.now();
    if (round.alias?.outcome !== 'ok' && now < settling.until) {
      const at = Math.min(now + settling.pauseMs, settling.until);
      settling.pauseMs = nextPause(settling.pauseMs);
      this.#push({ at, watched, settling });
      return;
    }
    watched.settling = undefined;
    this.#servers.converged(round.alias, settling, now);
    if (settling.isNew) {
      watched.turn = firstTurn(now, watched.phase, watched.intervalMs, Math.random());
      this.#pushTurn(watched);
    }
    // Out of turn, so that a verdict on the new target does not wait for the phase to come round.
    await this.#round(watched, now);
  }

  async #round(watched: Watched, dueAt: number): Promise<void> {
    const { spec } = watched;
    const now = Date.now();
    const delaySeconds = Math.max(0, now - dueAt) / 1000;
    if (whyNotEncodable(spec.target)) {
      this.#reportRound(watched, spec, { round: {}, delaySeconds });
      return;
    }
    // A Service is a sample only after it has been told of the silence: that must not wait for time-outs.
    if (this.#breaker.isOpen && !(watched.wasSilent && this.#isSample(now))) {
      watched.wasSilent = true;
      this.#skip('silent');
      this.#reportRound(watched, spec, { round: {}, silent: true, delaySeconds });
      return;
    }
    watched.wasSilent = false;
    const { wasBad } = watched;
    let look = await this.#looks.look(watched);
    if (!look) return;
    // Before anybody hears that it has got worse, or better: it may be one of several servers alone.
    const isTurn = !look.silent && watched.wasBad !== wasBad;
    if (isTurn && (await this.#servers.lookAtAll(watched, spec, look.round)) && watched.wasBad) {
      // All of them serve it: what was bad has been mended meanwhile, or lies between us and them.
      this.#reportRound(watched, spec, { ...look, judged: false });
      look = await this.#looks.look(watched);
      if (!look) return;
    }
    this.#reportRound(watched, spec, { ...look, delaySeconds });
    if (!look.silent && !isTurn) await this.#servers.look(watched, spec, look.round);
  }

  /**
   * Lets the breaker know; when it opens or closes, all that this is news to have their turn within one
   * interval, evenly spread.
   */
  #heed(tell: (breaker: Breaker) => void): void {
    const wasOpen = this.#breaker.isOpen;
    tell(this.#breaker);
    const { isOpen } = this.#breaker;
    if (wasOpen === isOpen) return;
    if (isOpen) this.#looks.giveUp();
    const now = Date.now();
    for (const watched of this.#watched.values()) {
      const dueAt = now + watched.phase * NEWS_WITHIN;
      if (watched.wasSilent === isOpen || dueAt >= watched.turn.dueAt) continue;
      watched.turn = { ...watched.turn, dueAt };
      this.#pushTurn(watched);
    }
  }

  #isSample(now: number): boolean {
    if (now - this.#lastSampleAt < SAMPLE_MS) return false;
    this.#lastSampleAt = now;
    return true;
  }

  #skip(reason: SkipReason): void {
    this.#skipped[reason] = (this.#skipped[reason] ?? 0) + 1;
  }

  #reportRound(
    watched: Watched,
    { key, uid, target }: ServiceSpec,
    report: Pick<RoundReport, 'round'> & Partial<RoundReport>,
  ): void {
    if (watched.gone) return;
    this.#report({
      type: 'round',
      key,
      uid,
      target,
      endedAt: Date.now(),
      judged: true,
      silent: false,
      unconfirmed: {},
      targetShared: false,
      delaySeconds: 0,
      ...report,
    });
  }
}
