/** A Service as a row of a list. */
import { HOPS, type Hop } from '../../model/round.ts';
import { dateOf } from '../../model/time.ts';
import { VERDICTS, type VerdictState } from '../../model/verdict.ts';
import type { ServiceRecord } from '../../state/record.ts';
import {
  count,
  each,
  flag,
  listOf,
  object,
  optional,
  seconds,
  text,
  time,
  type Value,
} from '../schema.ts';
import { BLAME, LEVEL, RULE, UP, VERDICT } from '../word-schemas.ts';
import { editBefore } from './edit-before.ts';

/** The first properties of each view of a Service. Unknown values are absent. */
export const ROW_PROPERTIES = {
  namespace: text('Of the Service.'),
  service: text('Its name.'),
  target: text('spec.externalName as written.'),
  up: optional(UP),
  verdict: VERDICT,
  blame: BLAME,
  evidence: optional(
    text('The reason for the blame, in one sentence; absent if the verdict is sufficient.'),
  ),
  since: time('The last change of the verdict.'),
  badSince: optional(
    time(
      'The first bad round since it was last healthy, or since it went from degraded to down. Absent while it is healthy. Also absent if the first round after the start of the monitor was bad: the start is unknown then.',
    ),
  ),
  editBefore: optional(
    object(
      { at: time('When it was seen.'), by: optional(text('The field manager, such as helm.')) },
      'The last edit of spec.externalName, if it may be the cause: the fault began at most 10 minutes later.',
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
  drift: object(
    {
      moves: count('Changes that mean that the target has moved.'),
      lastMove: optional(time('The last move.')),
      rotations: count('Changes that are normal for pools.'),
    },
    'How the answers for the target have changed: see docs/drift.md.',
  ),
  disagrees: optional(
    flag('Reference resolvers contradict cluster DNS; absent where they are not asked.'),
  ),
};

export const ROW = object({
  ...ROW_PROPERTIES,
  findings: listOf(object({ rule: RULE, level: LEVEL })),
  group: optional(
    object(
      { name: text('For people.'), services: count('In the whole list.') },
      'With the parameter group.',
    ),
  ),
});

export type Row = Value<typeof ROW>;

export function rowOf(record: ServiceRecord): Row {
  const { spec, diagnosis, since, badSince, lastProbeAt, reference, findings } = record;
  const { up, verdict, blame, evidence } = diagnosis;
  const edit = editBefore(record);
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
    ...(edit
      ? { editBefore: { at: dateOf(edit.at), ...(edit.by === undefined ? {} : { by: edit.by }) } }
      : {}),
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
function lastMoveOf({ lastChange }: ServiceRecord): number | undefined {
  const { replaced = 0, chain = 0 } = lastChange;
  return Math.max(replaced, chain) || undefined;
}

/** The slowest query of the last round, in seconds; undefined where none was measured. */
function slowestOf({ queries }: ServiceRecord): number | undefined {
  let slowest: number | undefined;
  for (const { lastSeconds } of queries) {
    if (lastSeconds !== undefined) slowest = Math.max(slowest ?? 0, lastSeconds);
  }
  return slowest;
}

export interface Sorting {
  /** For people. */
  readonly by: string;
  /** The least comes first; what is undefined comes last, in either order. Without one, and without `text`: by name. */
  readonly key?: (record: ServiceRecord) => number | undefined;
  readonly text?: (record: ServiceRecord) => string;
}

const RANK_OF_STATE = { bad: 1, unsure: 1, waiting: 2, good: 3 } as const satisfies Record<
  VerdictState,
  number
>;

/** The order: does not resolve, other faults, pending, healthy. */
function rankOf({ diagnosis: { up, verdict } }: ServiceRecord): number {
  return up === 0 ? 0 : RANK_OF_STATE[VERDICTS[verdict].state];
}

/** Larger than any time in milliseconds. */
const RANK_STEP = 1e14;

/** Within a rank the latest fault comes first. The other Services have no known start. */
export function stateKey(record: ServiceRecord): number {
  const { badSince } = record;
  return rankOf(record) * RANK_STEP - (badSince?.isExact ? badSince.at : 0);
}

const VERDICT_ORDER = new Map(Object.keys(VERDICTS).map((verdict, i) => [verdict, i]));

/** What a list is sorted by; equals are in the order of their names. */
export const SORTS = {
  state: {
    by: 'down first, then other faults, then pending; within each the latest first',
    key: stateKey,
  },
  name: { by: 'namespace, then name' },
  target: { by: 'spec.externalName', text: ({ spec }) => spec.target },
  verdict: {
    by: 'the verdict, in the order of docs/verdicts.md',
    key: ({ diagnosis }) => VERDICT_ORDER.get(diagnosis.verdict),
  },
  since: { by: 'the last change of the verdict, latest first', key: ({ since }) => -since },
  latency: {
    by: 'the slowest hop of the last round, slowest first; silence comes last',
    key: (record) => negative(slowestOf(record)),
  },
  drift: {
    by: 'the last move of the target, latest first',
    key: (record) => negative(lastMoveOf(record)),
  },
} as const satisfies Record<string, Sorting>;

export type Sort = keyof typeof SORTS;

function negative(value: number | undefined): number | undefined {
  return value === undefined ? undefined : -value;
}
