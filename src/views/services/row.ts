import type { Finding } from '../../model/finding.ts';
import type { Hop } from '../../model/round.ts';
import { dateOf } from '../../model/time.ts';
import type { Blame, Verdict } from '../../model/verdict.ts';
import type { ServiceRecord } from '../../state/record.ts';

/** One row of the table of Services. Unknown values are absent. */
export interface Row {
  readonly namespace: string;
  readonly service: string;
  /** `spec.externalName`, unchanged. */
  readonly target: string;
  /** Whether a pod that uses the name gets an address. */
  readonly up?: 0 | 1;
  readonly verdict: Verdict;
  readonly blame: Blame;
  /** The evidence for the blame, in one or two sentences. */
  readonly evidence?: string;
  /** When the current verdict began. */
  readonly since: Date;
  readonly lastProbe?: Date;
  /**
   * Seconds of the last round by hop: the slower of the two address types. Absent without a reply,
   * or if the time was not measured.
   */
  readonly latency: Readonly<Partial<Record<Hop, number>>>;
  readonly drift: {
    /** Changes that count as a move of the target. */
    readonly moves: number;
    readonly lastMove?: Date;
    /** Changes that are normal for pools. */
    readonly rotations: number;
  };
  readonly findings: readonly Pick<Finding, 'rule' | 'level'>[];
  /** Whether reference resolvers contradict cluster DNS; absent if none is queried. */
  readonly disagrees?: boolean;
}

export function rowOf(record: ServiceRecord): Row {
  const { spec, diagnosis, since, lastProbeAt, reference, findings } = record;
  const { up, verdict, blame, evidence } = diagnosis;
  return {
    namespace: spec.namespace,
    service: spec.name,
    target: spec.externalName,
    ...(up === undefined ? {} : { up }),
    verdict,
    blame,
    ...(evidence === undefined ? {} : { evidence }),
    since: dateOf(since),
    ...(lastProbeAt === undefined ? {} : { lastProbe: dateOf(lastProbeAt) }),
    latency: latencyOf(record),
    drift: driftOf(record),
    findings: findings.map(({ rule, level }) => ({ rule, level })),
    ...(reference ? { disagrees: reference.disagrees } : {}),
  };
}

function latencyOf({ queries }: ServiceRecord): Row['latency'] {
  const latency: Partial<Record<Hop, number>> = {};
  for (const { hop, lastSeconds } of queries) {
    if (lastSeconds !== undefined)
      latency[hop] = Math.max(latency[hop] ?? 0, toMicroseconds(lastSeconds));
  }
  return latency;
}

/** Rounds seconds to the resolution of the clock. */
export function toMicroseconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}

function driftOf(record: ServiceRecord): Row['drift'] {
  const { addresses, replaced, chain } = record.changes;
  const last = lastMoveOf(record);
  return {
    moves: replaced + chain,
    ...(last === undefined ? {} : { lastMove: dateOf(last) }),
    rotations: addresses - replaced,
  };
}

/** When the target last moved, in milliseconds. */
export function lastMoveOf({ lastChange }: ServiceRecord): number | undefined {
  const { replaced = 0, chain = 0 } = lastChange;
  return Math.max(replaced, chain) || undefined;
}

/** The slowest query of the last round, in seconds; undefined where none was measured. */
export function slowestOf({ queries }: ServiceRecord): number | undefined {
  let slowest: number | undefined;
  for (const { lastSeconds } of queries) {
    if (lastSeconds !== undefined) slowest = Math.max(slowest ?? 0, lastSeconds);
  }
  return slowest;
}
