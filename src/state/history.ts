/**
 * The past of a Service: pure functions, time as a parameter in milliseconds. Everything is bounded,
 * since tenants and DNS servers write much of it, and packed into text where there may be much, since ten thousand
 * Services have one each: a string takes a byte a character, an object eight bytes a field and more.
 */
import type { ChangeKind } from '../model/drift.ts';
import type { Outcome } from '../model/outcome.ts';
import { type Hop, QUERIES, type QueryType, type Round, resultOf } from '../model/round.ts';
import { type Blame, isTrouble, type Verdict } from '../model/verdict.ts';
import { packedSamples } from './latencies.ts';

/** Of each list, so many are kept; the oldest goes first. */
export const MOST_FAILURES = 8;
export const MOST_EDITS = 8;
export const MOST_MOVES = 8;
/** A pool that rotates does so on every round, and must not push out the day on which the target moved. */
export const MOST_ROTATIONS = 2;
/** Of one answer. */
const MOST_ADDRESSES = 8;
const MOST_LINKS = 4;
const MOST_EXCHANGES = 6;
/** The longest name of DNS, unless it is full of escapes. */
const MOST_TEXT = 253;

/** A stretch of time with one verdict that is neither `healthy` nor `pending`. */
export interface Failure {
  readonly verdict: Verdict;
  readonly blame: Blame;
  readonly since: number;
  /** When another verdict took its place; absent while it lasts. */
  readonly until?: number;
  /** Finished rounds that did not change it. */
  readonly rounds: number;
  /** The first that asked, packed: see `unpackedQueries`; empty while none did, as cluster DNS is silent. */
  readonly first?: string;
}

export interface Edit {
  readonly at: number;
  readonly from: string;
  readonly to: string;
  /** The field manager, where the API server gives one. */
  readonly by?: string | undefined;
}

/** What the target was answered, before a change or after it. */
export interface Seen {
  /** Of both families, and how many there were; packed, see `unpackedList`. */
  readonly addresses: string;
  /** Names of the CNAMEs likewise. */
  readonly chain: string;
}

export interface DriftEvent {
  readonly at: number;
  readonly kinds: readonly ChangeKind[];
  readonly before: Seen;
  readonly after: Seen;
}

/** All lists are oldest first. Failures have a list of their own, so that no flood of good rounds pushes one out. */
export interface History {
  /** When the Service was first seen by this process. */
  readonly since: number;
  readonly failures: readonly Failure[];
  /** The last round of the last failure, packed as its first is. */
  readonly lastFailing?: { readonly at: number; readonly queries: string };
  readonly edits: readonly Edit[];
  /** Changes that mean that the target has moved. */
  readonly moves: readonly DriftEvent[];
  /** Changes that are normal for pools. */
  readonly rotations: readonly DriftEvent[];
  /** Of the last rounds, see `unpackedSamples`. */
  readonly latencies: string;
}

const NONE: readonly never[] = [];

export function newHistory(now: number): History {
  return {
    since: now,
    failures: NONE,
    edits: NONE,
    moves: NONE,
    rotations: NONE,
    latencies: '',
  };
}

/** Ends a failure or begins one where the verdict, or the blame for it, is another; else the same object. */
export function withVerdict(
  history: History,
  { verdict, blame }: Pick<Failure, 'verdict' | 'blame'>,
  now: number,
): History {
  const last = history.failures.at(-1);
  const current = last?.until === undefined ? last : undefined;
  if (current ? current.verdict === verdict && current.blame === blame : !isTrouble(verdict)) {
    return history;
  }
  const past = current
    ? [...history.failures.slice(0, -1), { ...current, until: now }]
    : history.failures;
  const begun = isTrouble(verdict) ? [{ verdict, blame, since: now, rounds: 0 }] : NONE;
  return { ...history, failures: [...past, ...begun].slice(-MOST_FAILURES) };
}

