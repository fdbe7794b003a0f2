import type {
  ConvergingReport,
  JudgedReport,
  Silence,
  SilentReport,
} from '../src/model/messages.ts';
import type { Outcome } from '../src/model/outcome.ts';
import type { QueryResult, Round } from '../src/model/round.ts';
import type { ServiceSpec } from '../src/model/service.ts';

/** A query's result as the probe reports it. */
export function result(outcome: Outcome, change: Partial<QueryResult> = {}): QueryResult {
  const server = '10.96.0.10:53';
  const answered = outcome === 'timeout' ? {} : { seconds: 0.004 };
  const exchange = { server, transport: 'udp', outcome, ...answered } as const;
  const base = { outcome, server, exchanges: [exchange], addresses: [], chain: [] };
  return { ...base, ...answered, ...change };
}

/** As if our own delay had spoiled the timing of its replies. */
export function untimed({ seconds: _seconds, ...result }: QueryResult): QueryResult {
  const exchanges = result.exchanges.map(({ seconds: _, ...exchange }) => exchange);
  return { ...result, exchanges };
}

export const ok = (...addresses: string[]): QueryResult => result('ok', { addresses, ttl: 30 });

export const HEALTHY: Round = {
  app: { A: ok('192.0.2.1'), AAAA: result('bare_cname') },
  alias: result('ok', { ttl: 30, chain: [{ name: 'db.example.com', ttl: 30 }] }),
  target: { A: ok('192.0.2.1'), AAAA: result('nodata') },
};

export const FAILING: Round = {
  app: { A: result('bare_cname'), AAAA: result('bare_cname') },
  alias: result('ok'),
  target: { A: result('servfail'), AAAA: result('servfail') },
};

export const MISSING: Round = {
  ...FAILING,
  target: { A: result('nxdomain'), AAAA: result('nxdomain') },
};

/** A finished round, as the worker reports it. */
export function reportOf(
  { key, uid, target }: ServiceSpec,
  round: Round,
  endedAt: number,
  change: Partial<JudgedReport> = {},
): JudgedReport {
  return {
    type: 'round',
    kind: 'judged',
    key,
    uid,
    target,
    round,
    endedAt,
    earlier: [],
    targetShared: false,
    converging: false,
    failingServers: [],
    singles: [],
    delaySeconds: 0,
    ...change,
  };
}

/** A turn at which the Service was not asked about. */
export function silentOf(
  { key, uid, target }: ServiceSpec,
  endedAt: number,
  because: Silence = 'cluster_dns',
): SilentReport {
  return { type: 'round', kind: 'silent', key, uid, target, endedAt, because, earlier: [] };
}

/** The CNAME of a Service that cluster DNS may not know yet. */
export function convergingOf(
  { key, uid, target }: ServiceSpec,
  alias: Outcome,
  endedAt: number,
): ConvergingReport {
  const round = { alias: result(alias) };
  return { type: 'round', kind: 'converging', key, uid, target, endedAt, round };
}
