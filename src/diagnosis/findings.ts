import { type Finding, LEVELS, NO_FINDINGS, RULES } from '../model/finding.ts';
import { addressFindings, CHECKS } from './answer-findings.ts';
import type { Context } from './context.ts';
import { specFindings } from './spec-findings.ts';

/**
 * What is found, the worst first. `previous` is what was found before: the same array comes back where
 * nothing has changed, and one array for all where nothing is found. It runs on every round of every
 * Service: nothing is made where nothing is found.
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

/** The worst first, and in the order of the rules where they are equally bad. */
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
