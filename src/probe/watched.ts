import { customerDomain } from '../diagnosis/provider-domain.ts';
import { isLiteral } from '../dns/name.ts';
import type { ProbeConfig, Silence } from '../model/messages.ts';
import { isFailure } from '../model/outcome.ts';
import type { Round } from '../model/round.ts';
import { isInZone, type ServiceSpec } from '../model/service.ts';
import type { Verdict } from '../model/verdict.ts';
import { type Pace, phaseOf, type Turn } from './schedule.ts';

/** What the prober keeps of a Service, changed in place. */
export interface Watched {
  spec: ServiceSpec;
  pace: Pace;
  /** The next one; absent while cluster DNS does not serve a new Service yet. */
  turn?: Turn & { readonly cancel: () => void };
  rounds: number;
  /** By when cluster DNS has to serve a new or edited spec; absent for one that was there when we started. */
  deadline?: Deadline;
  past: Past;
}

export interface Deadline {
  /** On the steady clock; from the first edit that was not served, so that constant editing cannot hide a fault. */
  readonly until: number;
  isServed: boolean;
}

/** What belongs to the present target alone: an edit of the target, or the end of the Service, puts another one in its place. */
export interface Past {
  /** What the last round said by itself; absent before the first. */
  symptom?: Verdict;
  /** A round of it is under way, or waits for a permit; aborted where its answers are of no use any more. */
  underWay?: AbortController | undefined;
  /** Cluster DNS may not know the spec yet: its CNAME is asked for until that is served. */
  converging: boolean;
  /** Why it was reported as silent on its last turn; absent if it was not. */
  silence?: Silence | undefined;
  /** The last name of the last answered chain. */
  leadsTo?: string;
  /** Until when cluster DNS answers for it from its cache, on the steady clock. */
  cachedUntil: number;
  /** Servers, by label, that failed it when they were asked on their own: when that may be believed, on the steady clock. */
  failing: Map<string, number>;
}

export function newPast(): Past {
  return { converging: false, cachedUntil: 0, failing: new Map() };
}

export function newWatched(spec: ServiceSpec, config: ProbeConfig): Watched {
  return { spec, pace: paceOf(spec, config), rounds: 0, past: newPast() };
}

/** Drops all that belongs to the target that it had. */
export function forget(watched: Watched): void {
  watched.past.underWay?.abort();
  watched.past = newPast();
}

export function paceOf({ uid, settings }: ServiceSpec, { salt }: ProbeConfig): Pace {
  return { intervalMs: settings.intervalMs, phase: phaseOf(uid, salt) };
}

/**
 * The registrable domain that cluster DNS must forward queries about a Service to; undefined where it answers by itself.
 * Where the last chain led decides. A name in the cluster's zone may be another alias: until it has been
 * answered, it counts as forwarded.
 */
export function forwardedTo({ spec, past }: Watched, clusterDomain: string): string | undefined {
  if (isLiteral(spec.target)) return undefined;
  const end = past.leadsTo ?? spec.target;
  if (!isInZone(end, clusterDomain)) return customerDomain(end);
  return past.leadsTo === undefined ? end : undefined;
}

/**
 * Where the first chain that led to an answer ends, whatever the answer says: its last name outside of the cluster's zone,
 * since that has to be forwarded, also where its owner lets it lead back into the zone; else its last name.
 */
export function endOf(
  { target }: ServiceSpec,
  round: Round,
  clusterDomain: string,
): string | undefined {
  const results = [
    // The chain of the app hop begins with the target. Where there is none, cluster DNS denies the alias.
    ...Object.values(round.app ?? {}).filter(({ chain }) => chain.length > 0),
    ...Object.values(round.target ?? {}),
  ];
  const answered = results.find(({ outcome }) => !isFailure(outcome) && outcome !== 'bare_cname');
  if (!answered) return undefined;
  const names = [target, ...answered.chain.map(({ name }) => name)];
  return names.findLast((name) => !isInZone(name, clusterDomain)) ?? names.at(-1);
}
