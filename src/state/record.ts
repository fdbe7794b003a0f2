import { compare, type Disagreement } from '../diagnosis/disagreement.ts';
import { type DriftLimits, observe, type TargetMemory } from '../diagnosis/drift.ts';
import { askedOf } from '../diagnosis/families.ts';
import { findingsOf } from '../diagnosis/findings.ts';
import { hasAddress, isBad, isUnmet, isWorse } from '../diagnosis/outcomes.ts';
import { judgePolicy } from '../diagnosis/policy.ts';
import { NO_TRACE, type Trace, traceAfter } from '../diagnosis/trace.ts';
import { type Diagnosis, diagnose, type Evidence, isSplit } from '../diagnosis/verdict.ts';
import type { ChangeKind } from '../model/drift.ts';
import { type Finding, NO_FINDINGS } from '../model/finding.ts';
import type { ProbeConfig, ReferenceReport, RoundReport, ServerReport } from '../model/messages.ts';
import { FOLDED, type FoldedOutcome, type Outcome } from '../model/outcome.ts';
import type { Policy } from '../model/policy.ts';
import {
  type AddressHop,
  type Family,
  type Hop,
  QUERIES,
  type QueryResult,
  type QueryType,
  type Round,
  resultOf,
} from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import type { Verdict } from '../model/verdict.ts';
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
  /** The new or edited spec that cluster DNS had to catch up with, until long after it has. */
  readonly convergence?: Convergence;
  /** Since when rounds have found another spec served than ours, or none, in milliseconds. */
  readonly unmetAt?: number;
  /** Edits of `spec.externalName` seen, and the last one. */
  readonly specChanges: number;
  readonly lastEdit?: Edit;
  /** The servers, of those asked on their own, that do worse for this Service than pods are served. */
  readonly worse?: Readonly<Record<string, Worse>>;
  /** One of several servers failed it, and another did not, when the last round was made. */
  readonly wasSplit: boolean;
  /** The last finished round for the current target, without its single exchanges, which are counted elsewhere. */
  readonly round?: Round;
  /** The target that the round asked for: the spec may have been edited since. */
  readonly roundTarget?: string;
  readonly diagnosis: Diagnosis;
  /** What rounds for this target have left behind, for findings. */
  readonly trace: Trace;
  /** The worst first; the same array while nothing changes. */
  readonly findings: readonly Finding[];
  /** How reference resolvers see the target; absent where they are not asked. */
  readonly reference?: Disagreement;
  /** When the verdict became what it is, in milliseconds. */
  readonly since: number;
  readonly rounds: { readonly up: number; readonly down: number };
  readonly queries: readonly QueryStats[];
  readonly durations: Readonly<Record<Hop, Histogram>>;
  /** Whether the latest rounds were bad at first sight, oldest first. */
  readonly recent: readonly boolean[];
  /** What the last round that was bad at first sight said. */
  readonly lastBad?: Diagnosis;
  /** Rounds since the last one in which pods got what the spec says. */
  readonly sinceGood: number;
  /** Cluster DNS is silent as a whole, so that this Service was not asked about. */
  readonly silent: boolean;
  /** Milliseconds. */
  readonly lastProbeAt?: number;
  readonly lastSuccessAt?: number;
  /** What the target was answered lately; forgotten when the spec names another one. */
  readonly memory?: TargetMemory;
  /** Changes of the answer for the target, and when each kind was last seen, in milliseconds. */
  readonly changes: Readonly<Record<ChangeKind, number>>;
  readonly lastChange: Readonly<Partial<Record<ChangeKind, number>>>;
  /** Addresses in the target's last answer, sorted; kept over errors, empty after NODATA and NXDOMAIN. */
  readonly targetAddresses: Readonly<Partial<Record<Family, readonly string[]>>>;
}

export interface Convergence {
  /** From when the deadline runs: the first edit that was not met, in milliseconds. */
  readonly since: number;
  /** Cluster DNS has served it. */
  readonly met: boolean;
}

export interface Edit {
  /** Milliseconds. */
  readonly at: number;
  readonly from: string;
  /** The field manager. */
  readonly by?: string;
}

/** Whether a server answers its control query, and since when that is so, in milliseconds. */
export interface ServerState {
  readonly answers: boolean;
  readonly since: number;
}

export interface Worse {
  /** When it was seen last, or if `unmet` first, in milliseconds. */
  readonly at: number;
  /** It serves the alias as of another spec: that it may, until the convergence deadline. */
  readonly unmet: boolean;
}

/** What a verdict needs beside the record: settings, and the state of the whole. */
export type Surroundings = Omit<
  Evidence,
  | 'spec'
  | 'round'
  | 'converging'
  | 'silent'
  | 'alternating'
  | 'servers'
  | 'sinceGood'
  | 'wasSplit'
  | 'forbidden'
