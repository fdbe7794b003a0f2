/** How a record changes with each thing that is seen; time is a parameter, in milliseconds on the steady clock. */
import { compare } from '../diagnosis/disagreement.ts';
import { hasAddress, isBad, isUnmet } from '../diagnosis/outcomes.ts';
import { signedAfter } from '../diagnosis/signature.ts';
import { NO_TRACE, traceAfter, withFirst } from '../diagnosis/trace.ts';
import { diagnose, isSplit } from '../diagnosis/verdict.ts';
import { NO_FINDINGS } from '../model/finding.ts';
import type {
  JudgedReport,
  ReferenceReport,
  RoundReport,
  SignatureReport,
  SilentReport,
} from '../model/messages.ts';
import { QUERIES, type Round } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import { shown } from '../model/time.ts';
import { countRound, NO_CHANGES, withoutExchanges, withTarget } from './answers.ts';
import { emptyHistograms } from './histogram.ts';
import { newHistory, withEdit, withRound } from './history.ts';
import { contextOf, rediagnosed, serversOf } from './judgement.ts';
import type { Around, ServiceRecord } from './record.ts';

const NO_SERVERS: readonly string[] = [];
/** Counted from 0: `increase()` of Prometheus does not see a counter that appears at 1. */
const FIRST_OUTCOMES = { ok: 0, error: 0, timeout: 0 } as const;
/** An alias that fails makes the app hop fail too: two more series for each Service would say little. */
const FIRST_OF_ALIAS = { ok: 0 } as const;

/** A Service seen for the first time; `fresh`: just now created, so cluster DNS may not know it yet. */
export function newRecord(
  spec: ServiceSpec,
  fresh: boolean,
  around: Around,
  now: number,
): ServiceRecord {
  const record: ServiceRecord = {
    spec,
    ...(fresh ? { convergingSince: now } : {}),
    specChanges: 0,
    history: newHistory(now),
    failingServers: NO_SERVERS,
    trace: NO_TRACE,
    findings: NO_FINDINGS,
    changes: NO_CHANGES,
    lastChange: {},
    diagnosis: { verdict: 'pending', blame: 'none' },
    since: now,
    badSince: undefined,
    rounds: { up: 0, down: 0 },
    queries: QUERIES.map((query) => ({
      ...query,
      outcomes: query.hop === 'alias' ? FIRST_OF_ALIAS : FIRST_OUTCOMES,
    })),
    ...(around.histograms === false
      ? {}
      : { durations: emptyHistograms(around.nativeHistograms ?? false) }),
    targetAddresses: {},
  };
  return rediagnosed(record, around, now);
}

/** The spec as the API server has it now. An edited target leaves `up` and the counters as they are. */
export function specSeen(record: ServiceRecord, spec: ServiceSpec, now: number): ServiceRecord {
  const from = record.spec.externalName;
  if (spec.externalName === from) return { ...record, spec };
  const edit = { at: now, from, to: spec.externalName, by: spec.editedBy };
  const history = withEdit(record.history, edit);
  const edited = { ...record, spec, history, specChanges: record.specChanges + 1 };
  if (spec.target === record.spec.target) return edited;
  // The deadline runs from the first edit that was not met, so that constant editing cannot hide a fault.
  const { convergingSince = now } = record;
  // All that rounds for the old target have left behind goes with it.
  const {
    memory: _memory,
    reference: _reference,
    signed: _signed,
    unmetAt: _unmetAt,
    ...rest
  } = edited;
  return { ...rest, trace: NO_TRACE, failingServers: NO_SERVERS, convergingSince };
}

/** A report of a Service. Rounds of an older spec, and those that were not believed, count as queries. */
export function roundDone(
  record: ServiceRecord,
  report: RoundReport,
  around: Around,
  now: number,
): ServiceRecord {
  const isOld = report.target !== record.spec.target;
  switch (report.kind) {
    case 'converging':
      return countRound(record, report.round, false);
    case 'silent': {
      const counted = countAll(record, report.earlier);
      return isOld ? counted : silent(counted, report, around, now);
    }
    case 'judged': {
      const counted = countRound(
        countAll(record, report.earlier),
        report.round,
        report.targetShared,
      );
      return isOld ? counted : judged(counted, report, around, now);
    }
  }
}

