/** How a record changes with each thing that is seen; time is a parameter, in milliseconds. */
import { compare } from '../diagnosis/disagreement.ts';
import { hasAddress, isBad, isServed, isUnmet, isWorse } from '../diagnosis/outcomes.ts';
import { NO_TRACE, traceAfter } from '../diagnosis/trace.ts';
import { isSplit } from '../diagnosis/verdict.ts';
import { NO_FINDINGS } from '../model/finding.ts';
import type { ReferenceReport, RoundReport, ServerReport } from '../model/messages.ts';
import { QUERIES, type Round } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import { countRound, NO_CHANGES, withoutExchanges, withTarget } from './answers.ts';
import { emptyHistograms } from './histogram.ts';
import { newHistory, withEdit, withRound } from './history.ts';
import { isConverging, judge, rediagnosed, serversOf } from './judgement.ts';
import type { ServiceRecord, Surroundings } from './record.ts';

/** How a round looked at first sight is remembered for so many rounds. */
const RECENT = 8;

/** A Service seen for the first time; `fresh`: just now created, so cluster DNS may not know it yet. */
export function newRecord(
  spec: ServiceSpec,
  fresh: boolean,
  around: Surroundings,
  now: number,
): ServiceRecord {
  const record: ServiceRecord = {
    spec,
    ...(fresh ? { convergence: { since: now, met: false } } : {}),
    specChanges: 0,
    history: newHistory(now),
    wasSplit: false,
    trace: NO_TRACE,
    findings: NO_FINDINGS,
    changes: NO_CHANGES,
    lastChange: {},
    sinceGood: 0,
    diagnosis: { verdict: 'pending', blame: 'none' },
    since: now,
    rounds: { up: 0, down: 0 },
    recent: [],
    silent: false,
    queries: QUERIES.map((query) => ({ ...query, outcomes: { ok: 0 } })),
    ...(around.histograms === false ? {} : { durations: emptyHistograms() }),
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
  const { convergence } = record;
  const since = convergence && !convergence.met ? convergence.since : now;
  const { memory: _memory, reference: _reference, unmetAt: _unmetAt, ...rest } = edited;
  return { ...rest, trace: NO_TRACE, convergence: { since, met: false } };
}

/** A finished round. Looks that are not judged, and rounds of an older spec, still count as queries. */
export function roundDone(
  record: ServiceRecord,
  report: RoundReport,
  around: Surroundings,
  now: number,
): ServiceRecord {
  const { round, unconfirmed, endedAt, silent } = report;
  const counted = countRound(countRound(record, unconfirmed, false), round, report.targetShared);
  if (report.target !== record.spec.target || !report.judged) return counted;
  if (silent) {
    const rounds = { ...counted.rounds, down: counted.rounds.down + 1 };
    return withHistory(rediagnosed({ ...counted, rounds, silent }, around, now), round, now);
  }
  const isMet = isServed(round, record.spec.target);
  const up = hasAddress(round.app, record.spec.settings.families);
  const { unmetAt = endedAt, ...rest } = counted;
  const next: ServiceRecord = {
    ...withLook(rest, report, around),
    ...(isUnmet(round.alias?.outcome) && !isConverging(counted, around, now) ? { unmetAt } : {}),
    ...(isMet && counted.convergence ? { convergence: { ...counted.convergence, met: true } } : {}),
    sinceGood: up && isMet ? 0 : counted.sinceGood + 1,
    // One that began while a server failed may end when that has just been mended.
    wasSplit: isSplit(serversOf(counted, around, now)) || (counted.wasSplit && !(up && isMet)),
    round: withoutExchanges(round),
    roundTarget: report.target,
    trace: traceAfter(counted.trace, round),
    silent,
    rounds: { up: counted.rounds.up + (up ? 1 : 0), down: counted.rounds.down + (up ? 0 : 1) },
    lastProbeAt: endedAt,
    ...(up ? { lastSuccessAt: endedAt } : {}),
    ...withTarget(counted, round, around.drift, endedAt),
  };
  return withHistory(rediagnosed(next, around, now), round, now);
}

/** The round becomes part of what the record has been through, once it has been judged. */
function withHistory(record: ServiceRecord, round: Round, now: number): ServiceRecord {
  return { ...record, history: withRound(record.history, round, now) };
}

/** Remembers how the round looked at first sight. */
function withLook(
  record: ServiceRecord,
  { round, unconfirmed, endedAt: now }: RoundReport,
  around: Surroundings,
): ServiceRecord {
  const first: Round = unconfirmed.app ? { ...round, ...unconfirmed } : round;
  const bad = isBad(first, record.spec.settings.families);
  const recent = [...record.recent, bad].slice(-RECENT);
  if (!bad) return { ...record, recent };
  return { ...record, recent, lastBad: judge(record, first, around, false, false, now) };
}

/** What one server of several said when it was asked on its own. */
export function serverSeen(
  record: ServiceRecord,
  { server, target, round }: ServerReport,
  around: Surroundings,
  now: number,
): ServiceRecord {
  if (target !== record.spec.target) return record;
  const isWorseThere = isWorse(round, record.round, record.spec.settings.families);
  if (isWorseThere === undefined) return record;
  const known = Object.entries(record.worse ?? {}).filter(([label]) => around.servers.has(label));
  const worse = Object.fromEntries(known);
  const unmet = isUnmet(round.alias?.outcome);
  const old = worse[server];
  delete worse[server];
  // It has as long as cluster DNS as a whole: from the edit, where that is known.
  const edited = isConverging(record, around, now) ? record.convergence?.since : undefined;
  const at = unmet ? (old?.unmet ? old.at : (edited ?? now)) : now;
  if (isWorseThere) worse[server] = { unmet, at };
  else if (old === undefined) return record;
  return rediagnosed({ ...record, worse }, around, now);
}

/** What a reference resolver answered for the target of a Service. */
export function referenceSeen(
  record: ServiceRecord,
  { target, server, hop, endedAt }: ReferenceReport,
  around: Surroundings,
  now: number,
): ServiceRecord {
  const ours = record.roundTarget === target ? record.round?.target : undefined;
  if (record.spec.target !== target || !ours) return record;
  const answers = new Map([[server, hop]]);
  const reference = compare(record.reference, target, ours, answers, endedAt);
  return rediagnosed({ ...record, reference }, around, now);
}
