import { CHECK_EXIT } from '../../model/exit-status.ts';
import { type Finding, isAtLeast, LEVELS, type Level } from '../../model/finding.ts';
import type { ChainLink } from '../../model/round.ts';
import type { Annotation, ManifestPlace } from '../../model/service.ts';
import { type Blame, VERDICTS, type Verdict } from '../../model/verdict.ts';
import type { ServiceRecord } from '../../state/record.ts';

/** The result of `check` for one Service. */
export interface CheckedService {
  readonly namespace: string;
  readonly service: string;
  /** Absent for a Service of a cluster. */
  readonly place?: ManifestPlace;
  readonly externalName: string;
  /** Absent if unknown. */
  readonly up?: 0 | 1;
  readonly verdict: Verdict;
  readonly blame: Blame;
  /** Most severe first. */
  readonly findings: readonly Finding[];
  /** Addresses that pods get, or would get. */
  readonly addresses: readonly string[];
  /** The names after the target. */
  readonly chain: readonly string[];
  /** Why its target was not queried; its verdict is then `pending`. */
  readonly unresolved?: string;
  readonly invalidAnnotations: readonly Annotation[];
}

/** A document that cannot be read, or that the API server would reject. */
export interface Unusable extends ManifestPlace {
  readonly message: string;
}

export interface CheckReport {
  readonly services: readonly CheckedService[];
  readonly unusable: readonly Unusable[];
  /** Number of Services with an annotation that disables them. */
  readonly disabled: number;
  readonly failOn: Level;
  /** Reasons to doubt the whole report, for standard error. */
  readonly notes: readonly string[];
}

/** The result for a Service. */
export function checkedOf(
  { spec, diagnosis, findings, round }: ServiceRecord,
  { place, unresolved }: Pick<CheckedService, 'place' | 'unresolved'> = {},
): CheckedService {
  const results = [round?.app?.A, round?.app?.AAAA].flatMap((result) => result ?? []);
  const longest = (a: readonly ChainLink[], b: readonly ChainLink[]) =>
    b.length > a.length ? b : a;
  const chain = results.map((result) => result.chain).reduce(longest, []);
  return {
    namespace: spec.namespace,
    service: spec.name,
    ...(place ? { place } : {}),
    externalName: spec.externalName,
    ...diagnosis,
    findings,
    addresses: results.flatMap(({ addresses }) => addresses).sort(),
    // The first name is the target itself.
    chain: chain.slice(1).map(({ name }) => name),
    ...(unresolved ? { unresolved } : {}),
    invalidAnnotations: spec.invalidAnnotations,
  };
}

/**
 * Level of the verdict: critical if pods get no address, warning if they get one despite a fault.
 */
export function levelOf({ up, verdict }: Pick<CheckedService, 'up' | 'verdict'>) {
  if (up === 0) return 'critical';
  return VERDICTS[verdict].state === 'bad' ? 'warning' : undefined;
}

/** The highest level of the Service; undefined if it has no problem. */
export function worstOf(checked: CheckedService): Level | undefined {
  const levels = [levelOf(checked), checked.findings[0]?.level];
  return LEVELS.findLast((level) => levels.includes(level));
}

export function isProblem(checked: CheckedService, failOn: Level): boolean {
  const worst = worstOf(checked);
  return worst !== undefined && isAtLeast(worst, failOn);
}

export function statusOf({ services, unusable, failOn }: CheckReport): number {
  // An undetermined verdict is neither good nor bad.
  if (services.some(({ verdict }) => VERDICTS[verdict].state === 'unsure'))
    return CHECK_EXIT.failed.status;
  const isBad = unusable.length > 0 || services.some((one) => isProblem(one, failOn));
  return isBad ? CHECK_EXIT.problems.status : CHECK_EXIT.good.status;
}

/** Most severe first, then by name; Services without a problem count as equal. */
export function sorted({ services, failOn }: CheckReport): CheckedService[] {
  const weight = (one: CheckedService): number =>
    isProblem(one, failOn) ? LEVELS.indexOf(worstOf(one) ?? failOn) : -1;
  const nameOf = ({ namespace, service }: CheckedService): string => `${namespace}/${service}`;
  return services.toSorted((a, b) => weight(b) - weight(a) || (nameOf(a) < nameOf(b) ? -1 : 1));
}
