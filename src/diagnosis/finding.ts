import { FINDINGS, type Finding, type Level, MAX_DETAIL, type Rule } from '../model/finding.ts';
import type { PolicyDecision } from '../model/policy.ts';
import type { Family, Round } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import type { Trace } from './trace.ts';

export type FindingSpec = Pick<ServiceSpec, 'namespace' | 'name' | 'target' | 'ports'>;

/** All that findings are made from. */
export interface FindingEvidence {
  readonly spec: FindingSpec;
  /** The last finished round for this very target, with or without its exchanges; absent before it, and so after an edit. */
  readonly round?: Round;
  /** What the rounds for this very target have left behind. */
  readonly trace: Trace;
  /** Families that pods can use and that are asked for. */
  readonly families: readonly Family[];
  readonly clusterDomain: string;
  /** The target leads back to the Service by way of other watched Services. */
  readonly inLoop: boolean;
  readonly policy: PolicyDecision;
  /** Reference resolvers see another view of the target, with private addresses or without the name. */
  readonly splitHorizon: boolean;
}

/** A finding at its usual level unless another is given. */
export function finding(rule: Rule, detail?: string, level: Level = FINDINGS[rule].level): Finding {
  return detail === undefined ? { rule, level } : { rule, level, detail: printable(detail) };
}

/** Specs and answers are hostile input: what they say is shown to people in one line, and not endless. */
function printable(text: string): string {
  const short = text.length > MAX_DETAIL ? `${text.slice(0, MAX_DETAIL - 3)}...` : text;
  return short.replace(/[^\x20-\x7e]/g, '?');
}
