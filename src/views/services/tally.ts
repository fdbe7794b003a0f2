import { LEVELS, type Level } from '../../model/finding.ts';
import { type Blame, isTrouble, type Verdict } from '../../model/verdict.ts';
import type { ServiceRecord } from '../../state/record.ts';

/** Totals over all Services. */
export interface Tally {
  up: number;
  down: number;
  disagreeing: number;
  readonly verdicts: Partial<Record<Verdict, number>>;
  readonly blames: Partial<Record<Blame, number>>;
  readonly findings: Record<Level, number>;
  /**
   * Services that are not `healthy` or `pending`, by blame: how many are down, and one example,
   * which is down if any is.
   */
  readonly troubles: Map<Blame, Trouble>;
}

export interface Trouble {
  services: number;
  down: number;
  example: ServiceRecord;
  /** All of them have the target of the example. */
  hasOneTarget: boolean;
}

export function tallyOf(records: Iterable<ServiceRecord>): Tally {
  const tally: Tally = {
    up: 0,
    down: 0,
    disagreeing: 0,
    verdicts: {},
    blames: {},
    findings: { info: 0, warning: 0, critical: 0 },
    troubles: new Map(),
  };
  const { verdicts, blames, findings } = tally;
  for (const record of records) {
    const { up, verdict, blame } = record.diagnosis;
    if (up === 1) tally.up++;
    if (up === 0) tally.down++;
    if (record.reference?.disagrees) tally.disagreeing++;
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
    countLevels(findings, record);
    if (!isTrouble(verdict)) continue;
    blames[blame] = (blames[blame] ?? 0) + 1;
    addTrouble(tally.troubles, blame, record);
  }
  return tally;
}

function addTrouble(troubles: Tally['troubles'], blame: Blame, record: ServiceRecord): void {
  const isDown = record.diagnosis.up === 0;
  const trouble = troubles.get(blame);
  if (!trouble) {
    const counts = { services: 1, down: isDown ? 1 : 0 };
    troubles.set(blame, { ...counts, example: record, hasOneTarget: true });
    return;
  }
  trouble.services++;
  trouble.hasOneTarget &&= record.spec.target === trouble.example.spec.target;
  if (isDown && trouble.down++ === 0) trouble.example = record;
}

/** Counts each level once, however many findings of it there are. */
function countLevels(counts: Tally['findings'], { findings }: ServiceRecord): void {
  if (findings.length === 0) return;
  for (const level of LEVELS) {
    if (findings.some((finding) => finding.level === level)) counts[level]++;
  }
}
