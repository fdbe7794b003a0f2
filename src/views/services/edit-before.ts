import type { Edit } from '../../state/history.ts';
import type { ServiceRecord } from '../../state/record.ts';

/** Maximum time between an edit and the start of a fault, if the edit may be its cause. */
const EDIT_MS = 10 * 60_000;

/** The last edit of spec.externalName, if it may be the cause of the present fault. */
export function editBefore({
  history,
  badSince,
}: Pick<ServiceRecord, 'history' | 'badSince'>): Edit | undefined {
  const edit = history.edits.at(-1);
  if (!edit || !badSince?.isExact) return undefined;
  const ageMs = badSince.at - edit.at;
  return ageMs >= 0 && ageMs <= EDIT_MS ? edit : undefined;
}
