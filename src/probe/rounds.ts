import { hasAddress, isUnanswered } from '../diagnosis/outcomes.ts';
import { isGood, symptomOf } from '../diagnosis/verdict.ts';
import { isLiteral } from '../dns/name.ts';
import type { Asker, OpenAsker } from '../dns/resolver.ts';
import type { ProbeConfig, Server, Silence } from '../model/messages.ts';
import { isFailure } from '../model/outcome.ts';
import type { AddressHop, QueryResult, Round } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import type { Verdict } from '../model/verdict.ts';
import { type Budget, HANGS_MS, type Release } from './budget.ts';
import { type Clock, pause } from './clock.ts';
import { runRound, type TargetHop } from './round.ts';
import { SharedTargets } from './targets.ts';
import { forwardedTo, type Watched } from './watched.ts';

/** A new failure is asked again after this long, before it is believed. */
export const CONFIRM_AFTER_MS = 1_000;
/** A change for the worse takes two rounds. */
const ROUNDS_FOR_NEWS = 2;
/** One that got no reply at all from a cluster DNS that answers others takes more: it may have met a bad pod. */
const ROUNDS_FOR_SILENCE = 4;

/** So many rounds in a row whose target was answered only without EDNS: the way loses it, and it is left out ... */
const ROUNDS_WITHOUT_EDNS = 3;
/** ... for so long. */
const WITHOUT_EDNS_MS = 600_000;

export interface ConfirmedRound {
  readonly round: Round;
  /** Rounds before it that were not believed, without hops that another Service asked. */
  readonly earlier: readonly Round[];
  readonly targetShared: boolean;
  readonly symptom: Verdict;
}

interface Permits {
  readonly take: (server: Server) => Promise<Release>;
  /** Of the first permit, if it was not used. */
  readonly giveBack: () => void;
}

/** A round, or its wait for a permit; aborted where nobody needs its answers any more. */
interface UnderWay {
  readonly watched: Watched;
  readonly ending: AbortController;
}

/** A round that a silence cut short. */
export interface CutRound {
  readonly because: Silence;
  readonly earlier: readonly Round[];
}

export interface RoundsHooks {
  /** Called with each alias hop as soon as it has ended. */
  readonly onAlias: (alias: QueryResult) => void;
  /** Called with each round, confirmed or not, without hops that another Service asked. */
  readonly onRound: (watched: Watched, round: Round) => void;
  /** A server that is silent forwards nothing either, until it has replied to something. */
  readonly isServerSilent: (server: Server) => boolean;
  readonly onReply: (server: Server) => void;
  /** Where nothing answers, there is nothing to wait for, or to confirm. */
  readonly silenceOf: (watched: Watched) => Silence | undefined;
}

/** Asks about Services, and once more where the answer is bad news; keeps what their targets answered. */
export class Rounds {
  readonly #config: ProbeConfig;
  readonly #clock: Clock;
  readonly #open: OpenAsker;
  readonly #budget: Budget;
  readonly #hooks: RoundsHooks;
  readonly #targets = new SharedTargets();
  readonly #underWay = new Set<UnderWay>();
  #withoutEdns = 0;
  #withoutEdnsUntil = -Infinity;

  constructor(
    config: ProbeConfig,
    clock: Clock,
    open: OpenAsker,
    budget: Budget,
    hooks: RoundsHooks,
  ) {
    this.#config = config;
    this.#clock = clock;
    this.#open = open;
    this.#budget = budget;
    this.#hooks = hooks;
  }

  /** Services with this Service's target may be answered together from now on. */
  watch(spec: ServiceSpec): void {
    this.#targets.add(spec);
  }

  /** As it was last watched. */
  unwatch(spec: ServiceSpec): void {
    this.#targets.remove(spec);
  }

