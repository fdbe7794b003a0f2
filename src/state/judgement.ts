/** What is made of a record: its verdict and findings, from its rounds and what surrounds it. */
import { findingsOf } from '../diagnosis/findings.ts';
import { judgePolicy } from '../diagnosis/policy.ts';
import { type Diagnosis, diagnose, type Evidence } from '../diagnosis/verdict.ts';
import type { Family, Round } from '../model/round.ts';
import type { Verdict } from '../model/verdict.ts';
import { withVerdict } from './history.ts';
import type { ServiceRecord, Surroundings } from './record.ts';

/**
 * So many bad rounds, good ones, and changes between the two, of those that a record remembers, mean that rounds
 * alternate. An outage that has ended is one change; lost packets alone do not make so many.
 */
const ALTERNATING = 3;

/** What a round says of the record's Service. */
export function judge(
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
    families: spec.settings.families,
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
export function serversOf(
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
export function isConverging(
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

/** What a round beside the regular ones says, and what of the whole was heeded for it. */
export interface Ruling {
  readonly diagnosis: Diagnosis;
  /** What the regular rounds say, and since when, in milliseconds. */
  readonly published: Diagnosis;
  readonly since: number;
  /** Families that pods can use and that are asked for. */
  readonly families: readonly Family[];
  readonly heeded: Pick<
    Surroundings,
    'control' | 'stale' | 'inLoop' | 'upstreamFailing' | 'refusingMany' | 'lossy'
  > & {
    readonly converging: boolean;
    readonly forbidden: boolean;
    readonly servers: Evidence['servers'];
  };
}

/** Judges a round by itself, without what earlier rounds say of it: the record stays as it is. */
export function ruled(
  record: ServiceRecord,
  round: Round,
  around: Surroundings,
  now: number,
): Ruling {
  const { lastBad: _lastBad, unmetAt: _unmetAt, ...rest } = record;
  const { target } = record.spec;
  const alone = { ...rest, round, roundTarget: target, silent: false };
  const { control, stale, inLoop, upstreamFailing, refusingMany, lossy } = around;
  const policy = judgePolicy(around.policy, record.spec, round);
  return {
    diagnosis: rediagnosed(alone, around, now).diagnosis,
    published: record.diagnosis,
    since: record.since,
    families: record.spec.settings.families,
    heeded: {
      ...(control ? { control } : {}),
      ...(lossy ? { lossy } : {}),
      stale,
      inLoop,
      upstreamFailing,
      refusingMany,
      converging: isConverging(record, around, now),
      forbidden: policy.target !== undefined || policy.address !== undefined,
      servers: serversOf(record, around, now),
    },
  };
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
    families: record.spec.settings.families,
    clusterDomain: around.clusterDomain,
    inLoop: around.inLoop,
    policy,
    splitHorizon: record.reference?.splitHorizon ?? false,
  };
  const findings = findingsOf(evidence, record.findings);
  const history = withVerdict(record.history, diagnosis, now);
  return { ...record, diagnosis, findings, history, since: isSame ? record.since : now };
}
