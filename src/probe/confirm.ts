/** When a round is believed. */
import { hasAddress, isUnanswered } from '../diagnosis/outcomes.ts';
import { isGood } from '../diagnosis/verdict.ts';
import { isFailure } from '../model/outcome.ts';
import type { AddressHop, QueryResult, Round } from '../model/round.ts';
import type { Verdict } from '../model/verdict.ts';
import { HANGS_MS } from './budget.ts';
import type { Past } from './watched.ts';

/** A change for the worse takes two rounds. */
const ROUNDS_FOR_NEWS = 2;
/** One that got no reply at all from a cluster DNS that answers others takes more: it may have met a bad pod. */
const ROUNDS_FOR_SILENCE = 4;

/** Whether the last of these rounds, which has this symptom, is believed. `own`: without hops that another Service asked. */
export function isConfirmed(
  past: Past,
  rounds: readonly Round[],
  symptom: Verdict,
  own: Round,
  timeoutMs: number,
): boolean {
  const round = rounds.at(-1) ?? {};
  if (isGood(symptom) || rounds.length >= ROUNDS_FOR_SILENCE) return true;
  if (isUnanswered(round.alias)) return false;
  // A round that met a bad pod confirms nothing that another one says.
  const answered = rounds.filter(({ alias }) => !isUnanswered(alias));
  if (symptom === past.symptom || answered.length >= ROUNDS_FOR_NEWS) return true;
  // Every address query of both hops failed, one hop after the other.
  const results = [...Object.values(round.app ?? {}), ...Object.values(round.target ?? {})];
  const isFailed = ({ outcome }: QueryResult): boolean =>
    isFailure(outcome) || outcome === 'bare_cname';
  // A round that waited in vain for as long as a query that hangs was asked long enough.
  return (
    waitOf(own.app, timeoutMs) + waitOf(own.target, timeoutMs) >= HANGS_MS &&
    round.target !== undefined &&
    results.every(isFailed) &&
    !hasAddress(round.target, ['ipv4', 'ipv6'])
  );
}

/** How long a hop waited for replies, in milliseconds: that of its types that waited longest. */
function waitOf(hop: AddressHop | undefined, timeoutMs: number): number {
  const waits = Object.values(hop ?? {}).map(({ exchanges }) =>
    exchanges.reduce(
      (sum, { outcome, seconds = 0 }) => sum + (outcome === 'timeout' ? timeoutMs : seconds * 1000),
      0,
    ),
  );
  return Math.max(0, ...waits);
}
