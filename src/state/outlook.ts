/** What the last round says of a target without an address: when pods see it again, and why it has none. */
import { type Reason, reasonOf } from '../diagnosis/reason.ts';
import { type Recovery, recoveryOf } from '../diagnosis/recovery.ts';
import type { ServiceRecord } from './record.ts';

export type { Recovery } from '../diagnosis/recovery.ts';

export function recoveryOfRecord(record: ServiceRecord): Recovery | undefined {
  const { spec, round, trace, diagnosis } = record;
  // Such a target is corrected in the spec, and not in a zone.
  if (!isPresent(record) || diagnosis.verdict === 'invalid_target') return undefined;
  return recoveryOf(round?.target, spec.settings.families, trace.negativeTtl);
}

export function reasonOfRecord(record: ServiceRecord): Reason | undefined {
  if (!isPresent(record)) return undefined;
  return reasonOf(record.spec.target, record.round?.target);
}

/** Whether the last round was for the target that the spec has now, and was the last that was due. */
function isPresent({ spec, roundTarget, silence }: ServiceRecord): boolean {
  return roundTarget === spec.target && silence === undefined;
}
