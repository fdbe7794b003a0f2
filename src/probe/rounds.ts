import { hasAddress, isUnanswered } from '../diagnosis/outcomes.ts';
import { isGood, symptomOf } from '../diagnosis/verdict.ts';
import { isLiteral } from '../dns/name.ts';
import type { Asker, OpenAsker } from '../dns/resolver.ts';
import type { ProbeConfig } from '../model/messages.ts';
import { isFailure } from '../model/outcome.ts';
import type { QueryResult, Round } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Budget, Release } from './budget.ts';
import { type Clock, pause } from './clock.ts';
import { runRound } from './round.ts';
import { SharedTargets } from './targets.ts';
import { forwardedTo, type Watched } from './watched.ts';

/** A new failure is asked again after this long, before it is believed. */
export const CONFIRM_AFTER_MS = 1_000;
/** A change for the worse takes two rounds. */
const ROUNDS_FOR_NEWS = 2;
/** One that got no reply at all from a cluster DNS that answers others takes more: it may have met a bad pod. */
const ROUNDS_FOR_SILENCE = 4;
/** A round that waited so long in vain was asked long enough: the wait has confirmed it. */
const LONG_WAIT_MS = 2_000;

export interface ConfirmedRound {
  readonly round: Round;
  /** Rounds before it that were not believed, without hops that another Service asked. */
  readonly earlier: readonly Round[];
  readonly targetShared: boolean;
  readonly symptom: Verdict;
}

interface Permits {
  take(): Promise<Release>;
  giveBack(): void;
}

export interface RoundsHooks {
  /** Called with each alias hop as soon as it has ended. */
  readonly onAlias: (alias: QueryResult) => void;
  /** Nothing answers: there is nothing to wait for, or to confirm. */
  readonly isSilent: (watched: Watched) => boolean;
}

/** Asks about Services, and once more where the answer is bad news; keeps what their targets answered. */
export class Rounds {
  readonly #config: ProbeConfig;
  readonly #clock: Clock;
  readonly #open: OpenAsker;
  readonly #budget: Budget;
  readonly #hooks: RoundsHooks;
  readonly #targets = new SharedTargets();
  /** What ends a round, which may wait for its first permit. */
  readonly #underWay = new Map<Watched, AbortController>();

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

  /** Ends the rounds of those about whom all is silent by now. */
  giveUpSilent(): void {
    for (const watched of this.#underWay.keys())
      if (this.#hooks.isSilent(watched)) this.giveUp(watched);
  }

  /** Ends the round of a Service that went away, or whose target was edited: nobody needs its answers. */
  giveUp(watched: Watched): void {
    this.#underWay.get(watched)?.abort();
  }

  /**
   * One round, confirmed. A round without `symptom` was cut short by silence; undefined if the Service went away or was
   * edited meanwhile.
   */
  async confirmed(
    watched: Watched,
  ): Promise<ConfirmedRound | Pick<ConfirmedRound, 'earlier'> | undefined> {
    const { spec, past } = watched;
    const earlier: Round[] = [];
    for (;;) {
      const isFirst = earlier.length === 0;
      const sharedTarget = isFirst ? this.#sharedTarget(watched) : undefined;
      const startedAt = this.#clock.now();
      const round = await this.#round(
        watched,
        isFirst ? this.#hopsOf(watched) : 'all',
        sharedTarget,
      );
      if (watched.gone || watched.past !== past) return undefined;
      // A shared target hop was counted where it was asked.
      const own = sharedTarget ? withoutTarget(round) : round;
      if (this.#hooks.isSilent(watched)) return { earlier: [...earlier, own] };
      const symptom = symptomOf(spec, round);
      const waitedMs = this.#clock.now() - startedAt;
      if (isConfirmed(watched, round, symptom, earlier.length + 1, waitedMs)) {
        if (!sharedTarget && round.target)
          this.#targets.set(spec, { ...round, target: round.target }, this.#clock.now());
        return { round, earlier, targetShared: sharedTarget !== undefined, symptom };
      }
      earlier.push(own);
      await pause(this.#clock, CONFIRM_AFTER_MS);
      if (watched.gone || watched.past !== past) return undefined;
      if (this.#hooks.isSilent(watched)) return { earlier };
    }
  }

  #sharedTarget(watched: Watched): ReturnType<SharedTargets['get']> {
    const isAsked = this.#hopsOf(watched) === 'all' && !isLiteral(watched.spec.target);
    return isAsked ? this.#targets.get(watched, this.#clock.now()) : undefined;
  }

  /** The other hops tell why, which is asked once there is something to ask about. */
  #hopsOf({ past: { symptom } }: Watched): ProbeConfig['hops'] {
    return symptom === undefined || isGood(symptom) ? this.#config.hops : 'all';
  }

  async #round(
    watched: Watched,
    hops: ProbeConfig['hops'],
    sharedTarget: ReturnType<SharedTargets['get']>,
  ): Promise<Round> {
    const { spec, past } = watched;
    const { clusterDomain } = this.#config;
    const domain = forwardedTo(watched, clusterDomain);
    const ending = new AbortController();
    const { signal } = ending;
    this.#underWay.set(watched, ending);
    let permits: Permits | undefined;
    let asker: Asker | undefined;
    try {
      if (domain !== undefined) permits = await this.#permits(domain, signal);
      if (signal.aborted || watched.gone || watched.past !== past || this.#hooks.isSilent(watched))
        return {};
      asker = this.#open(this.#config);
      signal.addEventListener('abort', () => asker?.close());
      return await runRound(asker, spec, {
        clusterDomain,
        hops,
        first: watched.rounds++ % 2 === 0 ? 'app' : 'target',
        isTargetFailing: past.symptom === 'target_failing',
        onAlias: (alias) => {
          // What we stopped waiting for says nothing of cluster DNS.
          if (!signal.aborted) this.#hooks.onAlias(alias);
        },
        ...(permits ? { permit: permits.take } : {}),
        ...(sharedTarget ? { sharedTarget } : {}),
      });
    } finally {
      this.#underWay.delete(watched);
      asker?.close();
      permits?.giveBack();
    }
  }

  /** The first permit is taken before a socket is opened: of a domain that hangs, many rounds may wait here. */
  async #permits(domain: string, signal: AbortSignal): Promise<Permits> {
    let first: Release | undefined = await this.#budget.take(domain, true, signal);
    return {
      take: async () => {
        const taken = first;
        first = undefined;
        return taken ?? this.#budget.take(domain, false, signal);
      },
      giveBack: () => first?.('unused'),
    };
  }
}

function isConfirmed(
  { past }: Watched,
  round: Round,
  symptom: Verdict,
  rounds: number,
  waitedMs: number,
): boolean {
  if (isGood(symptom)) return true;
  if (isUnanswered(round.alias)) return rounds >= ROUNDS_FOR_SILENCE;
  if (symptom === past.symptom || rounds >= ROUNDS_FOR_NEWS) return true;
  // Every address query of both hops failed, one hop after the other.
  const results = [...Object.values(round.app ?? {}), ...Object.values(round.target ?? {})];
  const isFailed = ({ outcome }: QueryResult): boolean =>
    isFailure(outcome) || outcome === 'bare_cname';
  return (
    waitedMs >= LONG_WAIT_MS &&
    round.target !== undefined &&
    results.every(isFailed) &&
    !hasAddress(round.target, ['ipv4', 'ipv6'])
  );
}

function withoutTarget({ target: _shared, withoutEdns: _types, ...rest }: Round): Round {
  return rest;
}
