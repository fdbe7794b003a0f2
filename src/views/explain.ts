/** Explains each word of the monitor's output, from the same tables as the pages of docs/. */

import { MonitorMetrics } from '../metrics/monitor.ts';
import { SERVICE_FAMILIES } from '../metrics/service-families.ts';
import type { FamilyHead } from '../metrics/text.ts';
import { CHANGE_KINDS } from '../model/drift.ts';
import { EXTENDED_ERRORS } from '../model/extended-error.ts';
import { CLUSTER_FINDINGS, FINDINGS, type RuleText } from '../model/finding.ts';
import { OUTCOMES } from '../model/outcome.ts';
import { BLAMES, VERDICTS } from '../model/verdict.ts';
import { adviceFor } from '../rules/advice.ts';
import { alertsOf } from '../rules/groups.ts';

export const KINDS = [
  'verdict',
  'blame',
  'finding',
  'outcome',
  'extended error',
  'drift',
  'metric',
  'alert',
] as const;
export type Kind = (typeof KINDS)[number];

export interface Explanation {
  readonly word: string;
  readonly kind: Kind;
  readonly meaning: string;
  readonly advice?: string;
  /** Further facts, one per line. */
  readonly facts: readonly string[];
  /** The page with more details. */
  readonly page: string;
}

/**
 * All explanations, in the order of the pages. A word may occur more than once, as another kind.
 */
export async function explanations(): Promise<Explanation[]> {
  return [
    ...Object.entries(VERDICTS).map(([word, { meaning, advice }]) =>
      entry('verdict', word, meaning, { advice }),
    ),
    ...Object.entries(BLAMES).map(([word, { meaning }]) => entry('blame', word, meaning)),
    ...Object.entries<RuleText>({ ...FINDINGS, ...CLUSTER_FINDINGS }).map(([word, rule]) =>
      entry('finding', word, rule.meaning, { advice: rule.advice, facts: factsOf(rule) }),
    ),
    ...Object.entries(OUTCOMES).map(([word, { meaning, folded }]) => {
      const facts = [`externalname_probes_total shows it as ${folded}.`];
      return entry('outcome', word, meaning, { facts: folded === word ? [] : facts });
    }),
    ...EXTENDED_ERRORS.map(({ name, meaning }, code) =>
      entry('extended error', name, meaning, { facts: [`EDE ${code} (RFC 8914).`] }),
    ),
    ...Object.entries(CHANGE_KINDS).map(([word, meaning]) => entry('drift', word, meaning)),
    ...[...SERVICE_FAMILIES, ...(await ownFamilies())].map(({ name, help, type }) =>
      entry('metric', name, help, { facts: [`A ${type}.`] }),
    ),
    ...alertsOf().map(({ alert, summary, when, severity, for: wait }) => {
      const { look, act } = adviceFor(alert);
      const facts = [
        `Fires when ${when}, for ${wait}. Severity ${severity}.`,
        `Look first at: ${look}`,
      ];
      return entry('alert', alert, summary, { advice: act, facts });
    }),
  ];
}

const PAGES: Readonly<Record<Kind, string>> = {
  verdict: 'docs/verdicts.md#verdicts',
  blame: 'docs/verdicts.md#blames',
  finding: 'docs/findings.md',
  outcome: 'docs/verdicts.md#outcomes',
  'extended error': 'docs/verdicts.md#reasons-of-the-server',
  drift: 'docs/drift.md',
  metric: 'docs/metrics.md',
  alert: 'docs/runbooks',
};

function entry(
  kind: Kind,
  word: string,
  meaning: string,
  { advice, facts = [] }: Partial<Pick<Explanation, 'advice' | 'facts'>> = {},
): Explanation {
  // Each metric has its own section, and each alert its own runbook.
  const own = { metric: `#${word}`, alert: `/${word}.md` };
  const page = PAGES[kind] + (kind === 'metric' || kind === 'alert' ? own[kind] : '');
  return { word, kind, meaning, ...(advice ? { advice } : {}), facts, page };
}

function factsOf({ level, other, from, statedBy }: RuleText): string[] {
  return [
    `Level ${level}${other ? `; ${other.level} when ${other.when}` : ''}; seen in ${from}.`,
    ...(statedBy.length > 0 ? [`Said already by the verdict ${statedBy.join(' or ')}.`] : []),
  ];
}

/** The metric families about the monitor itself. */
async function ownFamilies(): Promise<FamilyHead[]> {
  const text = await new MonitorMetrics(0, { version: '', node_version: '' }).text();
  const heads = text.matchAll(/^# HELP (externalname_\w+) (.*)\n# TYPE \w+ (\w+)$/gm);
  return Array.from(heads, ([, name = '', help = '', type]) => ({
    name,
    help,
    type: type as FamilyHead['type'],
  }));
}

/** All meanings of one word. */
export function explanationText(meanings: readonly Explanation[]): string {
  return meanings
    .map(({ word, kind, meaning, advice, facts, page }) => {
      const lines = [
        meaning,
        ...facts,
        ...(advice ? [`What to do: ${advice}`] : []),
        `More: ${page}`,
      ];
      return `${word} (${kind})\n${lines.map((line) => `  ${line}\n`).join('')}`;
    })
    .join('\n');
}

/** All words by kind, one per line. */
export function listed(all: readonly Explanation[]): string {
  return KINDS.map((kind) => {
    const own = all.filter((one) => one.kind === kind);
    const widest = Math.max(...own.map(({ word }) => word.length));
    const rows = own.map(({ word, meaning }) => `  ${word.padEnd(widest)}  ${meaning}\n`);
    return `${kind}:\n${rows.join('')}`;
  }).join('\n');
}