> &
  Pick<ProbeConfig, 'convergenceDeadlineMs' | 'recordTypes'> & {
    /** The servers that are asked on their own, by label. */
    readonly servers: ReadonlyMap<string, ServerState>;
    /** When Services were last listed, in milliseconds; 0 before. That a watch is accepted proves nothing yet. */
    readonly listedAt: number;
    readonly drift: DriftLimits;
    readonly policy: Policy;
  };

/** Of so many rounds ... */
const RECENT = 8;
/**
 * ... so many bad ones, good ones, and changes between the two mean that rounds alternate. An outage that
 * has ended is one change; lost packets alone do not make so many.
 */
const ALTERNATING = 3;

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
    durations: { app: emptyHistogram(), alias: emptyHistogram(), target: emptyHistogram() },
    targetAddresses: {},
  };
  return rediagnosed(record, around, now);
}

/** The spec as the API server has it now. An edited target leaves `up` and the counters as they are. */
export function specSeen(record: ServiceRecord, spec: ServiceSpec, now: number): ServiceRecord {
  const from = record.spec.externalName;
  if (spec.externalName === from) return { ...record, spec };
  const lastEdit = { at: now, from, ...(spec.editedBy ? { by: spec.editedBy } : {}) };
  const edited = { ...record, spec, lastEdit, specChanges: record.specChanges + 1 };
  if (spec.target === record.spec.target) return edited;
  // The deadline runs from the first edit that was not met, so that constant editing cannot hide a fault.
  const { convergence } = record;
  const since = convergence && !convergence.met ? convergence.since : now;
  const { memory: _memory, reference: _reference, unmetAt: _unmetAt, ...rest } = edited;
  return { ...rest, trace: NO_TRACE, convergence: { since, met: false } };
}

/** A finished round, or a look at the CNAME alone. Rounds of an older spec still count as queries. */
export function roundDone(
  record: ServiceRecord,
  report: RoundReport,
  around: Surroundings,
  now: number,
): ServiceRecord {
  const { round, unconfirmed, endedAt, silent } = report;
  const counted = countRound(countRound(record, unconfirmed, false), round, report.targetShared);
  if (report.target !== record.spec.target || report.settling) return counted;
  if (silent) {
    const rounds = { ...counted.rounds, down: counted.rounds.down + 1 };
    return rediagnosed({ ...counted, rounds, silent }, around, now);
  }
  const isMet = round.alias?.outcome === 'ok';
  const up = hasAddress(round.app, askedOf(record.spec, around).families);
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
  return rediagnosed(next, around, now);
}

