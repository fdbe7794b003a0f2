/** The stored history of a Service, unpacked. */
import { CHANGE_KINDS } from '../../model/drift.ts';
import { HOPS, type Hop, TRANSPORTS } from '../../model/round.ts';
import { dateOf } from '../../model/time.ts';
import { VERDICTS, type Verdict } from '../../model/verdict.ts';
import {
  type DriftEvent,
  type History,
  MOST_EDITS,
  MOST_FAILURES,
  MOST_MOVES,
  MOST_ROTATIONS,
  type Seen,
  unpackedList,
  unpackedQueries,
} from '../../state/history.ts';
import { MOST_ROUNDS, unpackedSamples } from '../../state/latencies.ts';
import {
  count,
  each,
  listOf,
  object,
  optional,
  type Schema,
  strings,
  text,
  time,
  type Value,
  wordOf,
  words,
} from '../schema.ts';
import { BLAME, HOP, OUTCOME, TYPE, UP, VERDICT } from '../word-schemas.ts';

const FIRST_OF = object({
  total: count('Number of all.'),
  first: strings('The first ones.'),
});
const SEEN = object({ addresses: FIRST_OF, chain: FIRST_OF });
export type SeenView = Value<typeof SEEN>;

export const NOT_ALWAYS = 'Absent without a reply, or if the time was not measured.';
const MILLISECONDS: Schema<number> = { type: 'number', description: NOT_ALWAYS };

const ROUND_QUERIES = listOf(
  object({
    hop: HOP,
    type: TYPE,
    outcome: OUTCOME,
    exchanges: listOf(
      object({
        transport: words<string>(TRANSPORTS, ''),
        server: text('address:port'),
        outcome: OUTCOME,
        milliseconds: optional(MILLISECONDS),
      }),
      'Messages to servers; of many the first ones.',
    ),
  }),
  'Its queries; empty if nothing was asked, because cluster DNS was silent.',
);

const FAILURE = object({
  up: optional(UP),
  verdict: VERDICT,
  blame: BLAME,
  meaning: text('Of the verdict.'),
  since: time('When it began.'),
  until: optional(time('When it ended; absent while it lasts.')),
  rounds: count('Finished rounds that did not change it.'),
  firstRound: ROUND_QUERIES,
});
export type FailureView = Value<typeof FAILURE>;

const EDIT = object({
  at: time('The time at which the monitor saw it.'),
  from: text('spec.externalName before.'),
  to: text('And after.'),
  by: optional(text('The field manager, such as helm.')),
});
export type EditView = Value<typeof EDIT>;

const DRIFT = object({
  at: time('The time at which the monitor saw it.'),
  kinds: listOf(wordOf(CHANGE_KINDS, 'See docs/drift.md.'), 'Kinds of change.'),
  before: SEEN,
  after: SEEN,
});
export type DriftView = Value<typeof DRIFT>;

const SAMPLE: Schema<number | null> = { type: ['number', 'null'] };

/** All lists are latest first, except the latencies, which are oldest first like a sparkline. */
export const HISTORY = object({
  since: time('When the monitor first saw the Service.'),
  failures: listOf(
    FAILURE,
    `The last ${MOST_FAILURES} stretches of time with one verdict that is neither healthy nor pending, latest first. Good rounds do not remove them.`,
  ),
  lastFailingRound: optional(
    object(
      { at: time('When it ended.'), queries: ROUND_QUERIES },
      'How the last round of the last of these went, message by message.',
    ),
  ),
  edits: listOf(
    EDIT,
    `The last ${MOST_EDITS} edits of spec.externalName that were seen, latest first.`,
  ),
  drift: listOf(
    DRIFT,
    `The last ${MOST_MOVES} moves of the target and the last ${MOST_ROTATIONS} rotations of its pool, latest first; of long answers the first addresses and names.`,
  ),
  latencies: object(
    each(
      HOPS,
      listOf(
        SAMPLE,
        'Seconds of the last rounds, oldest first; null: no reply. Replies without a time are left out.',
      ),
    ),
    `Seconds of the last ${MOST_ROUNDS} rounds by hop, within 3 %; null is no reply.`,
  ),
});
export type HistoryView = Value<typeof HISTORY>;

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
  const firstRound = unpackedQueries(first ?? '');
  const up = upOf(verdict, firstRound);
  return {
    ...(up === undefined ? {} : { up }),
    verdict,
    blame,
    meaning: VERDICTS[verdict].meaning,
    since: dateOf(since),
    ...(until === undefined ? {} : { until: dateOf(until) }),
    rounds,
    firstRound,
  };
}

/** Most verdicts say whether pods got an address; for the others it is the first round. */
function upOf(verdict: Verdict, firstRound: FailureView['firstRound']): 0 | 1 | undefined {
  const { up }: { up: string } = VERDICTS[verdict];
  if (up === '1' || up === '0') return up === '1' ? 1 : 0;
  const app = firstRound.filter(({ hop }) => hop === 'app');
  if (app.length === 0 || verdict === 'unknown') return undefined;
  return app.some(({ outcome }) => outcome === 'ok') ? 1 : 0;
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