/** A finished round, judged already; one that was not asked, as cluster DNS is silent, is empty. */
export function withRound(history: History, round: Round, now: number): History {
  const latencies = packedSamples(history.latencies, round);
  const current = history.failures.at(-1);
  if (!current || current.until !== undefined) return { ...history, latencies };
  const queries = packedQueries(round);
  const rounds = current.rounds + 1;
  const failure = { ...current, rounds, first: current.first || queries };
  return {
    ...history,
    latencies,
    failures: [...history.failures.slice(0, -1), failure],
    lastFailing: { at: now, queries },
  };
}

export function withEdit(history: History, edit: Edit): History {
  const { at, from, to, by } = edit;
  const kept = {
    at,
    from: clipped(from),
    to: clipped(to),
    ...(by === undefined ? {} : { by: clipped(by) }),
  };
  return { ...history, edits: [...history.edits, kept].slice(-MOST_EDITS) };
}

/** What an answer was made of. */
export interface Answered {
  readonly addresses: readonly string[];
  readonly chain: readonly string[];
}

export function withDrift(
  history: History,
  kinds: readonly ChangeKind[],
  before: Answered,
  after: Answered,
  now: number,
): History {
  if (kinds.length === 0) return history;
  const event = { at: now, kinds, before: seenOf(before), after: seenOf(after) };
  const isRotation = kinds.every((kind) => kind === 'addresses');
  return isRotation
    ? { ...history, rotations: [...history.rotations, event].slice(-MOST_ROTATIONS) }
    : { ...history, moves: [...history.moves, event].slice(-MOST_MOVES) };
}

function seenOf({ addresses, chain }: Answered): Seen {
  return { addresses: packedList(addresses, MOST_ADDRESSES), chain: packedList(chain, MOST_LINKS) };
}

/** The number of entries, then the first ones. */
function packedList(entries: readonly string[], most: number): string {
  return [entries.length, ...entries.slice(0, most).map(clipped)].join(' ');
}

export interface UnpackedList {
  readonly total: number;
  /** At most so many as are kept. */
  readonly first: readonly string[];
}

/** Neither addresses nor names as we read them hold a blank. */
export function unpackedList(packed: string): UnpackedList {
  const [total, ...first] = packed.split(' ');
  return { total: Number(total), first };
}

/** One exchange, as far as it is kept. */
export interface UnpackedExchange {
  readonly transport: string;
  readonly server: string;
  readonly outcome: Outcome;
  /** Absent without a reply, or if the time was not measured. */
  readonly milliseconds?: number;
}

export interface UnpackedQuery {
  readonly hop: Hop;
  readonly type: QueryType;
  readonly outcome: Outcome;
  /** Of many the first ones. */
  readonly exchanges: readonly UnpackedExchange[];
}

/** A line for each query: hop, type, outcome; then of each exchange transport, server, outcome, milliseconds. */
function packedQueries(round: Round): string {
  return QUERIES.flatMap(({ hop, type }) => {
    const result = resultOf(round, hop, type);
    if (!result) return [];
    const exchanges = result.exchanges
      .slice(0, MOST_EXCHANGES)
      .map(({ transport, server, outcome, seconds }) =>
        [
          transport,
          server,
          outcome,
          seconds === undefined ? '-' : (seconds * 1000).toFixed(1),
        ].join(' '),
      );
    return [[`${hop} ${type} ${result.outcome}`, ...exchanges].join(',')];
  }).join('\n');
}

export function unpackedQueries(packed: string): readonly UnpackedQuery[] {
  if (packed === '') return NONE;
  return packed.split('\n').map((line) => {
    const [query = '', ...exchanges] = line.split(',');
    const [hop, type, outcome] = query.split(' ');
    return {
      hop: hop as Hop,
      type: type as QueryType,
      outcome: outcome as Outcome,
      exchanges: exchanges.map(unpackedExchange),
    };
  });
}

function unpackedExchange(packed: string): UnpackedExchange {
  const [transport = '', server = '', outcome, milliseconds] = packed.split(' ');
  return {
    transport,
    server,
    outcome: outcome as Outcome,
    ...(milliseconds === '-' ? {} : { milliseconds: Number(milliseconds) }),
  };
}

function clipped(text: string): string {
  return text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT - 1)}…`;
}
