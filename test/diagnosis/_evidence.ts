import type { FindingEvidence, FindingSpec } from '../../src/diagnosis/finding.ts';
import { NO_TRACE } from '../../src/diagnosis/trace.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import type { AddressHop, Exchange, QueryResult, Round } from '../../src/model/round.ts';
import { targetOf } from '../../src/model/service.ts';
import { specOf } from '../spec.ts';

/** The result of a query: an outcome, or addresses. `chain`: the names that CNAMEs lead to. */
export function result(
  answer: Outcome | readonly string[],
  change: Omit<Partial<QueryResult>, 'chain'> & { chain?: readonly string[] } = {},
): QueryResult {
  const { chain = [], ...rest } = change;
  const isOutcome = typeof answer === 'string';
  const outcome = isOutcome ? answer : 'ok';
  return {
    outcome,
    server: '10.96.0.10:53',
    exchanges: [],
    addresses: isOutcome ? [] : answer,
    chain: chain.map((name) => ({ name, ttl: 30 })),
    ttl: 30,
    ...(outcome === 'timeout' ? {} : { seconds: 0.001 }),
    ...rest,
  };
}

/** A hop that answers `A` with this, and AAAA with NODATA unless said otherwise. */
export function hop(
  A: Outcome | readonly string[],
  AAAA: Outcome | readonly string[] = 'nodata',
): AddressHop {
  return { A: result(A), AAAA: result(AAAA) };
}

/** A round in which pods and the target hop are answered the same. */
export function answered(
  A: Outcome | readonly string[],
  AAAA?: Outcome | readonly string[],
): Round {
  return { app: hop(A, AAAA), alias: result('ok'), target: hop(A, AAAA) };
}

export function exchange(transport: 'udp' | 'tcp', outcome: Outcome): Exchange {
  return { server: '10.96.0.10:53', transport, outcome };
}

/** What a case has that `evidence` has not; `round`: undefined before the first. */
export interface Change extends Omit<Partial<FindingEvidence>, 'spec' | 'round'> {
  readonly externalName?: string;
  readonly ports?: FindingSpec['ports'];
  readonly round?: Round | undefined;
}

const ORDINARY = answered(['192.0.2.1', '192.0.2.2']);

/** Evidence for `shop/db`, for which nothing is found unless a change makes it so. */
export function evidence(change: Change = {}): FindingEvidence {
  const { externalName = 'db.example.com', ports = [], round, ...rest } = change;
  const known = 'round' in change ? round : ORDINARY;
  return {
    spec: specOf('db', { externalName, target: targetOf(externalName), ports }),
    trace: NO_TRACE,
    families: ['ipv4', 'ipv6'],
    clusterDomain: 'cluster.local',
    inLoop: false,
    policy: {},
    splitHorizon: false,
    ...rest,
    ...(known ? { round: known } : {}),
  };
}