  /** Ends the rounds of Services that would no longer be answered about. */
  giveUpSilent(): void {
    for (const { watched, ending } of this.#underWay) {
      if (this.#hooks.silenceOf(watched)) ending.abort();
    }
  }

  /** Ends the round of a Service that went away, or whose target was edited. */
  giveUp(one: Watched): void {
    for (const { watched, ending } of this.#underWay) if (watched === one) ending.abort();
  }

  /**
   * One round, confirmed; undefined if the Service went away or was edited meanwhile. `isSample`: it is asked about
   * though nothing answers, to see whether something does.
   */
  async confirmed(
    watched: Watched,
    isSample = false,
  ): Promise<ConfirmedRound | CutRound | undefined> {
    const { spec, past } = watched;
    const { timeoutMs } = this.#config;
    const isVoid = (): boolean => watched.gone || watched.past !== past;
    const earlier: Round[] = [];
    for (;;) {
      const isFirst = earlier.length === 0;
      const sharedTarget = isFirst ? this.#sharedTarget(watched) : undefined;
      const hops = isFirst ? this.#hopsOf(watched) : 'all';
      const round = await this.#round(watched, hops, sharedTarget, () => {
        return isVoid() || (!isSample && this.#hooks.silenceOf(watched) !== undefined);
      });
      if (!round) {
        const silence = this.#hooks.silenceOf(watched);
        return isVoid() || !silence ? undefined : { because: silence, earlier };
      }
      if (isVoid()) return undefined;
      // A shared target hop was counted where it was asked.
      const own = sharedTarget ? withoutTarget(round) : round;
      this.#noteEdns(own);
      this.#hooks.onRound(watched, own);
      const because = this.#hooks.silenceOf(watched);
      if (because) return { because, earlier: [...earlier, own] };
      const symptom = symptomOf(spec, round);
      const waitedMs = waitOf(own.app, timeoutMs) + waitOf(own.target, timeoutMs);
      if (isConfirmed(watched, [...earlier, round], symptom, waitedMs)) {
        if (!sharedTarget && round.target)
          this.#targets.set(spec, targetHopOf(round.target, round), this.#clock.now());
        return { round, earlier, targetShared: sharedTarget !== undefined, symptom };
      }
      earlier.push(own);
      await pause(this.#clock, CONFIRM_AFTER_MS);
      if (isVoid()) return undefined;
    }
  }

  /** What is lost on the way with every query is waited for only now and then. */
  #noteEdns({ target, withoutEdns }: Round): void {
    const now = this.#clock.now();
    if (now < this.#withoutEdnsUntil || !hasAddress(target, ['ipv4', 'ipv6'])) return;
    this.#withoutEdns = withoutEdns ? this.#withoutEdns + 1 : 0;
    if (this.#withoutEdns >= ROUNDS_WITHOUT_EDNS) this.#withoutEdnsUntil = now + WITHOUT_EDNS_MS;
  }

  #sharedTarget(watched: Watched): ReturnType<SharedTargets['get']> {
    const isAsked = this.#hopsOf(watched) === 'all' && !isLiteral(watched.spec.target);
    return isAsked ? this.#targets.get(watched, this.#clock.now()) : undefined;
  }

  /** The other hops tell why, which is asked once there is something to ask about. */
  #hopsOf({ past: { symptom } }: Watched): ProbeConfig['hops'] {
    return symptom === undefined || isGood(symptom) ? this.#config.hops : 'all';
  }

  /** Undefined where it was given up, or `isOver`, before it began. */
  async #round(
    watched: Watched,
    hops: ProbeConfig['hops'],
    sharedTarget: ReturnType<SharedTargets['get']>,
    isOver: () => boolean,
  ): Promise<Round | undefined> {
    const { spec, past } = watched;
    const { clusterDomain } = this.#config;
    const domain = forwardedTo(watched, clusterDomain);
    const ending = new AbortController();
    const { signal } = ending;
    const underWay = { watched, ending };
    this.#underWay.add(underWay);
    let permits: Permits | undefined;
    let asker: Asker | undefined;
    try {
      if (domain !== undefined) permits = await this.#permits(domain, signal);
      if (signal.aborted || isOver()) return undefined;
      asker = this.#open(this.#config);
      signal.addEventListener('abort', () => asker?.close());
      return await runRound(asker, spec, {
        clusterDomain,
        hops,
        // What hangs costs least where the app hop comes first.
        first: watched.rounds++ % 2 === 0 || this.#budget.isBusy ? 'app' : 'target',
        edns: this.#clock.now() >= this.#withoutEdnsUntil,
        isTargetFailing: past.symptom === 'target_failing',
        onAlias: (alias) => {
          // What is no longer waited for says nothing of cluster DNS.
          if (!signal.aborted) this.#hooks.onAlias(alias);
        },
        ...(permits ? { permit: permits.take } : {}),
        ...(sharedTarget ? { sharedTarget } : {}),
      });
    } finally {
      this.#underWay.delete(underWay);
      asker?.close();
      permits?.giveBack();
    }
  }

  /** The first permit is taken before a socket is opened: of a domain that hangs, many rounds may wait here. */
  async #permits(domain: string, signal: AbortSignal): Promise<Permits> {
    let first: Release | undefined = await this.#budget.take(domain, true, signal);
    return {
      take: async (server) => {
        if (this.#hooks.isServerSilent(server)) {
          return (replied) => {
            if (replied) this.#hooks.onReply(server);
          };
        }
        const taken = first;
        first = undefined;
        return taken ?? this.#budget.take(domain, false, signal);
      },
      giveBack: () => first?.(),
    };
  }
}

function isConfirmed(
  { past }: Watched,
  rounds: readonly Round[],
  symptom: Verdict,
  waitedMs: number,
): boolean {
  const round = rounds.at(-1) ?? {};
  if (isGood(symptom) || rounds.length >= ROUNDS_FOR_SILENCE) return true;
  if (isUnanswered(round.alias)) return false;
  // A round that met a bad pod confirms nothing that another one says.
  const answered = rounds.filter(({ alias }) => !isUnanswered(alias));
  if (symptom === past.symptom || answered.length >= ROUNDS_FOR_NEWS) return true;
  // Every address query of both hops failed, one hop after the other.
  const results = [...Object.values(round.app ?? {}), ...Object.values(round.target ?? {})];
  const isFailed = ({ outcome }: QueryResult): boolean =>
    isFailure(outcome) || outcome === 'bare_cname';
  // A round that waited in vain for as long as a query that hangs was asked long enough.
  return (
    waitedMs >= HANGS_MS &&
    round.target !== undefined &&
    results.every(isFailed) &&
    !hasAddress(round.target, ['ipv4', 'ipv6'])
  );
}

function targetHopOf(target: AddressHop, { withoutEdns }: Round): TargetHop {
  return { target, ...(withoutEdns ? { withoutEdns } : {}) };
}

/** How long a hop waited for replies, in milliseconds: that of its types that waited longest. */
function waitOf(hop: AddressHop | undefined, timeoutMs: number): number {
  const waits = Object.values(hop ?? {}).map(({ exchanges }) =>
    exchanges.reduce(
      (sum, { outcome, seconds = 0 }) => sum + (outcome === 'timeout' ? timeoutMs : seconds * 1000),
      0,
    ),
  );
  return Math.max(0, ...waits);
}

function withoutTarget({ target: _shared, withoutEdns: _types, ...rest }: Round): Round {
  return rest;
}
