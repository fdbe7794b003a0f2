/** Findings of all Services. */
import {
  FINDINGS,
  type Finding,
  LEVELS,
  type Level,
  RULES,
  type Rule,
} from '../../model/finding.ts';
import type { ServiceSpec } from '../../model/service.ts';
import { counts, object, optional, query, text, type Value } from '../schema.ts';
import { LEVEL, RULE } from '../word-schemas.ts';
import { anyOf, FILTERS } from './filters.ts';
import { PAGING, pageOf, pageSchema, type ServiceList } from './list.ts';

/** A finding with its meaning and advice. */
const EXPLAINED = {
  rule: RULE,
  level: LEVEL,
  detail: optional(text('The corrected name, the offending address.')),
  meaning: text('The fact about the Service.'),
  advice: text('The first step to take.'),
};

export const EXPLAINED_FINDING = object(EXPLAINED);
export type Explained = Value<typeof EXPLAINED_FINDING>;

export function explained(finding: Finding): Explained {
  const { meaning, advice } = FINDINGS[finding.rule];
  return { ...finding, meaning, advice };
}

const SERVICE_FINDING = object({
  namespace: text('Of the Service.'),
  service: text('Its name.'),
  target: text('spec.externalName as written.'),
  ...EXPLAINED,
});

export const FINDINGS_QUERY = query({
  namespace: FILTERS.namespace.schema,
  rule: anyOf(RULE, 'Of this rule.'),
  level: anyOf(LEVEL, 'Of this level.'),
  ...PAGING,
});
export type WantedFindings = Value<typeof FINDINGS_QUERY>;

/** Rules without a Service are absent from the counts. */
export const FINDINGS_PAGE = pageSchema(SERVICE_FINDING, {
  counts: counts<Partial<Record<Rule, number>>>(
    'How many Services have each, among the Services that pass the filter.',
  ),
});
export type FindingsPage = Value<typeof FINDINGS_PAGE>;

/** Findings of all Services, most severe first, then by name. */
export function findingsPage(list: ServiceList, wanted: WantedFindings): FindingsPage {
  const { namespace = [], rule = RULES, level = LEVELS } = wanted;
  const rules = new Set(rule.length > 0 ? rule : RULES);
  const levels = new Set(level.length > 0 ? level : LEVELS);
  const byLevel: Record<Level, Held[]> = { info: [], warning: [], critical: [] };
  const counts: Partial<Record<Rule, number>> = {};
  for (const { spec, findings } of list.matching({ namespace }, 0)) {
    for (const finding of findings) {
      if (!rules.has(finding.rule) || !levels.has(finding.level)) continue;
      counts[finding.rule] = (counts[finding.rule] ?? 0) + 1;
      byLevel[finding.level].push({ spec, finding });
    }
  }
  const all = [...byLevel.critical, ...byLevel.warning, ...byLevel.info];
  return { ...pageOf(all, wanted, shown), counts };
}

interface Held {
  readonly spec: ServiceSpec;
  readonly finding: Finding;
}

function shown({ spec, finding }: Held): Value<typeof SERVICE_FINDING> {
  const { namespace, name: service, externalName: target } = spec;
  return { namespace, service, target, ...explained(finding) };
}
