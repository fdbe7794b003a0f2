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

/** When what happened to a row, in `performance.now()` time. */
export interface Times {
  /** Something may be broken from here on. */
  readonly startedAt: number;
  /** All is broken that is to be: rounds are counted from here. */
  readonly brokenAt: number;
  readonly mendStartedAt: number;
  /** All is mended: rounds are counted from here. */
  readonly mendedAt: number;
  readonly endedAt: number;
}

/** Words that nobody should have said. */
export interface Wrong {
  readonly key: string;
  readonly words: string;
  /** Rounds since it was broken. */
  readonly after: number;
}

/** What was made of a row's victims and of all others. */
export interface Judgement {
  /** What was right to say and was said while it was broken; mostly one. */
  readonly said: readonly Said[];
  /** What else was said of victims on the way there and back, lawfully. */
  readonly via: readonly Said[];
  /** Rounds until the last victim's words were right; absent where they never were. */
  readonly detected?: number;
  /** Rounds until the last victim's words were as before, and stayed so. */
  readonly cleared?: number;
  /** Victims that were never right, or never as before again, with the last word on each. */
  readonly missed: { readonly detected: readonly string[]; readonly cleared: readonly string[] };
  readonly wrong: readonly Wrong[];
  readonly others: readonly Wrong[];
}

/** Who is looked at, as `namespace/name`. */
export interface Judged {
  readonly victims: readonly string[];
  readonly others: readonly string[];
  /** What is said of each while nothing is broken. */
  readonly usual: (key: string) => Said;
}

/** Holds what was seen against what the row says. */
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

/** The reach of a row in rounds, with the grace of the lateness that was measured meanwhile. */
export function reachesOf(row: Row, seen: Seen, times: Times): { detect: number; clear: number } {
  const { startedAt, mendStartedAt, endedAt } = times;
  return {
    detect: reachOf(row.detect ?? []) + roundsOf(latenessIn(seen, startedAt, mendStartedAt)),
    clear: reachOf(row.clear ?? []) + roundsOf(latenessIn(seen, mendStartedAt, endedAt)),
  };
}

/** What is right to say of a victim while it is broken. */
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

/** The answers for an alias and for its target lapse one after the other: pods are still served, and their target fails already. */
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
    // What lasts for less than a scrape is in the log alone.
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

/** That of the last victim; nothing if one of them has none. */
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
