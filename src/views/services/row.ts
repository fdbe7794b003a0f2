/** A Service as a row of a list. */
import { HOPS, type Hop } from '../../model/round.ts';
import { dateOf } from '../../model/time.ts';
import type { ServiceRecord } from '../../state/record.ts';
import {
  count,
  each,
  flag,
  listOf,
  object,
  optional,
  type Schema,
  seconds,
  text,
  time,
  type Value,
} from '../schema.ts';
import { BLAME, LEVEL, RULE, VERDICT } from '../word-schemas.ts';

const UP: Schema<0 | 1> = {
  type: 'integer',
  enum: [0, 1],
  description: 'Whether pods get an address; absent if unknown.',
};

/** The first properties of each view of a Service. Unknown values are absent. */
export const ROW_PROPERTIES = {
  namespace: text('Of the Service.'),
  service: text('Its name.'),
  target: text('spec.externalName as written.'),
  up: optional(UP),
  verdict: VERDICT,
  blame: BLAME,
  evidence: optional(text('What the blame rests on; absent where the verdict says it all.')),
  since: time('Since when that has been the verdict.'),
  badSince: optional(
    time(
      'Since when it has been down, or bad in another way. Absent while it is well, and where the first round was bad: since when is not known.',
    ),
  ),
  lastProbe: optional(time('End of the last round.')),
  latency: object(
    each(
      HOPS,
      optional(seconds('In seconds; absent without a reply, or if the time was not measured.')),
    ),
    'Of the last round: the slower one of both address types.',
  ),
  drift: object({
    moves: count('Changes that mean that the target has moved.'),
    lastMove: optional(time('The last of these.')),
    rotations: count('Changes that are normal for pools.'),
  }),
  disagrees: optional(
    flag('Reference resolvers contradict cluster DNS; absent where they are not asked.'),
  ),
};

export const ROW = object({
  ...ROW_PROPERTIES,
  findings: listOf(object({ rule: RULE, level: LEVEL })),
});

export type Row = Value<typeof ROW>;

export function rowOf(record: ServiceRecord): Row {
  const { spec, diagnosis, since, badSince, lastProbeAt, reference, findings } = record;
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
    ...(badSince?.isExact ? { badSince: dateOf(badSince.at) } : {}),
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

/** The slowest query of the last round, in seconds; undefined if none was measured. */
export function slowestOf({ queries }: ServiceRecord): number | undefined {
  let slowest: number | undefined;
  for (const { lastSeconds } of queries) {
    if (lastSeconds !== undefined) slowest = Math.max(slowest ?? 0, lastSeconds);
  }
  return slowest;
}
