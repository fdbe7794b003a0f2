import { isIP } from 'node:net';
import pLimit, { type LimitFunction } from 'p-limit';
import TinyQueue from 'tinyqueue';
import { hasAddress, isBad } from '../diagnosis/verdict.ts';
import { whyNotEncodable } from '../dns/name.ts';
import { Resolver } from '../dns/resolver.ts';
import type { FromWorker, ProbeConfig, SkipReason } from '../model/messages.ts';
import type { Round } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import { runRound, runSettling } from './round.ts';
import { firstTurn, nextTurn, phaseOf, type Turn } from './schedule.ts';
import { SharedTargets } from './targets.ts';

/** A new failure is looked at again after this long, before it is believed. */
const CONFIRM_AFTER_MS = 1_000;
/** First look at the CNAME of a new or edited Service, and the longest pause between two looks. */
const SETTLE_FIRST_MS = 250;
const SETTLE_LONGEST_MS = 8_000;
const SETTLE_LITERAL_MS = 2_000;
/** Rounds due within this of each other start together: waking up for each would cost more than it smooths. */
const TICK_MS = 4;

interface Watched {
  spec: ServiceSpec;
  readonly phase: number;
  turn: Turn;
  busy: boolean;
  gone: boolean;
  /** The last round was bad: a bad one is then no news, and needs no second look. */
  wasBad: boolean;
  /** The app hop and a shared target hop disagreed, and a fresh target hop did not mend it. */
  disagreed: boolean;
  rounds: number;
  /** Cluster DNS may not know this spec yet. */
  settling?: Settling | undefined;
}

interface Settling {
  readonly until: number;
  readonly isNew: boolean;
  pauseMs: number;
}

interface Due {
  readonly at: number;
  readonly watched: Watched;
  /** A look at the CNAME alone, for as long as this is what the Service is settling; else a round. */
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
  readonly #limit: LimitFunction;
  readonly #targets: SharedTargets;
  readonly #control: NodeJS.Timeout;
  #wake: { readonly at: number; readonly timer: NodeJS.Timeout } | undefined;
  #skipped: Partial<Record<SkipReason, number>> = {};
  #stopped = false;

  constructor(config: ProbeConfig, report: (message: FromWorker) => void) {
    this.#config = config;
    this.#report = (message) => {
      if (!this.#stopped) report(message);
    };
    this.#limit = pLimit(config.concurrency);
    this.#targets = new SharedTargets(config.intervalMs);
    this.#control = setInterval(() => this.#askControl(), config.intervalMs);
    this.#askControl();
  }

  /** Rounds under way. */
  get inflight(): number {
    return this.#limit.activeCount;
  }

  /** Rounds not started since the last call, by reason. */
  takeSkipped(): Partial<Record<SkipReason, number>> {
    const skipped = this.#skipped;
    this.#skipped = {};
    return skipped;
  }

