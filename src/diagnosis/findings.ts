import { type Finding, LEVELS, NO_FINDINGS, RULES } from '../model/finding.ts';
import { addressFindings, CHECKS } from './answer-findings.ts';
import type { Context } from './context.ts';
import { specFindings } from './spec-findings.ts';

/**
 * All findings, most severe first. `previous` is the last result. The function returns that same
 * array if nothing has changed, and one shared array if there are no findings. It runs in every
 * round of every Service, so it allocates nothing without findings.
 */
export function findingsOf(
  context: Context,
  previous: readonly Finding[] = NO_FINDINGS,
): readonly Finding[] {
  let found = joined(specFindings(context.spec, context.clusterDomain), addressFindings(context));
  for (const check of CHECKS) {
    const one = check(context);
    if (one) found = [...found, one];
  }
  if (found.length === 0) return NO_FINDINGS;
  const sorted = found.toSorted(byWeight);
  return areSame(sorted, previous) ? previous : sorted;
}

function joined(a: readonly Finding[], b: readonly Finding[]): readonly Finding[] {
  if (b.length === 0) return a;
  return a.length === 0 ? b : [...a, ...b];
}

/** Most severe first; findings of the same level keep the order of the rules. */
function byWeight(a: Finding, b: Finding): number {
  const levels = LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level);
  return levels || RULES.indexOf(a.rule) - RULES.indexOf(b.rule);
}

function areSame(found: readonly Finding[], previous: readonly Finding[]): boolean {
  return (
    found.length === previous.length &&
    found.every(({ rule, level, detail }, i) => {
      const other = previous[i];
      return rule === other?.rule && level === other.level && detail === other.detail;
    })
  );
}
