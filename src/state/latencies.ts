/** Latencies of the last rounds by hop, a character each: enough for a sparkline, and small enough for ten thousand. */
import { type AddressHop, HOPS, type Hop, type QueryResult, type Round } from '../model/round.ts';

/** Half an hour at the default interval. */
export const MOST_ROUNDS = 60;

/** From 50 µs to a minute in steps of 5.7 %; what lies outside counts as the nearest. */
const LEAST_SECONDS = 0.00005;
const MOST_SECONDS = 60;
/** The character of no reply, and of a hop that was not asked. Those before it are steps; all are of one byte. */
const NO_REPLY = 255;
const STEPS = NO_REPLY - 1;
const SCALE = STEPS / Math.log(MOST_SECONDS / LEAST_SECONDS);

/** One more round behind those that are there; the oldest goes if there are too many. */
export function packedSamples(packed: string, round: Round): string {
  const steps = HOPS.map((hop) => stepOf(secondsOf(round, hop)));
  return (packed + String.fromCharCode(...steps)).slice(-MOST_ROUNDS * HOPS.length);
}

/** Seconds by hop, oldest first; undefined where there was no reply. Within 3 % of what was measured. */
export function unpackedSamples(packed: string, hop: Hop): readonly (number | undefined)[] {
  const first = HOPS.indexOf(hop);
  return Array.from({ length: packed.length / HOPS.length }, (_, round) =>
    secondsAt(packed.charCodeAt(round * HOPS.length + first)),
  );
}

/** The slower of both types is what a pod waits for. */
function secondsOf(round: Round, hop: Hop): number | undefined {
  return hop === 'alias' ? round.alias?.seconds : slower(round[hop]);
}

function slower(hop: AddressHop | undefined): number | undefined {
  const seconds = [hop?.A, hop?.AAAA]
    .filter((result): result is QueryResult => result !== undefined)
    .map((result) => result.seconds);
  // If one of them got no reply, that is what the hop came to.
  const known = seconds.filter((one) => one !== undefined);
  return known.length > 0 && known.length === seconds.length ? Math.max(...known) : undefined;
}

function stepOf(seconds: number | undefined): number {
  if (seconds === undefined) return NO_REPLY;
  const within = Math.min(Math.max(seconds, LEAST_SECONDS), MOST_SECONDS);
  return Math.round(Math.log(within / LEAST_SECONDS) * SCALE);
}

function secondsAt(step: number): number | undefined {
  return step === NO_REPLY ? undefined : LEAST_SECONDS * Math.exp(step / SCALE);
}
