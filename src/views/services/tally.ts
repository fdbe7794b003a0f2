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
  /** Services that are not `healthy` or `pending`. */
  readonly bad: ServiceRecord[];
  /** Services that are `healthy` but have a critical finding. */
  readonly suspect: ServiceRecord[];
  /**
   * Services with an alias query that took at least `SLOW_SECONDS` in the last round; cluster DNS
   * answers it from its own data.
   */
  slow: number;
}

/** CoreDNS answers for the cluster zone from memory, in less than a millisecond. */
export const SLOW_SECONDS = 0.2;

export function tallyOf(records: Iterable<ServiceRecord>): Tally {
  const tally: Tally = {
    up: 0,
    down: 0,
    disagreeing: 0,
    verdicts: {},
    blames: {},
    findings: { info: 0, warning: 0, critical: 0 },
    bad: [],
    suspect: [],
    slow: 0,
  };
  const { verdicts, blames, findings } = tally;
  for (const record of records) {
    const { up, verdict, blame } = record.diagnosis;
    if (up === 1) tally.up++;
    if (up === 0) tally.down++;
    if (record.reference?.disagrees) tally.disagreeing++;
    if (isSlow(record)) tally.slow++;
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
    countLevels(findings, record);
    if (isTrouble(verdict)) {
      blames[blame] = (blames[blame] ?? 0) + 1;
      tally.bad.push(record);
    } else if (record.findings[0]?.level === 'critical') {
      tally.suspect.push(record);
    }
  }
  return tally;
}

function isSlow({ queries }: ServiceRecord): boolean {
  return queries.some(({ hop, lastSeconds = 0 }) => hop === 'alias' && lastSeconds >= SLOW_SECONDS);
}

/** Counts each level once, however many findings of it there are. */
function countLevels(counts: Tally['findings'], { findings }: ServiceRecord): void {
  if (findings.length === 0) return;
  for (const level of LEVELS) {
    if (findings.some((finding) => finding.level === level)) counts[level]++;
  }
}
