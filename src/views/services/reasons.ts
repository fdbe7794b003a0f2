/**
 * Details that a server adds to its answer: the zone that denies the name, and the reason for a
 * failure.
 */
import { extendedErrorRow } from '../../model/extended-error.ts';
import type { QueryResult } from '../../model/round.ts';
import { count, listOf, type ObjectOf, object, optional, text } from '../schema.ts';

/** Details that a server adds to its answer; both may be absent. */
export const REASONS = {
  negative: optional(
    object(
      {
        zone: text(
          'The owner of the SOA: the zone that says that there is no such name or record.',
        ),
        ttl: count('Seconds for which the server may still keep the answer.'),
        minimum: count('Seconds for which the zone lets any resolver keep it.'),
      },
      'The SOA of a negative answer (RFC 2308); absent without one.',
    ),
  ),
  extendedErrors: optional(
    listOf(
      object({
        code: count('INFO-CODE.'),
        name: text('Its name, as in labels; unassigned for codes that are not in the registry.'),
        meaning: text('Of the code.'),
        text: text('As the server wrote it, at most 200 characters; empty where there is none.'),
      }),
      'Reasons that the server gives (RFC 8914); absent without any.',
    ),
  ),
};

export type Reasons = ObjectOf<typeof REASONS>;

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
