/** Latencies of the last rounds by hop, a character each: enough for a sparkline, and small enough for ten thousand. */
import { kindOf } from '../model/outcome.ts';
import { HOPS, type Hop, type QueryResult, type Round } from '../model/round.ts';

/** Half an hour at the default interval. */
export const MOST_ROUNDS = 60;

/** From 50 µs to a minute in steps of 5.7 %; what lies outside counts as the nearest. */
const LEAST_SECONDS = 0.00005;
const MOST_SECONDS = 60;
/** The character of no reply. All characters are of one byte. */
const NO_REPLY = 255;
/** That of a hop that was not asked, and of a reply without a measured time. The characters before it are steps. */
const NOT_MEASURED = 254;
const STEPS = NOT_MEASURED - 1;
const SCALE = STEPS / Math.log(MOST_SECONDS / LEAST_SECONDS);

/** One more round behind those that are there; the oldest goes if there are too many. */
export function packedSamples(packed: string, round: Round): string {
  const results = HOPS.map((hop) => resultsOf(round, hop));
  // Nothing is asked only while cluster DNS does not reply at all.
  const isSilent = results.every(({ length }) => length === 0);
  const steps = results.map((ofHop) => (isSilent ? NO_REPLY : stepOf(ofHop)));
  return (packed + String.fromCharCode(...steps)).slice(-MOST_ROUNDS * HOPS.length);
}

/** Seconds by hop, oldest first, within 3 %; undefined if there was no reply. A hop that was not asked, and a reply without a time, are left out. */
export function unpackedSamples(packed: string, hop: Hop): readonly (number | undefined)[] {
  const first = HOPS.indexOf(hop);
  const steps = Array.from({ length: packed.length / HOPS.length }, (_, round) =>
    packed.charCodeAt(round * HOPS.length + first),
  );
  return steps.filter((step) => step !== NOT_MEASURED).map(secondsAt);
}

function resultsOf(round: Round, hop: Hop): readonly QueryResult[] {
  const { A, AAAA } = hop === 'alias' ? { A: round.alias, AAAA: undefined } : (round[hop] ?? {});
  return [A, AAAA].filter((result) => result !== undefined);
}

/** The slower of both types is what a pod waits for. If one of them got no reply, that is what the hop came to. */
function stepOf(results: readonly QueryResult[]): number {
  if (results.length === 0) return NOT_MEASURED;
  if (results.some(({ outcome }) => kindOf(outcome) === 'silence')) return NO_REPLY;
  const slowest = Math.max(...results.map(({ seconds }) => seconds ?? Number.NaN));
  if (Number.isNaN(slowest)) return NOT_MEASURED;
  const within = Math.min(Math.max(slowest, LEAST_SECONDS), MOST_SECONDS);
  return Math.round(Math.log(within / LEAST_SECONDS) * SCALE);
}

function secondsAt(step: number): number | undefined {
  return step === NO_REPLY ? undefined : LEAST_SECONDS * Math.exp(step / SCALE);
}