/** Remembers how the round looked at first sight. */
function withLook(
  record: ServiceRecord,
  { round, unconfirmed, endedAt: now }: RoundReport,
  around: Surroundings,
): ServiceRecord {
  const first: Round = unconfirmed.app ? { ...round, ...unconfirmed } : round;
  const bad = isBad(first, askedOf(record.spec, around).families);
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
  const isWorseThere = isWorse(round, record.round, askedOf(record.spec, around).families);
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

function judge(
  record: ServiceRecord,
  round: Round | undefined,
  around: Surroundings,
  converging: boolean,
  forbidden: boolean,
  now: number,
): Diagnosis {
  const { spec, silent, recent, lastBad, sinceGood, wasSplit } = record;
  return diagnose({
    ...around,
    ...askedOf(spec, around),
    spec,
    silent,
    converging,
    forbidden,
    sinceGood,
    servers: serversOf(record, around, now),
    wasSplit,
    ...(round ? { round } : {}),
    ...(alternates(recent) && lastBad ? { alternating: lastBad } : {}),
  });
}

/** Of the servers that are asked on their own, how many fail this Service, and how many do not. */
function serversOf(
  { worse }: ServiceRecord,
  { servers, convergenceDeadlineMs }: Surroundings,
  now: number,
): Evidence['servers'] {
  const failing = [...servers].filter(([label, { answers, since }]) => {
    const seen = worse?.[label];
    if (!answers || !seen) return !answers;
    // What was seen while it did not answer says nothing once it does.
    return seen.unmet ? now - seen.at >= convergenceDeadlineMs : seen.at >= since;
  }).length;
  return { failing, serving: servers.size - failing };
}

function alternates(recent: readonly boolean[]): boolean {
  const bad = recent.filter(Boolean).length;
  const changes = recent.filter((isBad, i) => i > 0 && isBad !== recent[i - 1]).length;
  return Math.min(bad, recent.length - bad, changes) >= ALTERNATING;
}

/** Whether cluster DNS may still serve another spec than ours. */
function isConverging(
  { convergence }: ServiceRecord,
  { convergenceDeadlineMs }: Surroundings,
  now: number,
): boolean {
  return convergence !== undefined && now - convergence.since < convergenceDeadlineMs;
}

/** What blames cluster DNS for not serving the spec that we hold, which had better be the true one. */
const OF_SPEC: ReadonlySet<Verdict> = new Set(['alias_missing', 'alias_mismatch']);
/** When the API server has listed nothing for so long after it was asked, what we hold counts as stale. */
const LONGEST_DOUBT_MS = 10_000;
/** A list so short ago is as good as a new one: many Services may be contradicted one after the other. */
const FRESH_MS = 3_000;

/**
 * Since when cluster DNS has contradicted the spec that we hold, if the API server has not listed them since:
 * a connection may be dead without a sign, and it is we who are behind. Undefined where there is no doubt.
 */
export function doubtOf(
  { unmetAt }: ServiceRecord,
  { listedAt }: Pick<Surroundings, 'listedAt'>,
): number | undefined {
  return unmetAt !== undefined && listedAt + FRESH_MS < unmetAt ? unmetAt : undefined;
}

/** The same record judged anew, since what surrounds it has changed. */
export function rediagnosed(
  record: ServiceRecord,
  around: Surroundings,
  now: number,
): ServiceRecord {
  const { round } = record;
  const converging = isConverging(record, around, now);
  // Findings and policy look at answers for this very target; `up` is what pods get, until there are some.
  const own = record.roundTarget === record.spec.target ? round : undefined;
  const policy = judgePolicy(around.policy, record.spec, own);
  const isForbidden = policy.target !== undefined || policy.address !== undefined;
  const doubt = doubtOf(record, around);
  const isStale = around.stale || (doubt !== undefined && now - doubt >= LONGEST_DOUBT_MS);
  const judged = judge(record, round, { ...around, stale: isStale }, converging, isForbidden, now);
  // Until the API server has confirmed what we hold, the old verdict stands.
  const isHeld = doubt !== undefined && !isStale && OF_SPEC.has(judged.verdict);
  const diagnosis = isHeld ? record.diagnosis : judged;
  const isSame = diagnosis.verdict === record.diagnosis.verdict;
  const evidence = {
    spec: record.spec,
    ...(own ? { round: own } : {}),
    trace: record.trace,
    families: askedOf(record.spec, around).families,
    clusterDomain: around.clusterDomain,
    inLoop: around.inLoop,
    policy,
    splitHorizon: record.reference?.splitHorizon ?? false,
  };
  const findings = findingsOf(evidence, record.findings);
  return { ...record, diagnosis, findings, since: isSame ? record.since : now };
}

const NONE: readonly never[] = [];

/** What is kept of ten thousand Services for a whole interval had better be small. */
function withoutExchanges(round: Round): Round {
  const slim = (result: QueryResult): QueryResult => ({ ...result, exchanges: NONE });
  const slimHop = ({ A, AAAA }: AddressHop): AddressHop => ({
    ...(A ? { A: slim(A) } : {}),
    ...(AAAA ? { AAAA: slim(AAAA) } : {}),
  });
  const { app, alias, target, qualified } = round;
  return {
    ...(app ? { app: slimHop(app) } : {}),
    ...(alias ? { alias: slim(alias) } : {}),
    ...(target ? { target: slimHop(target) } : {}),
    ...(qualified ? { qualified } : {}),
  };
}

const NO_CHANGES: Readonly<Record<ChangeKind, number>> = {
  addresses: 0,
  replaced: 0,
  network: 0,
  chain: 0,
};

/** What the target hop answered, and how that differs from what it answered before. */
function withTarget(
  record: ServiceRecord,
  { target }: Round,
  limits: DriftLimits,
  now: number,
): Partial<ServiceRecord> {
  const { targetAddresses, memory: before } = record;
  const ipv4 = addressesOf(target?.A, targetAddresses.ipv4);
  const ipv6 = addressesOf(target?.AAAA, targetAddresses.ipv6);
  const isSame = ipv4 === targetAddresses.ipv4 && ipv6 === targetAddresses.ipv6;
  const addresses = isSame
    ? {}
    : { targetAddresses: { ...(ipv4 ? { ipv4 } : {}), ...(ipv6 ? { ipv6 } : {}) } };
  const answered = [target?.A, target?.AAAA].find((result) => result?.outcome === 'ok');
  if (!answered) return addresses;
  const all =
    ipv4?.length && ipv6?.length ? [...ipv4, ...ipv6] : ipv4?.length ? ipv4 : (ipv6 ?? []);
  const chain = answered.chain.map(({ name }) => name);
  const { memory, changes } = observe(before, { addresses: all, chain }, limits, now);
  if (changes.length === 0) return { ...addresses, memory };
  const counts = { ...record.changes };
  for (const kind of changes) counts[kind]++;
  const times = Object.fromEntries(changes.map((kind) => [kind, now]));
  return {
    ...addresses,
    memory,
    changes: counts,
    lastChange: { ...record.lastChange, ...times },
  };
}

const EMPTY_ANSWERS: ReadonlySet<Outcome> = new Set(['nodata', 'bare_cname', 'nxdomain']);

/** Sorted; the same array as before where nothing is new, and after an error. */
function addressesOf(
  result: QueryResult | undefined,
  before: readonly string[] | undefined,
): readonly string[] | undefined {
  if (!result || (result.outcome !== 'ok' && !EMPTY_ANSWERS.has(result.outcome))) return before;
  const now = [...result.addresses].sort();
  const isSame = before?.length === now.length && before.every((address, i) => address === now[i]);
  return isSame ? before : now;
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
