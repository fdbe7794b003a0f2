/** Since when a Service has been as bad as it is: what is new stands before what has been dead for weeks. */

import { shown } from '../model/time.ts';
import type { Diagnosis } from '../model/verdict.ts';
import { isTrouble } from '../model/verdict.ts';
import type { BadSince, ServiceRecord } from './record.ts';

/** A Service created so shortly before the monitor first saw it cannot have been bad for longer. */
const YOUNG_MS = 15 * 60_000;

/**
 * `badSince` of the record once its diagnosis is another one. It begins again when the Service gets worse or better:
 * degraded is not down. What the monitor cannot tell changes nothing.
 */
export function badSinceAfter(
  record: ServiceRecord,
  diagnosis: Diagnosis,
  now: number,
): BadSince | undefined {
  if (!isTrouble(diagnosis.verdict)) return undefined;
  const { badSince: before, diagnosis: last } = record;
  const isDown = diagnosis.up === 0;
  if (before && (diagnosis.up === undefined || before.isDown === isDown)) return before;
  const isExact = before !== undefined || last.verdict !== 'pending' || isYoung(record);
  return { at: now, isDown, isExact };
}

/** `createdAt` is the API server's wall clock. */
function isYoung({ spec, history }: ServiceRecord): boolean {
  return shown(history.since) - spec.createdAt < YOUNG_MS;
}
