import {
  FINDINGS,
  type Finding,
  LEVELS,
  type Level,
  RULES,
  type Rule,
} from '../../model/finding.ts';
import type { ServiceSpec } from '../../model/service.ts';
import { type Filter, type Page, pageOf, type ServiceList, type Wanted } from './list.ts';

/** A finding with its meaning and advice. */
export interface Explained extends Finding {
  readonly meaning: string;
  readonly advice: string;
}

export function explained(finding: Finding): Explained {
  const { meaning, advice } = FINDINGS[finding.rule];
  return { ...finding, meaning, advice };
}

export interface ServiceFinding extends Explained {
  readonly namespace: string;
  readonly service: string;
  readonly target: string;
}

export interface WantedFindings extends Pick<Filter, 'namespace'>, Pick<Wanted, 'page' | 'limit'> {
  readonly rule?: readonly Rule[];
  /** Only findings of one of these levels. */
  readonly level?: readonly Level[];
}

/**
 * Number of Services with each finding, among those that pass the filter; rules without a Service
 * are absent.
 */
export type FindingCounts = Readonly<Partial<Record<Rule, number>>>;

export interface FindingsPage extends Page<ServiceFinding> {
  readonly counts: FindingCounts;
}

/** Findings of all Services, most severe first, then by name. */
export function findingsPage(list: ServiceList, wanted: WantedFindings): FindingsPage {
  const { namespace = [], rule = RULES, level = LEVELS } = wanted;
  const rules = new Set(rule.length > 0 ? rule : RULES);
  const levels = new Set(level.length > 0 ? level : LEVELS);
  const byLevel: Record<Level, Held[]> = { info: [], warning: [], critical: [] };
  const counts: Partial<Record<Rule, number>> = {};
  for (const { spec, findings } of list.matching({ namespace })) {
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

function shown({ spec, finding }: Held): ServiceFinding {
  const { namespace, name: service, externalName: target } = spec;
  return { namespace, service, target, ...explained(finding) };
}
