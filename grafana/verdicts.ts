/** Verdicts as numbers, for a lane in which each has its colour. Better ones first: of replicas that differ the worst counts. */
import type { ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Verdict } from '../src/model/verdict.ts';
import { meanings } from './panels.ts';
import { SERVICE } from './queries.ts';

/** Green: all is well. Blue: nothing is known. Orange: pods get an address, but. Red: they get none. */
export const VERDICT_COLORS: readonly (readonly [Verdict, string])[] = [
  ['healthy', 'green'],
  ['pending', 'light-blue'],
  ['unknown', 'blue'],
  ['degraded', 'yellow'],
  ['family_failing', 'light-orange'],
  ['alias_mismatch', 'orange'],
  ['untrusted_answer', 'dark-orange'],
  ['target_no_address', 'light-red'],
  ['target_failing', 'semi-dark-red'],
  ['target_nxdomain', 'red'],
  ['app_view_broken', 'dark-red'],
  ['alias_missing', 'light-purple'],
  ['cluster_dns_failing', 'purple'],
  ['invalid_target', 'dark-purple'],
];

/** The number of each Service's verdict: its place in the list above. */
export function verdictNumber(selected: string): string {
  const each = VERDICT_COLORS.map(
    ([verdict], number) =>
      `${number} * externalname_service_verdict{${selected}, verdict="${verdict}"}`,
  );
  return `max by (${SERVICE}) (${each.join(' or ')})`;
}

export function verdictMeanings(): ValueMapping[] {
  return meanings(...VERDICT_COLORS);
}
