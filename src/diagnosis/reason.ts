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

/** Why a target has no address of one type or both, in the words of the server (RFC 8914). */
export interface Reason {
  readonly error: ExtendedError;
  /** The name at the end of the chain. */
  readonly name: string;
  /** `address:port`. */
  readonly server: string;
}

/** The reason that says most; undefined where the server gives none. */
export function reasonOf(target: string, hop: AddressHop | undefined): Reason | undefined {
  const { A, AAAA } = hop ?? {};
  // Nearly every target.
  if (!A?.extendedErrors && !AAAA?.extendedErrors) return undefined;
  const unanswered = [A, AAAA].filter((result) => result && result.outcome !== 'ok');
  const [result] = unanswered.toSorted((a, b) => rankOf(a) - rankOf(b));
  const error = mainExtendedError(result?.extendedErrors ?? []);
  if (!result || !error || extendedErrorRow(error.code).name === 'synthesized') return undefined;
  return { error, name: lastName(target, hop), server: result.server };
}

/** Errors before negative answers, those with a reason before those without. */
function rankOf(result: QueryResult | undefined): number {
  if (!result?.extendedErrors) return 2;
  return isFailure(result.outcome) ? 0 : 1;
}

/** The same diagnosis, with the reason of the server as its evidence where it is about the target and has no other. */
export function withReason(
  diagnosis: Diagnosis,
  target: string,
  hop: AddressHop | undefined,
): Diagnosis {
  const { blame, evidence } = diagnosis;
  if (evidence !== undefined || (blame !== 'target' && blame !== 'upstream_dns')) return diagnosis;
  const reason = reasonOf(target, hop);
  return reason ? { ...diagnosis, evidence: sentenceOf(reason) } : diagnosis;
}

function sentenceOf({ error, name, server }: Reason): string {
  const quoted = error.text === '' ? '' : ` ("${error.text}")`;
  const text = `${extendedErrorText(error, name)}${quoted}`;
  return printable(`The DNS server ${server} gives the reason: ${text}.`);
}
