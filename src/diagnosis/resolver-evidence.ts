/**
 * Answers of the resolvers behind cluster DNS for a target that cluster DNS does not resolve, and
 * the conclusions from them.
 */
import {
  type ExtendedError,
  extendedErrorRow,
  extendedErrorText,
  mainExtendedError,
} from '../model/extended-error.ts';
import { ALL_ZONES } from '../model/forward.ts';
import { isFailure, kindOf, OUTCOMES } from '../model/outcome.ts';
import type { ResolverAnswer } from '../model/resolver.ts';
import type { AddressType, QueryResult } from '../model/round.ts';
import type { Diagnosis } from '../model/verdict.ts';
import type { Context } from './context.ts';
import { printable } from './finding.ts';
import { failingTypes, lastName } from './outcomes.ts';
import { targetHop } from './trace.ts';

export interface ResolverEvidence {
  readonly target: string;
  readonly answers: readonly ResolverAnswer[];
  /** When the last round of the Service ended, and when the last good round before it ended. */
  readonly roundAt: number;
  readonly goodAt: number;
}

/** Without a blame it proves nothing on its own. */
export interface Proof {
  readonly blame?: Diagnosis['blame'];
  readonly evidence: string;
}

/**
 * How long cluster DNS may repeat an error from its cache: 5 s in CoreDNS (plugin `cache`,
 * `servfail`).
 */
const SETTLED_MS = 10_000;
/** Maximum number of resolvers that a sentence names. */
const MOST_NAMED = 4;
/** The resolver serves an expired answer because it gets no new one (RFC 8767). */
const STALE = new Set(['stale_answer', 'stale_nxdomain_answer']);

/** A resolver's answer to the queries that failed at cluster DNS. */
type Says = 'address' | 'negative' | 'missing' | 'error' | 'silence';

interface Voice {
  readonly answer: ResolverAnswer;
  readonly says: Says;
  /** The result with that answer. */
  readonly result: QueryResult;
  readonly error?: ExtendedError;
}

/**
 * The same diagnosis, with the blame and the evidence that the resolvers behind cluster DNS prove.
 * It changes only if the target fails at cluster DNS for a reason outside the target.
 */
export function withProof(diagnosis: Diagnosis, context: Context): Diagnosis {
  const { resolvers, round, upstreamDown, upstreamFailing } = context;
  const { blame } = diagnosis;
  // A verdict that is kept has the evidence of an earlier proof.
  const evidence = diagnosis === context.published ? undefined : diagnosis.evidence;
  if (!resolvers || !round || (blame !== 'target' && blame !== 'upstream_dns')) return diagnosis;
  const types = failingTypes(targetHop(round, context.spec.settings.families, context.trace));
  const proof = types.length > 0 ? proofOf(resolvers, types, upstreamFailing) : undefined;
  if (!proof) return diagnosis;
  // A negative answer may be cached for as long as its zone allows.
  const isOfMissing = diagnosis.verdict === 'target_nxdomain' && proof.blame === 'cluster_dns';
  // The upstream sensor tests the path from cluster DNS to its resolvers. This monitor's own
  // queries take another path.
  const isOfSensor = upstreamDown && proof.blame !== 'upstream_dns';
  if (proof.blame === undefined || isOfMissing || isOfSensor) {
    const all = evidence === undefined ? proof.evidence : `${proof.evidence} ${evidence}`;
    return { ...diagnosis, evidence: printable(all) };
  }
  return { ...diagnosis, blame: proof.blame, evidence: printable(proof.evidence) };
}

/**
 * @param types the types that failed at cluster DNS
 * @param upstreamFailing other domains fail as well
 * @returns undefined if no resolver has answered
 */
export function proofOf(
  evidence: ResolverEvidence,
  types: readonly AddressType[],
  upstreamFailing: boolean,
): Proof | undefined {
  const voices = evidence.answers.flatMap((answer) => voiceOf(answer, types) ?? []);
  return voices.length > 0 ? weighed(evidence, voices, upstreamFailing) : undefined;
}

