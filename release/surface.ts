/**
 * The public surface that users may rely on (docs/stability.md), taken from the tables of the
 * program.
 */
import { OTHERS } from '../src/config/commands.ts';
import { defaultOf, flagOf, OPTION_NAMES, optionOf, variableOf } from '../src/config/options.ts';
import { POLICY_KEYS } from '../src/config/policy.ts';
import { MonitorMetrics } from '../src/metrics/monitor.ts';
import { SERVICE_FAMILIES } from '../src/metrics/service-families.ts';
import { CHANGE_KINDS } from '../src/model/drift.ts';
import { CHECK_EXIT, EXIT } from '../src/model/exit-status.ts';
import { CLUSTER_FINDINGS, FINDINGS, LEVELS, type RuleText } from '../src/model/finding.ts';
import { RELIST_REASONS, RESTART_REASONS } from '../src/model/informer.ts';
import { SKIP_REASONS } from '../src/model/messages.ts';
import { FOLDED_OUTCOMES, OUTCOMES } from '../src/model/outcome.ts';
import { HOPS, QUERIES, TYPE_OF } from '../src/model/round.ts';
import {
  ANNOTATION_PREFIX,
  ANNOTATION_ROWS,
  ANNOTATIONS,
  SEVERITIES,
} from '../src/model/service.ts';
import { BLAMES, VERDICTS } from '../src/model/verdict.ts';

/** The bounded words, by kind; mostly the label with these values. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  hop: HOPS,
  type: [...new Set(QUERIES.map(({ type }) => type))],
  family: Object.keys(TYPE_OF),
  outcome: Object.keys(OUTCOMES),
  'folded-outcome': FOLDED_OUTCOMES,
  verdict: Object.keys(VERDICTS),
  blame: Object.keys(BLAMES),
  level: LEVELS,
  change: Object.keys(CHANGE_KINDS),
  'restart-reason': Object.keys(RESTART_REASONS),
  'relist-reason': Object.keys(RELIST_REASONS),
  'skip-reason': Object.keys(SKIP_REASONS),
  severity: SEVERITIES,
};

/** One line per item, sorted: a kind, a name, and further guarantees. */
export function surface(): string[] {
  const build = { version: '', node_version: '' };
  const own = new MonitorMetrics(0, build).families;
  const ofServices = SERVICE_FAMILIES.map(({ name, type, labels }) => {
    return { name, type, labels: ['namespace', 'service', ...labels] };
  });
  return [
    ...[...own, ...ofServices].map(({ name, type, labels }) =>
      `metric ${name} ${type} ${labels.toSorted().join(' ')}`.trimEnd(),
    ),
    ...Object.entries(WORDS).flatMap(([of, words]) => words.map((word) => `${of} ${word}`)),
    ...Object.entries<RuleText>({ ...FINDINGS, ...CLUSTER_FINDINGS }).map(
      ([rule, { level, other }]) =>
        ['finding', rule, level, other?.level ?? ''].join(' ').trimEnd(),
    ),
    ...OPTION_NAMES.map((name) => {
      const { value } = optionOf(name);
      return `option --${flagOf(name)} ${variableOf(name)} ${value} default: ${defaultOf(name)}`;
    }),
    ...POLICY_KEYS.map((key) => `policy-key ${key}`),
    ...ANNOTATIONS.map((name) => `annotation ${ANNOTATION_PREFIX}${name}`),
    ...OTHERS.map(({ name }) => `command ${name}`),
    ...Object.values(EXIT).map(({ status, meaning }) => `exit-status ${status} ${meaning}`),
    ...Object.values(CHECK_EXIT).map(
      ({ status, meaning }) => `check-exit-status ${status} ${meaning}`,
    ),
  ].toSorted();
}

/** What the changelog says of an item, by kind and name, where the sources say what it means. */
export async function meanings(): Promise<ReadonlyMap<string, string>> {
  const own = await new MonitorMetrics(0, { version: '', node_version: '' }).text();
  const helps: (readonly [string, string])[] = [
    ...SERVICE_FAMILIES.map(({ name, help }) => [name, help] as const),
    ...[...own.matchAll(/^# HELP (\w+) (.*)$/gm)].map(
      ([, name = '', help = '']) => [name, help] as const,
    ),
  ];
  const explained = Object.entries<Readonly<Record<string, { readonly meaning: string }>>>({
    verdict: VERDICTS,
    blame: BLAMES,
    outcome: OUTCOMES,
    finding: { ...FINDINGS, ...CLUSTER_FINDINGS },
  });
  return new Map([
    ...helps.map(([name, help]) => [`metric ${name}`, help] as const),
    ...OPTION_NAMES.map((name) => [`option --${flagOf(name)}`, optionOf(name).help] as const),
    ...explained.flatMap(([kind, rows]) =>
      Object.entries(rows).map(([word, { meaning }]) => [`${kind} ${word}`, meaning] as const),
    ),
    ...Object.entries(CHANGE_KINDS).map(([kind, meaning]) => [`change ${kind}`, meaning] as const),
    ...Object.entries(ANNOTATION_ROWS).map(
      ([name, { values }]) => [`annotation ${ANNOTATION_PREFIX}${name}`, values] as const,
    ),
  ]);
}
