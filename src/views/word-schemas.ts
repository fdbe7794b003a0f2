/** Schemas of the bounded words of the model, and of Kubernetes names. */
import { FINDINGS, LEVELS } from '../model/finding.ts';
import { OUTCOMES } from '../model/outcome.ts';
import { HOPS } from '../model/round.ts';
import { BLAMES, VERDICTS } from '../model/verdict.ts';
import { type Schema, wordOf, words } from './schema.ts';

/** The longest name of a namespace or Service (RFC 1123 label; Services are RFC 1035 labels). */
export const MAX_NAME = 63;
/** Maximum length of a DNS name, as text. */
export const MAX_DOMAIN = 253;

export const NAME: Schema<string> = { type: 'string', minLength: 1, maxLength: MAX_NAME };
export const VERDICT = wordOf(VERDICTS, 'The verdict: see docs/verdicts.md.');
export const BLAME = wordOf(BLAMES, 'The component at fault.');
export const RULE = wordOf(FINDINGS, 'See docs/findings.md.');
export const LEVEL = words(LEVELS, 'The severity.');
export const OUTCOME = wordOf(OUTCOMES, 'The result of one query.');
export const OUTCOME_MEANING = 'The meaning of the outcome.';
export const HOP = words(
  HOPS,
  'app: the query of a pod. alias: its CNAME. target: the target itself.',
);
export const TYPE = words(['A', 'AAAA', 'CNAME'], 'The question type.');

export const UP: Schema<0 | 1> = {
  type: 'integer',
  enum: [0, 1],
  description: 'Whether pods get an address; absent if unknown.',
};
