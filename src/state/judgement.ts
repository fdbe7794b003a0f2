/** What is made of a record: its verdict and findings, from its rounds and what surrounds it. */
import type { Context } from '../diagnosis/context.ts';
import { findingsOf } from '../diagnosis/findings.ts';
import { judgePolicy } from '../diagnosis/policy.ts';
import type { ResolverEvidence } from '../diagnosis/resolver-evidence.ts';
import { diagnose } from '../diagnosis/verdict.ts';
import type { Round } from '../model/round.ts';
import { isInZone } from '../model/service.ts';
import { type Diagnosis, VERDICTS } from '../model/verdict.ts';
import { badSinceAfter } from './bad-since.ts';
import { withVerdict } from './history.ts';
import type { Around, ServiceRecord } from './record.ts';

/** All that the verdict and the findings of a record are made from. */
export function contextOf(record: ServiceRecord, around: Around): Context {
  const { spec, round, roundTarget, trace, silence, reference, signed, diagnosis } = record;
  const isOwnRound = roundTarget === spec.target;
  return {
    ...around,
    spec,
    ...(round ? { round } : {}),
    isOwnRound,
    trace,
    converging: record.convergingSince !== undefined,
    ...(silence ? { silence } : {}),
    servers: serversOf(record, around),
    // Policy looks at answers for this very target.
    policy: judgePolicy(around.policy, spec, isOwnRound ? round : undefined),
    ...(signed ? { signed } : {}),
    splitHorizon: reference?.splitHorizon ?? false,
    ...(around.resolverAnswers
      ? { resolvers: resolversOf(record, around.finalTarget, around.resolverAnswers) }
      : {}),
    published: diagnosis,
  };
}

function resolversOf(
  { lastProbeAt = 0, lastSuccessAt = 0 }: ServiceRecord,
  target: string,
  answers: ResolverEvidence['answers'],
): ResolverEvidence {
  return { target, answers, roundAt: lastProbeAt, goodAt: lastSuccessAt };
}

/** Of the servers that are asked on their own, how many fail this Service, and how many do not. */
export function serversOf(
  { failingServers }: ServiceRecord,
  { servers, finalTarget, clusterDomain }: Around,
): Context['servers'] {
  const isForwarded = !isInZone(finalTarget, clusterDomain);
  const failing = [...servers].filter(
    ([label, { answers, forwards }]) =>
      !answers || (isForwarded && !forwards) || failingServers.includes(label),
  ).length;
  return { failing, serving: servers.size - failing };
}

/** When the API server has listed nothing for so long after it was asked, what we hold counts as stale. */
const LONGEST_DOUBT_MS = 20_000;
/** A list so short ago is as good as a new one: many Services may be contradicted one after the other. */
const FRESH_MS = 3_000;

/**
 * Since when cluster DNS has contradicted the spec that we hold, if the API server has not listed them since:
 * a connection may be dead without a sign, and it is we who are behind. Undefined where there is no doubt.
 */
export function doubtOf(
  { unmetAt }: ServiceRecord,
  { listedAt }: Pick<Around, 'listedAt'>,
): number | undefined {
  return unmetAt !== undefined && listedAt + FRESH_MS < unmetAt ? unmetAt : undefined;
}

/** What a round beside the regular ones says, and what of the whole it rests on. */
export interface Ruling {
  readonly diagnosis: Diagnosis;
  /** Since when the regular rounds have said `published` of the context, in milliseconds. */
  readonly since: number;
  readonly context: Context;
}

/** Judges a round by itself, without what earlier rounds say of it: the record stays as it is. */
export function ruled(record: ServiceRecord, round: Round, around: Around): Ruling {
  const { silence: _silence, ...rest } = record;
  const trace = { ...record.trace, recent: [], unanswered: Number.POSITIVE_INFINITY };
  const context = contextOf({ ...rest, round, roundTarget: record.spec.target, trace }, around);
  return { diagnosis: diagnose(context), since: record.since, context };
}

/** The same record judged again, since what surrounds it has changed. */
export function rediagnosed(record: ServiceRecord, around: Around, now: number): ServiceRecord {
  const context = contextOf(record, around);
  const doubt = doubtOf(record, around);
  const isStale = around.stale || (doubt !== undefined && now - doubt >= LONGEST_DOUBT_MS);
  const judged = diagnose({ ...context, stale: isStale });
  // Until the API server has confirmed what we hold, the old verdict stands.
  const isHeld = doubt !== undefined && !isStale && VERDICTS[judged.verdict].contradictsSpec;
  const diagnosis = isHeld ? record.diagnosis : judged;
  const isSame = diagnosis.verdict === record.diagnosis.verdict;
  const findings = findingsOf(context, record.findings);
  const history = withVerdict(record.history, diagnosis, now);
  const badSince = badSinceAfter(record, diagnosis, now);
  const since = isSame ? record.since : now;
  return { ...record, diagnosis, findings, history, since, badSince };
}