  /** Begins, or goes on with an edited spec. `fresh`: cluster DNS may not know this spec yet. */
  watch(spec: ServiceSpec, fresh: boolean): void {
    const now = Date.now();
    const settles = fresh && !whyNotEncodable(spec.target);
    let watched = this.#watched.get(spec.key);
    if (watched && watched.spec.uid !== spec.uid) {
      this.unwatch(spec.key);
      watched = undefined;
    }
    const isKnown = watched !== undefined;
    if (watched) {
      watched.spec = spec;
    } else {
      const phase = phaseOf(spec.uid, this.#config.salt, this.#config.intervalMs);
      const turn = firstTurn(now, phase, this.#config.intervalMs, Math.random());
      watched = {
        spec,
        phase,
        turn,
        busy: false,
        gone: false,
        wasBad: false,
        disagreed: false,
        rounds: 0,
      };
      this.#watched.set(spec.key, watched);
      if (!settles) this.#push({ at: turn.dueAt, watched });
    }
    if (settles) {
      // CoreDNS never serves a CNAME for an IP literal, so there is not much to wait for.
      const patience = isIP(spec.target) ? SETTLE_LITERAL_MS : this.#config.convergenceDeadlineMs;
      // One that is edited while it settles keeps its deadline, and if it is new, has no turn of its own yet.
      const { until, isNew } = watched.settling ?? { until: now + patience, isNew: !isKnown };
      const settling = { until, isNew, pauseMs: SETTLE_FIRST_MS };
      watched.settling = settling;
      this.#push({ at: now + SETTLE_FIRST_MS, watched, settling });
    }
  }

  unwatch(key: string): void {
    const watched = this.#watched.get(key);
    if (!watched) return;
    watched.gone = true;
    this.#watched.delete(key);
  }

  /** Rounds under way end by themselves, unreported. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#control);
    clearTimeout(this.#wake?.timer);
    this.#limit.clearQueue();
    for (const key of this.#watched.keys()) this.unwatch(key);
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

  #start({ watched, settling, at }: Due, now: number): void {
    if (settling && settling !== watched.settling) return;
    if (!settling) {
      const { intervalMs } = this.#config;
      watched.turn = nextTurn(watched.turn, now, watched.phase, intervalMs, Math.random());
      this.#queue.push({ at: watched.turn.dueAt, watched });
    }
    if (watched.busy) {
      if (settling) this.#queue.push({ at: now + SETTLE_FIRST_MS, watched, settling });
      else this.#skipped.busy = (this.#skipped.busy ?? 0) + 1;
      return;
    }
    watched.busy = true;
    void this.#limit(async () => {
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
    this.#reportRound(watched, spec, { round, settling: true, delaySeconds: 0 });
    if (watched.settling !== settling || watched.gone) return;
    const now = Date.now();
    if (round.alias?.outcome !== 'ok' && now < settling.until) {
      const at = Math.min(now + settling.pauseMs, settling.until);
      settling.pauseMs = Math.min(settling.pauseMs * 2, SETTLE_LONGEST_MS);
      this.#push({ at, watched, settling });
      return;
    }
    watched.settling = undefined;
    // Out of turn, so that a verdict on the new target does not wait for the phase to come round.
    await this.#round(watched, now);
    if (settling.isNew && !watched.gone) {
      const { intervalMs } = this.#config;
      watched.turn = firstTurn(Date.now(), watched.phase, intervalMs, Math.random());
      this.#push({ at: watched.turn.dueAt, watched });
    }
  }

  async #round(watched: Watched, dueAt: number): Promise<void> {
    const { spec } = watched;
    const delaySeconds = Math.max(0, Date.now() - dueAt) / 1000;
    if (whyNotEncodable(spec.target)) {
      this.#reportRound(watched, spec, { round: {}, settling: false, delaySeconds });
      return;
    }
    const { families } = this.#config;
    let sharedTarget = isIP(spec.target)
      ? undefined
      : this.#targets.get(spec.target, spec.key, Date.now());
    const first = watched.rounds++ % 2 === 0 ? 'app' : 'target';
    const options = { ...this.#config, first } as const;
    let round = await runRound(spec, { ...options, ...(sharedTarget ? { sharedTarget } : {}) });
    let unconfirmed: Round = {};
    const disagrees = hasAddress(round.app, families) !== hasAddress(round.target, families);
    const isNews = isBad(round, families) && !watched.wasBad;
    if (isNews || (sharedTarget && disagrees && !watched.disagreed)) {
      unconfirmed = sharedTarget ? withoutTarget(round) : round;
      sharedTarget = undefined;
      if (isNews) await sleep(CONFIRM_AFTER_MS);
      if (watched.gone || this.#stopped) return;
      round = await runRound(spec, options);
    }
    watched.disagreed = disagrees;
    watched.wasBad = isBad(round, families);
    if (!sharedTarget && round.target)
      this.#targets.set(spec.target, spec.key, round.target, Date.now());
    const targetShared = sharedTarget !== undefined;
    this.#reportRound(watched, spec, {
      round,
      settling: false,
      delaySeconds,
      unconfirmed,
      targetShared,
    });
  }

  #reportRound(
    watched: Watched,
    spec: ServiceSpec,
    report: {
      round: Round;
      settling: boolean;
      delaySeconds: number;
      unconfirmed?: Round;
      targetShared?: boolean;
    },
  ): void {
    if (watched.gone) return;
    const { key, uid, target } = spec;
    const defaults = { unconfirmed: {}, targetShared: false };
    this.#report({ type: 'round', key, uid, target, endedAt: Date.now(), ...defaults, ...report });
  }

  #askControl(): void {
    this.#targets.sweep(Date.now());
    const name = `kubernetes.default.svc.${this.#config.clusterDomain}`;
    for (const server of this.#config.servers) {
      const resolver = new Resolver({ ...this.#config, servers: [server] });
      void resolver.ask({ name, type: 'A' }, true).then((result) => {
        resolver.close();
        this.#report({ type: 'control', server: server.label, result, endedAt: Date.now() });
      });
    }
  }
}

function withoutTarget({ target: _shared, ...rest }: Round): Round {
  return rest;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
