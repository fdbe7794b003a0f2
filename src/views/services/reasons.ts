/**
 * Details that a server adds to its answer: the zone that denies the name, and the reason for a
 * failure.
 */
import { type ExtendedError, extendedErrorRow } from '../../model/extended-error.ts';
import type { NegativeAnswer, QueryResult } from '../../model/round.ts';

export interface ExtendedErrorView extends ExtendedError {
  /** The same as in labels. */
  readonly name: string;
  readonly meaning: string;
}

export interface Reasons {
  /** Absent unless the answer is negative and has a SOA. */
  readonly negative?: NegativeAnswer;
  /** Absent if the server gives none. */
  readonly extendedErrors?: readonly ExtendedErrorView[];
}

export function reasonsOf({
  negative,
  extendedErrors,
}: Pick<QueryResult, 'negative' | 'extendedErrors'>): Reasons {
  return {
    ...(negative ? { negative } : {}),
    ...(extendedErrors
      ? {
          extendedErrors: extendedErrors.map((error) => ({
            ...extendedErrorRow(error.code),
            ...error,
          })),
        }
      : {}),
  };
}
