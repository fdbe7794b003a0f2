import { domainOf } from '../diagnosis/population.ts';
import { isLiteral } from '../dns/name.ts';
import type { ProbeConfig } from '../model/messages.ts';
import type { ChainLink } from '../model/round.ts';
import { isInZone, type ServiceSpec } from '../model/service.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Clock } from './clock.ts';
import type { Converging } from './converging.ts';
import { firstTurn, type Pace, phaseOf, type Turn } from './schedule.ts';

/** What the prober keeps of a Service, changed in place. */
export interface Watched {
  spec: ServiceSpec;
  pace: Pace;
  turn: Turn;
  /** A round of it is under way, or waits for a permit. */
  busy: boolean;
  gone: boolean;
  rounds: number;
  /** Cluster DNS may not know its spec yet. */
  converging?: Converging | undefined;
  past: Past;
}

/** What rounds for the present target have left behind; an edit of the target drops all of it. */
export interface Past {
  /** What the last round said by itself; absent before the first. */
  symptom?: Verdict;
  /** The last round waited for replies that did not come. */
  hung: boolean;
  /** It was reported as silent on its last turn. */
  wasSilent: boolean;
  /** Where the last answered chain leads, see `endOfChain`. */
  leadsTo?: string;
  /** Until when cluster DNS answers for it from its cache, on the steady clock. */
  cachedUntil: number;
  /** Servers, by label, that failed it when they were asked on their own: when that may be believed, on the steady clock. */
  failing: Map<string, number>;
}

export function newPast(): Past {
  return { hung: false, wasSilent: false, cachedUntil: 0, failing: new Map() };
}

export function newWatched(spec: ServiceSpec, config: ProbeConfig, clock: Clock): Watched {
  const pace = paceOf(spec, config);
  const turn = firstTurn(clock.now(), pace, clock.random());
  return { spec, pace, turn, busy: false, gone: false, rounds: 0, past: newPast() };
}

export function paceOf({ uid, settings }: ServiceSpec, { salt }: ProbeConfig): Pace {
  return { intervalMs: settings.intervalMs, phase: phaseOf(uid, salt) };
}

/**
 * Its last name outside of the cluster's zone: that has to be forwarded, also where its owner lets it lead back into
 * the zone. Where all are inside, the last of all.
 */
export function endOfChain(
  { target }: ServiceSpec,
  chain: readonly ChainLink[],
  clusterDomain: string,
): string {
  const names = [target, ...chain.map(({ name }) => name)];
  return names.findLast((name) => !isInZone(name, clusterDomain)) ?? names.at(-1) ?? target;
}

/**
 * The registrable domain that cluster DNS must forward queries about a Service to; undefined where it answers by itself.
 * Where the last chain led decides. A name in the cluster's zone may be another alias: until it has been
 * answered, it counts as forwarded.
 */
export function forwardedTo({ spec, past }: Watched, clusterDomain: string): string | undefined {
  if (isLiteral(spec.target)) return undefined;
  const end = past.leadsTo ?? spec.target;
  if (!isInZone(end, clusterDomain)) return domainOf(end);
  return past.leadsTo === undefined ? end : undefined;
}
