import {
  type ExtendedError,
  extendedErrorRow,
  extendedErrorText,
  mainExtendedError,
} from '../model/extended-error.ts';
import { isFailure } from '../model/outcome.ts';
import type { AddressHop, QueryResult } from '../model/round.ts';
import type { Diagnosis } from '../model/verdict.ts';
import { printable } from './finding.ts';
import { lastName } from './outcomes.ts';

/** The reason that the server gives for a missing address of one type or both (RFC 8914). */
export interface Reason {
  readonly error: ExtendedError;
  /** The name at the end of the chain. */
  readonly name: string;
  /** `address:port`. */
  readonly server: string;
}

/** The most specific reason; undefined if the server gives none. */
export function reasonOf(target: string, hop: AddressHop | undefined): Reason | undefined {
  const { A, AAAA } = hop ?? {};
  // The common case: almost no target has one.
  if (!A?.extendedErrors && !AAAA?.extendedErrors) return undefined;
  const unanswered = [A, AAAA].filter((result) => result && result.outcome !== 'ok');
  const [result] = unanswered.toSorted((a, b) => rankOf(a) - rankOf(b));
  const error = mainExtendedError(result?.extendedErrors ?? []);
  if (!result || !error || extendedErrorRow(error.code).name === 'synthesized') return undefined;
  return { error, name: lastName(target, hop), server: result.server };
}

/** Errors before negative answers, and results with a reason before results without one. */
function rankOf(result: QueryResult | undefined): number {
  if (!result?.extendedErrors) return 2;
  return isFailure(result.outcome) ? 0 : 1;
}

/** The same diagnosis. If it is about the target, its evidence begins with the server's reason. */
export function withReason(
  diagnosis: Diagnosis,
  target: string,
  hop: AddressHop | undefined,
): Diagnosis {
  const { blame, evidence } = diagnosis;
  if (blame !== 'target' && blame !== 'upstream_dns') return diagnosis;
  const reason = reasonOf(target, hop);
  if (!reason) return diagnosis;
  const sentence = sentenceOf(reason);
  const all = evidence === undefined ? sentence : `${sentence} ${evidence}`;
  return { ...diagnosis, evidence: printable(all) };
}

function sentenceOf({ error, name, server }: Reason): string {
  const quoted = error.text === '' ? '' : ` ("${error.text}")`;
  return `The DNS server ${server} gives the reason: ${extendedErrorText(error, name)}${quoted}.`;
}
