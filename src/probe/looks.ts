import { hasAddress, isBad, isError, isUnmet } from '../diagnosis/outcomes.ts';
import { isLiteral } from '../dns/name.ts';
import type { Resolver } from '../dns/resolver.ts';
import type { ProbeConfig } from '../model/messages.ts';
import type { Family, Hop, QueryResult, Round } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import { isSlow, type Lanes } from './lanes.ts';
import { type RoundOptions, runRound } from './round.ts';
import { SharedTargets } from './targets.ts';
import type { Watched } from './watched.ts';

/** A new failure is looked at again after this long, before it is believed. */
export const CONFIRM_AFTER_MS = 1_000;

export interface Look {
  readonly round: Round;
  /** A first look that was not believed; its queries count all the same. */
  readonly unconfirmed: Round;
  readonly targetShared: boolean;
  /** Cluster DNS turned out to be silent as a whole, so that there was no second look. */
  readonly silent: boolean;
}

/** Looks at Services, twice where the first look is bad news; keeps what their targets answered. */
export class Looks {
  readonly #config: ProbeConfig;
  readonly #lanes: Lanes;
  readonly #targets = new SharedTargets();
  /** Called with the alias hop of each look as soon as that has ended. */
  readonly #onAlias: (alias: QueryResult) => void;
  readonly #isSilent: () => boolean;
  /** Whether a bad round may be due to the server that it met: then each is asked again, at another one perhaps. */
  readonly #isByChance: (watched: Watched) => boolean;
  readonly #underWay = new Set<Resolver>();

  constructor(
    config: ProbeConfig,
    lanes: Lanes,
    onAlias: (alias: QueryResult) => void,
    isSilent: () => boolean,
    isByChance: (watched: Watched) => boolean,
  ) {
    this.#config = config;
    this.#lanes = lanes;
    this.#onAlias = onAlias;
    this.#isSilent = isSilent;
    this.#isByChance = isByChance;
  }

  /** Services with this Service's target may be answered together from now on. */
  watch(spec: ServiceSpec): void {
    this.#targets.add(spec);
  }

  /** As it was last watched. */
  unwatch(spec: ServiceSpec): void {
    this.#targets.remove(spec);
  }

  /** One round, confirmed; undefined if the Service went away meanwhile. */
  async look(watched: Watched): Promise<Look | undefined> {
    const { spec } = watched;
    const { recordTypes, families } = spec.settings;
    // The other hops tell why, which is asked once there is something to ask about.
    const hops = watched.wasBad ? 'all' : this.#config.hops;
    const sharedTarget =
      hops === 'app' || isLiteral(spec.target) ? undefined : this.#targets.get(watched, Date.now());
    const options: RoundOptions = {
      ...this.#config,
      hops: 'all',
      recordTypes,
      first: watched.rounds++ % 2 === 0 ? 'app' : 'target',
      gate: (ask) => this.#lanes.hop(spec, ask),
      onAlias: this.#onAlias,
      underWay: this.#underWay,
    };
    const first = await runRound(spec, {
      ...options,
      hops,
      ...(sharedTarget ? { sharedTarget } : {}),
    });
    const isNews = isBad(first, families) && (!watched.wasBad || this.#isByChance(watched));
    // Between two hops an entry of the cache may have lapsed, or cluster DNS have come back: together they would tell of
    // a fault that nobody has.
    const odd = oddHop(first, families);
    const isDoubtful = odd !== undefined && odd !== watched.oddHop;
    // A shared target hop was counted where it was asked.
    const own = (look: Round): Round => (sharedTarget ? withoutTarget(look) : look);
    let round = first;
    const silence = (): Look => {
      watched.wasSilent = true;
      return { round: {}, unconfirmed: own(first), targetShared: false, silent: true };
    };
    if (this.#isSilent()) return silence();
    if (isNews || isDoubtful) {
      if (isNews) await sleep(CONFIRM_AFTER_MS);
      if (watched.gone) return undefined;
      if (this.#isSilent()) return silence();
      round = await runRound(spec, options);
      if (this.#isSilent()) return silence();
    }
    watched.oddHop = oddHop(round, families);
    watched.wasBad = isBad(round, families);
    watched.wasSlow = isSlow(round);
    const isSecond = round !== first;
    const targetShared = sharedTarget !== undefined && !isSecond;
    if (!targetShared && round.target) this.#targets.set(spec, round.target, Date.now());
    return { round, unconfirmed: isSecond ? own(first) : {}, targetShared, silent: false };
  }

  /** Ends what is under way: cluster DNS has turned out to be silent, and there is nothing to wait for. */
  giveUp(): void {
    for (const round of this.#underWay) round.close();
  }
}

/** The hop that failed while pods, or cluster DNS by itself, got what they asked for. */
function oddHop({ app, alias, target }: Round, families: readonly Family[]): Hop | undefined {
  if (!hasAddress(app, families)) return hasAddress(target, families) ? 'app' : undefined;
  if (target !== undefined && !hasAddress(target, families)) return 'target';
  return isError(alias) && !isUnmet(alias?.outcome) ? 'alias' : undefined;
}

function withoutTarget({ target: _shared, ...rest }: Round): Round {
  return rest;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
