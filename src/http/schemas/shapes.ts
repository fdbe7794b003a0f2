/** What schemas are made of: JSON Schemas of single values, each with what it means. */
import { LEVELS, RULES } from '../../model/finding.ts';
import { OUTCOMES } from '../../model/outcome.ts';
import { HOPS } from '../../model/round.ts';
import { BLAMES, VERDICTS } from '../../model/verdict.ts';

export type Schema = Readonly<Record<string, unknown>>;
export type Properties = Readonly<Record<string, Schema>>;

/** The longest name of a namespace or Service (RFC 1123 label; Services are RFC 1035 labels). */
export const NAME = { type: 'string', minLength: 1, maxLength: 63 } as const;

export const words = (all: readonly string[], description: string): Schema => ({
  type: 'string',
  enum: all,
  description,
});
export const several = (items: Schema, description: string): Schema => ({
  type: 'array',
  items,
  maxItems: 50,
  description: `${description} May be given several times: any of them.`,
});
export const text = (description: string): Schema => ({ type: 'string', description });
export const count = (description: string): Schema => ({
  type: 'integer',
  minimum: 0,
  description,
});
export const seconds = (description: string): Schema => ({
  type: 'number',
  minimum: 0,
  description,
});
export const flag = (description: string): Schema => ({ type: 'boolean', description });
export const time = (description: string): Schema => ({
  type: 'string',
  format: 'date-time',
  description,
});
export const listOf = (items: Schema, description: string): Schema => ({
  type: 'array',
  items,
  description,
});
export const counts = (description: string): Schema => ({
  type: 'object',
  additionalProperties: { type: 'integer' },
  description,
});

/** Of these properties those that are in `optional` may be absent. */
export function object(
  properties: Properties,
  optional: readonly string[] = [],
  description = '',
): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, ...(description ? { description } : {}) };
}

export const VERDICT = words(Object.keys(VERDICTS), 'What is wrong: see docs/verdicts.md.');
export const BLAME = words(Object.keys(BLAMES), 'Where to look.');
export const RULE = words(RULES, 'See docs/findings.md.');
export const LEVEL = words(LEVELS, 'How bad it is.');
export const OUTCOME = words(Object.keys(OUTCOMES), 'The result of one query.');
export const HOP = words(
  HOPS,
  'app: what a pod asks. alias: its CNAME. target: the target itself.',
);
export const TYPE = words(['A', 'AAAA', 'CNAME'], 'The question type.');

/** What a server says beside its answer; both may be absent. */
export const REASONS = {
  negative: object(
    {
      zone: text('The owner of the SOA: the zone that says that there is no such name or record.'),
      ttl: count('Seconds for which the server may still keep the answer.'),
      minimum: count('Seconds for which the zone lets any resolver keep it.'),
    },
    [],
    'The SOA of a negative answer (RFC 2308); absent without one.',
  ),
  extendedErrors: listOf(
    object({
      code: count('INFO-CODE.'),
      name: text('Its name, as labels have it; unassigned for codes that are not in the registry.'),
      meaning: text('Of the code.'),
      text: text('As the server wrote it, at most 200 characters; empty where there is none.'),
    }),
    'Reasons that the server gives (RFC 8914); absent without any.',
  ),
} as const;
export const OPTIONAL_REASONS = ['negative', 'extendedErrors'];
