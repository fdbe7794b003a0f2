/** The stored history of a Service, unpacked. */

import type { ChangeKind } from '../../model/drift.ts';
import type { Hop } from '../../model/round.ts';
import { dateOf } from '../../model/time.ts';
import type { Blame, Verdict } from '../../model/verdict.ts';
import { VERDICTS } from '../../model/verdict.ts';
import {
  type DriftEvent,
  type History,
  type Seen,
  type UnpackedList,
  type UnpackedQuery,
  unpackedList,
  unpackedQueries,
} from '../../state/history.ts';
import { unpackedSamples } from '../../state/latencies.ts';

export interface FailureView {
  readonly verdict: Verdict;
  readonly blame: Blame;
  readonly meaning: string;
  readonly since: Date;
  /** Absent while it lasts. */
  readonly until?: Date;
  readonly rounds: number;
  /** The queries of its first round; empty if cluster DNS was silent as a whole. */
  readonly firstRound: readonly UnpackedQuery[];
}

export interface SeenView {
  readonly addresses: UnpackedList;
  readonly chain: UnpackedList;
}

export interface DriftView {
  readonly at: Date;
  readonly kinds: readonly ChangeKind[];
  readonly before: SeenView;
  readonly after: SeenView;
}

export interface EditView {
  readonly at: Date;
  readonly from: string;
  readonly to: string;
  /** The field manager, such as `helm`. */
  readonly by?: string;
}

/** All lists are latest first, except the latencies, which are oldest first like a sparkline. */
export interface HistoryView {
  /** When the monitor began to watch the Service. */
  readonly since: Date;
  readonly failures: readonly FailureView[];
  readonly lastFailingRound?: { readonly at: Date; readonly queries: readonly UnpackedQuery[] };
  readonly edits: readonly EditView[];
  readonly drift: readonly DriftView[];
  /**
   * Seconds of the last rounds by hop, accurate to 3 %; null if there was no reply. Replies without
   * a measured time are left out.
   */
  readonly latencies: Readonly<Record<Hop, readonly (number | null)[]>>;
}

export function historyView(history: History): HistoryView {
  const { since, failures, lastFailing, edits, moves, rotations, latencies } = history;
  const samples = (hop: Hop): (number | null)[] =>
    unpackedSamples(latencies, hop).map((seconds) => rounded(seconds));
  return {
    since: dateOf(since),
    failures: failures.map(failureView).reverse(),
    ...(lastFailing
      ? {
          lastFailingRound: {
            at: dateOf(lastFailing.at),
            queries: unpackedQueries(lastFailing.queries),
          },
        }
      : {}),
    edits: edits.map(editView).reverse(),
    drift: [...moves, ...rotations].sort((a, b) => b.at - a.at).map(driftView),
    latencies: { app: samples('app'), alias: samples('alias'), target: samples('target') },
  };
}

function failureView({
  verdict,
  blame,
  since,
  until,
  rounds,
  first,
}: History['failures'][number]): FailureView {
  return {
    verdict,
    blame,
    meaning: VERDICTS[verdict].meaning,
    since: dateOf(since),
    ...(until === undefined ? {} : { until: dateOf(until) }),
    rounds,
    firstRound: unpackedQueries(first ?? ''),
  };
}

function editView({ at, from, to, by }: History['edits'][number]): EditView {
  return { at: dateOf(at), from, to, ...(by === undefined ? {} : { by }) };
}

function driftView({ at, kinds, before, after }: DriftEvent): DriftView {
  return { at: dateOf(at), kinds, before: seenView(before), after: seenView(after) };
}

function seenView({ addresses, chain }: Seen): SeenView {
  return { addresses: unpackedList(addresses), chain: unpackedList(chain) };
}

/** Rounds to the accuracy of the stored value. */
function rounded(seconds: number | undefined): number | null {
  return seconds === undefined ? null : Number(seconds.toPrecision(3));
}
