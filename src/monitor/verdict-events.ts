import type { Occurrence } from '../kubernetes/events.ts';
import { shown } from '../model/time.ts';
import { adviceFor, BLAMES, isConclusive, VERDICTS, type Verdict } from '../model/verdict.ts';
import type { ServiceRecord } from '../state/record.ts';

/** A verdict counts after this many rounds in a row. */
const ROUNDS = 2;
/** Tolerance for the clocks of replicas, and for timestamps in whole seconds. */
const SLACK_MS = 1_000;

interface Seen {
  readonly uid: string;
  /** The last confirmed verdict; absent before the first one. */
  readonly told?: Verdict;
  /** The present verdict, its start, and its number of rounds. */
  readonly verdict: Verdict;
  readonly since: number;
  readonly rounds: number;
}

/**
 * State ─▶ Kubernetes: an Event for each change of a Service's verdict that two rounds have
 * confirmed.
 */
export class VerdictEvents {
  readonly #record: (occurrence: Occurrence, now: number) => void;
  readonly #prefix: string;
  readonly #seen = new Map<string, Seen>();

  /** `clusterName`: of `--cluster-name`. */
  constructor(record: (occurrence: Occurrence, now: number) => void, clusterName?: string) {
    this.#record = record;
    this.#prefix = clusterName === undefined ? '' : `Cluster ${clusterName}: `;
  }

  /** `now` in milliseconds, on the steady clock. */
  update(key: string, record: ServiceRecord | undefined, now: number): void {
    if (!record) {
      this.#seen.delete(key);
      return;
    }
    const { spec, diagnosis } = record;
    const { verdict } = diagnosis;
    const rounds = record.rounds.up + record.rounds.down;
    const known = this.#seen.get(key);
    const before = known?.uid === spec.uid ? known : undefined;
    if (before?.verdict !== verdict) {
      const { told } = before ?? {};
      const seen = { uid: spec.uid, verdict, since: now, rounds, ...(told ? { told } : {}) };
      this.#seen.set(key, seen);
      return;
    }
    const isForGood = rounds - before.rounds >= ROUNDS - 1 && isConclusive(verdict);
    if (!isForGood || before.told === verdict) return;
    this.#seen.set(key, { ...before, told: verdict });
    // A Service that was healthy from the beginning needs no Event.
    if (VERDICTS[verdict].state === 'good' && before.told === undefined) return;
    // Another replica may have seen the change up to one interval earlier.
    const since = shown(before.since - spec.settings.intervalMs - SLACK_MS);
    const occurrence = occurrenceOf(record, before.told);
    const message = this.#prefix + occurrence.message;
    this.#record({ ...occurrence, message, since }, now);
  }
}

function occurrenceOf(
  { spec, diagnosis }: ServiceRecord,
  before: Verdict | undefined,
): Omit<Occurrence, 'since'> {
  const { namespace, name, uid, externalName } = spec;
  const { verdict, blame, evidence } = diagnosis;
  const { meaning, state } = VERDICTS[verdict];
  const isWell = state === 'good';
  const message = isWell
    ? `${externalName}: ${meaning} It was ${before}.`
    : `${externalName}: ${meaning} Blame: ${BLAMES[blame].meaning}. ${evidence === undefined ? '' : `${evidence} `}${adviceFor(diagnosis)}`;
  const reason = verdict.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
  return { namespace, name, uid, type: isWell ? 'Normal' : 'Warning', reason, message };
}
