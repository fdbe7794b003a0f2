import { type Diagnosis, diagnose, type Evidence, hasAddress } from '../diagnosis/verdict.ts';
import type { RoundReport } from '../model/messages.ts';
import { FOLDED, type FoldedOutcome, type Outcome } from '../model/outcome.ts';
import {
  type Family,
  type Hop,
  QUERIES,
  type QueryType,
  type Round,
  resultOf,
} from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import { addSample, emptyHistogram, type Histogram } from './histogram.ts';

/** What one query of the round has come to, over all rounds. */
export interface QueryStats {
  readonly hop: Hop;
  readonly type: QueryType;
  /** Finished queries by outcome. */
  readonly outcomes: Readonly<Partial<Record<FoldedOutcome, number>>>;
  /** Seconds of the last round's reply; absent after silence. */
  readonly lastSeconds?: number;
  /** Smallest TTL of the last reply that had records. */
  readonly ttl?: number;
}

/** All that is known of one Service. Never changed in place: a change is another record. */
export interface ServiceRecord {
  readonly spec: ServiceSpec;
  /** Since when cluster DNS has owed us the current spec: milliseconds, absent once it served it. */
  readonly unmetSince?: number;
  /** The last finished round for the current target. */
  readonly round?: Round;
  readonly diagnosis: Diagnosis;
  /** When the verdict became what it is, in milliseconds. */
  readonly since: number;
  readonly rounds: { readonly up: number; readonly down: number };
  readonly queries: readonly QueryStats[];
  readonly durations: Readonly<Record<Hop, Histogram>>;
  /** Milliseconds. */
  readonly lastProbeAt?: number;
  readonly lastSuccessAt?: number;
  /** Addresses in the target's last answer, sorted; kept over errors, empty after NODATA and NXDOMAIN. */
  readonly targetAddresses: Readonly<Partial<Record<Family, readonly string[]>>>;
}

/** What a verdict needs beside the record: settings, and the state of the whole. */
export type Surroundings = Omit<Evidence, 'spec' | 'round' | 'converging'> & {
  readonly convergenceDeadlineMs: number;
};

/** A Service seen for the first time; `fresh`: just now created, so cluster DNS may not know it yet. */
export function newRecord(
  spec: ServiceSpec,
  fresh: boolean,
  around: Surroundings,
  now: number,
): ServiceRecord {
  const record: ServiceRecord = {
    spec,
    ...(fresh ? { unmetSince: now } : {}),
    diagnosis: { verdict: 'pending', blame: 'none' },
    since: now,
    rounds: { up: 0, down: 0 },
    queries: QUERIES.map((query) => ({ ...query, outcomes: { ok: 0 } })),
    durations: { app: emptyHistogram(), alias: emptyHistogram(), target: emptyHistogram() },
    targetAddresses: {},
  };
  return rediagnosed(record, around, now);
}

/** The spec as the API server has it now. An edited target leaves `up` and the counters as they are. */
export function specSeen(record: ServiceRecord, spec: ServiceSpec, now: number): ServiceRecord {
  if (spec.target === record.spec.target) return { ...record, spec };
  // The deadline runs from the first edit that was not met, so that constant editing cannot hide a fault.
  return { ...record, spec, unmetSince: record.unmetSince ?? now };
}

/** A finished round, or a look at the CNAME alone. Rounds of an older spec still count as queries. */
export function roundDone(
  record: ServiceRecord,
  report: RoundReport,
  around: Surroundings,
  now: number,
): ServiceRecord {
  const counted = countRound(
    countRound(record, report.unconfirmed, false),
    report.round,
    report.targetShared,
  );
  if (report.target !== record.spec.target || report.settling) return counted;
  const { round, endedAt } = report;
  const { unmetSince, ...rest } = counted;
  const isMet = round.alias?.outcome === 'ok';
  const up = hasAddress(round.app, around.families);
  const next: ServiceRecord = {
    ...rest,
    ...(unmetSince === undefined || isMet ? {} : { unmetSince }),
    round,
    rounds: { up: counted.rounds.up + (up ? 1 : 0), down: counted.rounds.down + (up ? 0 : 1) },
    lastProbeAt: endedAt,
    ...(up ? { lastSuccessAt: endedAt } : {}),
    targetAddresses: {
      ...counted.targetAddresses,
      ...addressesOf('ipv4', round),
      ...addressesOf('ipv6', round),
    },
  };
  return rediagnosed(next, around, now);
}

/** The same record judged anew. */
function rediagnosed(record: ServiceRecord, around: Surroundings, now: number): ServiceRecord {
  const { spec, round, unmetSince } = record;
  const converging = unmetSince !== undefined && now - unmetSince < around.convergenceDeadlineMs;
  const diagnosis = diagnose({ ...around, spec, ...(round ? { round } : {}), converging });
  const isSame = diagnosis.verdict === record.diagnosis.verdict;
  return { ...record, diagnosis, since: isSame ? record.since : now };
}

const EMPTY_ANSWERS: ReadonlySet<Outcome> = new Set(['nodata', 'bare_cname', 'nxdomain']);

function addressesOf(family: Family, round: Round): Partial<Record<Family, readonly string[]>> {
  const result = round.target?.[family === 'ipv4' ? 'A' : 'AAAA'];
  if (!result || (result.outcome !== 'ok' && !EMPTY_ANSWERS.has(result.outcome))) return {};
  return { [family]: [...result.addresses].sort() };
}

/** Adds a round's queries to the counters. A shared target hop was counted where it was asked. */
function countRound(record: ServiceRecord, round: Round, targetShared: boolean): ServiceRecord {
  const durations = { ...record.durations };
  const queries = record.queries.map((stats): QueryStats => {
    const result = resultOf(round, stats.hop, stats.type);
    if (!result) return stats;
    const { hop, type } = stats;
    const isCounted = !(hop === 'target' && targetShared);
    const folded = FOLDED[result.outcome];
    const outcomes = isCounted
      ? { ...stats.outcomes, [folded]: (stats.outcomes[folded] ?? 0) + 1 }
      : stats.outcomes;
    if (isCounted && result.seconds !== undefined) {
      durations[hop] = addSample(durations[hop], result.seconds);
    }
    const ttl = result.ttl ?? (result.seconds === undefined ? stats.ttl : undefined);
    return {
      hop,
      type,
      outcomes,
      ...(result.seconds === undefined ? {} : { lastSeconds: result.seconds }),
      ...(ttl === undefined ? {} : { ttl }),
    };
  });
  return { ...record, queries, durations };
}
