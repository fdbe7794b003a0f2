/** Verdicts as numbers, each with its color. */
import type { ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import { VERDICT_COLORS, VERDICTS } from '../src/model/verdict.ts';
import { meanings } from './panels.ts';
import { SERVICE } from './queries.ts';

/** Best first, so that the worst counts if replicas differ. */
const BEST_FIRST: readonly (readonly [string, string])[] = Object.entries(VERDICTS)
  .map(([verdict, { color }]) => [verdict, color] as const)
  .sort(([, a], [, b]) => VERDICT_COLORS.indexOf(a) - VERDICT_COLORS.indexOf(b));

/** The number of each Service's verdict: its index in the list above. */
export function verdictNumber(selected: string): string {
  const each = BEST_FIRST.map(
    ([verdict], number) =>
      `${number} * externalname_service_verdict{${selected}, verdict="${verdict}"}`,
  );
  return `max by (${SERVICE}) (${each.join(' or ')})`;
}

export function verdictMeanings(): ValueMapping[] {
  return meanings(...BEST_FIRST);
}
