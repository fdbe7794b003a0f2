import { reachOf, roundsOf } from './reach.ts';
import type { Row } from './row.ts';
import {
  between,
  type Change,
  isAmong,
  latenessIn,
  loggedIn,
  type Seen,
  type Timeline,
} from './timeline.ts';
import { HEALTHY, type Said } from './words.ts';

/** Times of the phases of a row, in `performance.now()` time. */
export interface Times {
  /** Faults may be active from here on. */
  readonly startedAt: number;
  /** All faults are active: detection rounds are counted from here. */
  readonly brokenAt: number;
  readonly mendStartedAt: number;
  /** All faults have ended: clearing rounds are counted from here. */
  readonly mendedAt: number;
  readonly endedAt: number;
}

/** A wrong verdict. */
export interface Wrong {
  readonly key: string;
  readonly words: string;
  /** Rounds since the start of the fault. */
  readonly after: number;
}

/** The result for a row's victims and for all other Services. */
export interface Judgement {
  /** Right words that were reported during the fault; mostly one. */
  readonly said: readonly Said[];
  /** Other allowed words for victims, before detection and during recovery. */
  readonly via: readonly Said[];
  /** Rounds until the words for the last victim were right; absent if they never were. */
  readonly detected?: number;
  /** Rounds until the words for the last victim were as before the fault, and stayed so. */
  readonly cleared?: number;
  /**
   * Victims that never got the right words, or never the earlier ones again, with the last words of
   * each.
   */
  readonly missed: { readonly detected: readonly string[]; readonly cleared: readonly string[] };
  readonly wrong: readonly Wrong[];
  readonly others: readonly Wrong[];
}

/** The judged Services, as `namespace/name`. */
export interface Judged {
  readonly victims: readonly string[];
  readonly others: readonly string[];
  /** The words for each without a fault. */
  readonly usual: (key: string) => Said;
}

/** Compares the observed words with the allowed words of the row. */
export function judge(row: Row, who: Judged, seen: Seen, times: Times): Judgement {
  const timelineOf = (key: string): Timeline => seen.services.get(key) ?? [];
  const victims = who.victims.map((key) => judgeVictim(row, who, key, seen, times));
  return {
    said: [...new Set(victims.flatMap(({ said }) => said))],
    via: [...new Set(victims.flatMap(({ via }) => via))],
    ...slowest('detected', victims),
    ...slowest('cleared', victims),
    missed: { detected: missed('detected', victims), cleared: missed('cleared', victims) },
    wrong: victims.flatMap(({ wrong }) => wrong),
    others: who.others.flatMap((key) =>
      between(timelineOf(key), times.startedAt, times.endedAt)
        .filter(({ words }) => words !== who.usual(key) && !row.others?.includes(words))
        .map((change) => wrongAt(key, change, times)),
    ),
  };
}

/** The time limits of a row in rounds, extended by the measured lateness of the scrapes. */
export function reachesOf(row: Row, seen: Seen, times: Times): { detect: number; clear: number } {
  const { startedAt, mendStartedAt, endedAt } = times;
  return {
    detect: reachOf(row.detect ?? []) + roundsOf(latenessIn(seen, startedAt, mendStartedAt)),
    clear: reachOf(row.clear ?? []) + roundsOf(latenessIn(seen, mendStartedAt, endedAt)),
  };
}

/** The right words for a victim during the fault. */
export function expectedOf(row: Row, usual: Said): readonly Said[] {
  return (usual === HEALTHY ? undefined : row.dead) ?? row.expected;
}

interface VictimJudgement {
  readonly key: string;
  readonly last: { readonly detected: Said | undefined; readonly cleared: Said | undefined };
  readonly said: readonly Said[];
  readonly via: readonly Said[];
  readonly detected?: number;
  readonly cleared?: number;
  readonly wrong: readonly Wrong[];
}

/**
 * The cached answers for an alias and for its target expire one after the other: pods are still
 * served while the target already fails.
 */
const LAPSING: readonly Said[] = ['1 degraded target'];

function judgeVictim(
  row: Row,
  who: Judged,
  key: string,
  seen: Seen,
  times: Times,
): VictimJudgement {
  const timeline = seen.services.get(key) ?? [];
  const usual = row.usual ?? who.usual(key);
  const expected = expectedOf(row, who.usual(key));
  const throughout = row.throughout ?? [];
  const lapsing = [...(row.detect ?? []), ...(row.clear ?? [])].includes('cache') ? LAPSING : [];
  const onTheWay = [usual, ...(row.meanwhile ?? []), ...lapsing, ...throughout];
  const lawful = [...expected, ...throughout];
  const broken = between(timeline, times.startedAt, times.mendStartedAt);
  const rightFrom = broken.findIndex(({ words }) => expected.includes(words));
  const before = rightFrom < 0 ? broken : broken.slice(0, rightFrom);
  const after = rightFrom < 0 ? [] : broken.slice(rightFrom);
  const mending = between(timeline, times.mendStartedAt, times.endedAt);
  const lastBad = mending.findLastIndex(({ words }) => words !== usual);
  const wrong = [
    ...before.filter(({ words }) => !onTheWay.includes(words)),
    ...after.filter(({ words }) => !lawful.includes(words)),
    ...mending.filter(({ words }) => !onTheWay.includes(words) && !expected.includes(words)),
    // Words that last for less than a scrape are only in the log.
    ...loggedIn(seen, key, times.startedAt, times.endedAt).filter(
      (line) => !isAmong(line, [...onTheWay, ...expected]),
    ),
  ];
  const isVia = ({ words }: Change): boolean =>
    words !== usual && onTheWay.includes(words) && !expected.includes(words);
  return {
    key,
    last: { detected: broken.at(-1)?.words, cleared: mending.at(-1)?.words },
    said: after.map(({ words }) => words).filter((words) => expected.includes(words)),
    via: [...broken, ...mending].filter(isVia).map(({ words }) => words),
    ...roundsTo('detected', after[0], times.brokenAt),
    ...roundsTo('cleared', mending[lastBad + 1], times.mendedAt),
    wrong: wrong.map((change) => wrongAt(key, change, times)),
  };
}

type Event = 'detected' | 'cleared';

function roundsTo(
  event: Event,
  change: Change | undefined,
  from: number,
): { [E in Event]?: number } {
  return change === undefined ? {} : { [event]: roundsOf(Math.max(0, change.at - from)) };
}

/** The rounds of the slowest victim; empty if one victim has none. */
function slowest(event: Event, victims: readonly VictimJudgement[]): { [E in Event]?: number } {
  const rounds = victims.flatMap((victim) => victim[event] ?? []);
  return rounds.length < victims.length ? {} : { [event]: Math.max(0, ...rounds) };
}

function missed(event: Event, victims: readonly VictimJudgement[]): string[] {
  return victims
    .filter((victim) => victim[event] === undefined)
    .map(({ key, last }) => `${key} "${last[event]}"`);
}

function wrongAt(
  key: string,
  { at, words }: Pick<Change, 'at'> & { readonly words: string },
  { brokenAt }: Times,
): Wrong {
  return { key, words, after: roundsOf(at - brokenAt) };
}