function weighed(
  evidence: ResolverEvidence,
  voices: readonly Voice[],
  upstreamFailing: boolean,
): Proof | undefined {
  const { target } = evidence;
  const answering = voices.filter(({ says }) => says === 'address' || says === 'negative');
  const others = voices.filter((voice) => !answering.includes(voice));
  const where = whereOf(voices);
  if (others.length === 0) return allAnswer(evidence, voices, where);

  const invalid = others.filter(({ error }) => error && isDnssec(error));
  if (invalid.length > 0) {
    const why = `${namesOf(invalid)} ${verb(invalid, 'validates', 'validate')} DNSSEC and ${verb(invalid, 'rejects', 'reject')} the answer (${reasonOf(invalid, target)})`;
    const beside =
      answering.length > 0
        ? `; ${namesOf(answering)} ${verb(answering, 'answers', 'answer')} without validating`
        : '';
    return { blame: 'target', evidence: `${where}${why}${beside}.` };
  }
  const isDown = ({ answer, says }: Voice): boolean =>
    says === 'silence' && answer.health === 'silent';
  if (answering.length > 0) {
    const text = `${where}${namesOf(answering)} ${verb(answering, 'answers', 'answer')} for ${target}; ${othersText(others, target)}.`;
    const isProven = others.some(
      (voice) =>
        isDown(voice) ||
        voice.result.outcome === 'refused' ||
        voice.says === 'missing' ||
        voice.answer.health === 'fails' ||
        voice.answer.health === 'unproven',
    );
    // A resolver that has the answer in its cache hides a failing name server for a while.
    if (isProven || answering.some(({ answer }) => answer.isFresh)) {
      return { blame: 'upstream_dns', evidence: text };
    }
    return { evidence: text };
  }
  // A resolver that has never replied may be unreachable for this monitor only.
  const known = others.filter(
    ({ answer, says }) => says !== 'silence' || answer.health !== 'unproven',
  );
  if (known.length === 0) return undefined;
  if (known.every((voice) => isDown(voice) || voice.answer.health === 'fails')) {
    const text = known.every(isDown)
      ? `${where}${namesOf(known)} ${verb(known, 'does', 'do')} not reply, to other questions as well.`
      : `${where}${othersText(known, target)}; other questions fail there as well.`;
    return { blame: 'upstream_dns', evidence: text };
  }
  const text = `${where}Asked directly, ${othersText(known, target)}.`;
  return upstreamFailing ? { evidence: text } : { blame: 'target', evidence: text };
}

/**
 * Cluster DNS may still repeat an error from its cache. Only an error that is much later is its
 * own.
 */
function allAnswer(
  { target, roundAt, goodAt }: ResolverEvidence,
  voices: readonly Voice[],
  where: string,
): Proof {
  const isSettled = voices.every(
    ({ answer: { since = Infinity, endedAt } }) =>
      endedAt > goodAt && roundAt - Math.max(since, goodAt) >= SETTLED_MS,
  );
  const all = voices.length === 1 ? 'answers' : 'all answer';
  const evidence = `${where}Asked directly, ${namesOf(voices)} ${all} for ${target}; cluster DNS does not.`;
  return isSettled ? { blame: 'cluster_dns', evidence } : { evidence };
}

function voiceOf(answer: ResolverAnswer, types: readonly AddressType[]): Voice | undefined {
  const asked = types.flatMap((type) => answer.hop[type] ?? []);
  const results = asked.length > 0 ? asked : Object.values(answer.hop);
  const [worst] = results.toSorted((a, b) => rankOf(a) - rankOf(b));
  if (!worst) return undefined;
  const error = mainExtendedError(worst.extendedErrors ?? []);
  const isStale = worst.extendedErrors?.some(({ code }) => STALE.has(extendedErrorRow(code).name));
  return {
    answer,
    says: isStale ? 'error' : saysOf(worst),
    result: worst,
    ...(error ? { error } : {}),
  };
}

function rankOf({ outcome }: QueryResult): number {
  if (isFailure(outcome)) return 0;
  return outcome === 'nxdomain' ? 1 : 2;
}

function saysOf({ outcome }: QueryResult): Says {
  const kind = kindOf(outcome);
  if (kind === 'silence' || kind === 'error' || kind === 'missing') return kind;
  return outcome === 'ok' ? 'address' : 'negative';
}

function isDnssec({ code }: ExtendedError): boolean {
  return extendedErrorRow(code).meaning.startsWith('DNSSEC');
}

/**
 * The names of one zone may belong to one company, and then its resolvers are upstream of no other
 * names.
 */
function whereOf([first]: readonly Voice[]): string {
  const { zone = ALL_ZONES } = first?.answer ?? {};
  return zone === ALL_ZONES ? '' : `Cluster DNS forwards ${zone} to resolvers of its own. `;
}

function namesOf(voices: readonly Voice[]): string {
  const names = voices.slice(0, MOST_NAMED).map(({ answer }) => answer.server);
  const more = voices.length - names.length;
  if (more > 0) return `${names.join(', ')} and ${more} more`;
  const last = names.pop() ?? '';
  return names.length > 0 ? `${names.join(', ')} and ${last}` : last;
}

function othersText(voices: readonly Voice[], target: string): string {
  const named = voices.slice(0, MOST_NAMED).map((voice) => failureText(voice, target));
  const more = voices.length - named.length;
  return `${named.join('; ')}${more > 0 ? `; ${more} more fail` : ''}`;
}

function failureText({ answer, says, result, error }: Voice, target: string): string {
  const { server, health } = answer;
  if (says === 'silence') {
    if (health === 'silent') return `${server} does not reply, to other questions as well`;
    return health === 'unproven' ? `${server} has never replied` : `${server} does not reply`;
  }
  if (says === 'missing') return `${server} says that it does not exist`;
  const rcode =
    OUTCOMES[result.outcome].kind === 'error' ? result.outcome.toUpperCase() : 'an error';
  const reason = error ? ` (${extendedErrorText(error, lastName(target, answer.hop))})` : '';
  return `${server} answers ${rcode}${reason}`;
}

function reasonOf([first]: readonly Voice[], target: string): string {
  return first?.error ? extendedErrorText(first.error, lastName(target, first.answer.hop)) : '';
}

function verb(voices: readonly Voice[], one: string, several: string): string {
  return voices.length === 1 ? one : several;
}
