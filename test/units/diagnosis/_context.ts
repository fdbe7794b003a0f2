import type { Context } from '../../../src/diagnosis/context.ts';
import { NO_TRACE } from '../../../src/diagnosis/trace.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import type { AddressHop, Exchange, Family, QueryResult, Round } from '../../../src/model/round.ts';
import type { ServiceSpec } from '../../../src/model/service.ts';
import { specOf } from '../../fixtures/spec.ts';

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

type SpecWord = 'namespace' | 'name' | 'controller' | 'hasSelector' | 'unknownAnnotations';

/** Differences from an ordinary context; `round`: undefined before the first. */
export interface Change
  extends Omit<Partial<Context>, 'spec' | 'round'>,
    Partial<Pick<ServiceSpec, SpecWord>> {
  readonly externalName?: string;
  readonly ports?: Context['spec']['ports'];
  /** Those that pods can use. */
  readonly families?: readonly Family[];
  readonly round?: Round | undefined;
}

const ORDINARY = answered(['192.0.2.1', '192.0.2.2']);

/** The context of `shop/db` in its first round: healthy and without findings unless a change says so. */
export function context(change: Change = {}): Context {
  const { externalName = 'db.example.com', ports = [], families, round, ...others } = change;
  const { namespace = 'shop', name = 'db', ...withoutName } = others;
  const { controller, hasSelector, unknownAnnotations, ...rest } = withoutName;
  const known = 'round' in change ? round : ORDINARY;
  const spec = specOf(name, {
    namespace,
    externalName,
    ports,
    ...(controller ? { controller } : {}),
    ...(hasSelector ? { hasSelector } : {}),
    ...(unknownAnnotations ? { unknownAnnotations } : {}),
    ...(families ? { settings: { families } } : {}),
  });
  return {
    spec,
    isOwnRound: true,
    trace: NO_TRACE,
    clusterDomain: 'cluster.local',
    converging: false,
    stale: false,
    inLoop: false,
    finalTarget: spec.target,
    lossy: new Set(),
    zone: 'served',
    upstreamDown: false,
    upstreamRefused: false,
    upstreamFailing: false,
    refusingMany: false,
    servers: { failing: 0, serving: 0 },
    policy: {},
    splitHorizon: false,
    published: { verdict: 'pending', blame: 'none' },
    ...rest,
    ...(known ? { round: known } : {}),
  };
}
