/** What a round's answers add up to in a record: counters, durations, addresses and drift. */
import { type DriftLimits, observe } from '../diagnosis/drift.ts';
import { isOwnFailure } from '../diagnosis/outcomes.ts';
import { CHANGE_KINDS, type ChangeKind } from '../model/drift.ts';
import { isFailure, kindOf, OUTCOMES } from '../model/outcome.ts';
import {
  type AddressHop,
  type Correction,
  type QueryResult,
  type Round,
  resultOf,
} from '../model/round.ts';
import { addSample } from './histogram.ts';
import { withDrift } from './history.ts';
import type { QueryStats, ServiceRecord } from './record.ts';

const NONE: readonly never[] = [];

/** What is kept of ten thousand Services for a whole interval had better be small. */
export function withoutExchanges(round: Round): Round {
  // Why it failed is in the exchanges alone where our own process is the reason.
  const slim = (result: QueryResult): QueryResult =>
    isOwnFailure(result) ? result : { ...result, exchanges: NONE };
  const slimHop = ({ A, AAAA }: AddressHop): AddressHop => ({
    ...(A ? { A: slim(A) } : {}),
    ...(AAAA ? { AAAA: slim(AAAA) } : {}),
  });
  const slimCorrection = ({ name, result }: Correction): Correction => ({
    name,
    result: slim(result),
  });
  const { app, alias, target, corrections } = round;
  return {
    ...(app ? { app: slimHop(app) } : {}),
    ...(alias ? { alias: slim(alias) } : {}),
    ...(target ? { target: slimHop(target) } : {}),
    ...(corrections ? { corrections: corrections.map(slimCorrection) } : {}),
  };
}

export const NO_CHANGES = Object.fromEntries(
  Object.keys(CHANGE_KINDS).map((kind) => [kind, 0]),
) as Readonly<Record<ChangeKind, number>>;

/** What the target hop answered, and how that differs from what it answered before. */
export function withTarget(
  record: ServiceRecord,
  { target }: Round,
  limits: DriftLimits,
  now: number,
): Partial<ServiceRecord> {
  const { targetAddresses, memory: before } = record;
  const ipv4 = addressesOf(target?.A, targetAddresses.ipv4);
  const ipv6 = addressesOf(target?.AAAA, targetAddresses.ipv6);
  const isSame = ipv4 === targetAddresses.ipv4 && ipv6 === targetAddresses.ipv6;
  const addresses = isSame
    ? {}
    : { targetAddresses: { ...(ipv4 ? { ipv4 } : {}), ...(ipv6 ? { ipv6 } : {}) } };
  const answered = [target?.A, target?.AAAA].find((result) => result?.outcome === 'ok');
  if (!answered) return addresses;
  const all =
    ipv4?.length && ipv6?.length ? [...ipv4, ...ipv6] : ipv4?.length ? ipv4 : (ipv6 ?? []);
  const chain = answered.chain.map(({ name }) => name);
  const { memory, changes } = observe(before, { addresses: all, chain }, limits, now);
  if (changes.length === 0) return { ...addresses, memory };
  const counts = { ...record.changes };
  for (const kind of changes) counts[kind]++;
  const times = Object.fromEntries(changes.map((kind) => [kind, now]));
  return {
    ...addresses,
    memory,
    changes: counts,
    history: withDrift(record.history, changes, before?.last ?? memory.last, memory.last, now),
    lastChange: { ...record.lastChange, ...times },
  };
}

/** Sorted; the same array as before where nothing is new, and after an error. */
function addressesOf(
  result: QueryResult | undefined,
  before: readonly string[] | undefined,
): readonly string[] | undefined {
  if (!result || isFailure(result.outcome)) return before;
  const now = [...result.addresses].sort();
  const isSame = before?.length === now.length && before.every((address, i) => address === now[i]);
  return isSame ? before : now;
}

/** Adds a round's queries to the counters. A shared target hop was counted where it was asked. */
export function countRound(
  record: ServiceRecord,
  round: Round,
  targetShared: boolean,
): ServiceRecord {
  const durations = record.durations && { ...record.durations };
  const queries = record.queries.map((stats): QueryStats => {
    const result = resultOf(round, stats.hop, stats.type);
    if (!result) return stats;
    const { hop, type } = stats;
    const isCounted = !(hop === 'target' && targetShared);
    const { folded } = OUTCOMES[result.outcome];
    const outcomes = isCounted
      ? { ...stats.outcomes, [folded]: (stats.outcomes[folded] ?? 0) + 1 }
      : stats.outcomes;
    if (durations && isCounted && result.seconds !== undefined) {
      durations[hop] = addSample(durations[hop], result.seconds);
    }
    const ttl = result.ttl ?? (kindOf(result.outcome) === 'silence' ? stats.ttl : undefined);
    return {
      hop,
      type,
      outcomes,
      ...(result.seconds === undefined ? {} : { lastSeconds: result.seconds }),
      ...(ttl === undefined ? {} : { ttl }),
    };
  });
  return { ...record, queries, ...(durations ? { durations } : {}) };
}