function countAll(record: ServiceRecord, rounds: readonly Round[]): ServiceRecord {
  return rounds.reduce((counted, round) => countRound(counted, round, false), record);
}

function silent(
  record: ServiceRecord,
  { because }: SilentReport,
  around: Around,
  now: number,
): ServiceRecord {
  const rounds = { ...record.rounds, down: record.rounds.down + 1 };
  return withHistory(rediagnosed({ ...record, rounds, silence: because }, around, now), {}, now);
}

function judged(
  record: ServiceRecord,
  { round, earlier, converging, failingServers, target, endedAt }: JudgedReport,
  around: Around,
  now: number,
): ServiceRecord {
  const { unmetAt = endedAt, convergingSince = endedAt, silence: _silence, ...rest } = record;
  const up = hasAddress(round.app, record.spec.settings.families);
  const next: ServiceRecord = {
    ...rest,
    ...(converging ? { convergingSince } : {}),
    ...(isUnmet(round.alias?.outcome) && !converging ? { unmetAt } : {}),
    failingServers: failingServers.length > 0 ? failingServers : NO_SERVERS,
    round: withoutExchanges(round),
    roundTarget: target,
    rounds: { up: record.rounds.up + (up ? 1 : 0), down: record.rounds.down + (up ? 0 : 1) },
    lastProbeAt: endedAt,
    ...(up ? { lastSuccessAt: endedAt } : {}),
    ...withTarget(record, round, around.drift, endedAt),
  };
  const trace = withFirst(
    traceOf(record, next, round, around),
    badAtFirst(next, firstOf(earlier, round), around),
  );
  return withHistory(rediagnosed({ ...next, trace }, around, now), round, now);
}

function traceOf(
  before: ServiceRecord,
  next: ServiceRecord,
  round: Round,
  around: Around,
): ServiceRecord['trace'] {
  const trace = traceAfter(before.trace, next.spec, round);
  // One that began while a server failed may end when that has just recovered.
  const wasSplit =
    isSplit(serversOf(before, around)) || (before.trace.wasSplit && trace.sinceGood > 0);
  return wasSplit === trace.wasSplit ? trace : { ...trace, wasSplit };
}

/** The round becomes part of the history once it has been judged. */
function withHistory(record: ServiceRecord, round: Round, now: number): ServiceRecord {
  return { ...record, history: withRound(record.history, round, now) };
}

/** The first attempt at a round; hops that it did not have, or had from another Service, are those of the last one. */
function firstOf([first]: readonly Round[], last: Round): Round {
  return first?.target ? first : { ...last, ...first };
}

/** What a round said before it was confirmed; undefined if it was good. */
function badAtFirst(
  record: ServiceRecord,
  round: Round,
  around: Around,
): ReturnType<typeof diagnose> | undefined {
  if (!isBad(round, record.spec.settings.families)) return undefined;
  return diagnose({
    ...contextOf({ ...record, round }, around),
    trace: NO_TRACE,
    converging: false,
  });
}

/** What a reference resolver answered for the target of a Service. */
export function referenceSeen(
  record: ServiceRecord,
  { target, server, hop, endedAt }: ReferenceReport,
  around: Around,
  now: number,
): ServiceRecord {
  const ours = record.roundTarget === target ? record.round?.target : undefined;
  if (record.spec.target !== target || !ours) return record;
  const reference = compare(record.reference, target, ours, server, hop, endedAt);
  return rediagnosed({ ...record, reference }, around, now);
}

/** What cluster DNS answered for the target of a Service with its signatures. */
export function signatureSeen(
  record: ServiceRecord,
  report: SignatureReport,
  around: Around,
  now: number,
): ServiceRecord {
  const { signed: before, ...rest } = record;
  const signed = signedAfter(before, report, shown(report.endedAt));
  return rediagnosed(signed ? { ...rest, signed } : rest, around, now);
}
