/** What a server says beside its answer: which zone denies the name, and why it failed. */
import { type ExtendedError, extendedErrorRow } from '../../model/extended-error.ts';
import type { NegativeAnswer, QueryResult } from '../../model/round.ts';

export interface ExtendedErrorView extends ExtendedError {
  /** As labels have it. */
  readonly name: string;
  readonly meaning: string;
}

export interface Reasons {
  /** Absent unless the answer is negative, and has a SOA. */
  readonly negative?: NegativeAnswer;
  /** Absent unless the server gives some. */
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
