import type { Server } from '../../model/messages.ts';
import { OUTCOMES } from '../../model/outcome.ts';
import { dateOf } from '../../model/time.ts';
import type { ServiceRecord } from '../../state/record.ts';
import type { Store } from '../../state/store.ts';
import {
  count,
  flag,
  listOf,
  object,
  optional,
  seconds,
  text,
  time,
  type Value,
  words,
} from '../schema.ts';
import { OUTCOME, OUTCOME_MEANING } from '../word-schemas.ts';
import { toMicroseconds } from './row.ts';

/**
 * `cluster_dns`: the servers that pods use. `pod`: one of the pods behind them, queried separately.
 * `upstream`: a resolver that cluster DNS forwards to. `reference`: outside the cluster.
 */
const ROLES = ['cluster_dns', 'pod', 'upstream', 'reference'] as const;

/** A DNS server that the monitor queries. Unknown values are absent. */
const SERVER = object({
  server: text('address:port'),
  role: words(
    ROLES,
    'cluster_dns: pods ask it. pod: one behind that. upstream: cluster DNS forwards to it. reference: outside.',
  ),
  answers: optional(
    flag('Its control query works, of an upstream resolver its canary; not asked of references.'),
  ),
  since: optional(time('Since when that is so.')),
  outcome: optional(OUTCOME),
  meaning: optional(text(OUTCOME_MEANING)),
  latency: optional(seconds('Of the last such query.')),
  lastAsked: optional(time('When that ended.')),
  failing: count(
    'Services for which it does worse; of a reference, those it did not answer for; of an upstream resolver, targets that it fails.',
  ),
});
export type ServerView = Value<typeof SERVER>;

export const SERVERS = object({ items: listOf(SERVER) });

export type ServerSource = Pick<Store, 'servers' | 'control' | 'records' | 'resolvers'>;

/**
 * The servers of `--cluster-dns` in order, then the pods, the upstream resolvers and the
 * references.
 */
export function serverViews(
  store: ServerSource,
  main: readonly Server[],
  references: readonly Server[],
): readonly ServerView[] {
  const { worse, silent } = countsOf(store.records.values());
  const isMain = new Set(main.map(({ label }) => label));
  const own = [...store.servers].map(([server, { answers, since }]): ServerView => {
    const { result, endedAt } = store.control.get(server) ?? {};
    return {
      server,
      role: isMain.has(server) ? 'cluster_dns' : 'pod',
      failing: worse.get(server) ?? 0,
      ...(result
        ? { answers, outcome: result.outcome, meaning: OUTCOMES[result.outcome].meaning }
        : {}),
      ...(since > 0 ? { since: dateOf(since) } : {}),
      ...(result?.seconds === undefined ? {} : { latency: toMicroseconds(result.seconds) }),
      ...(endedAt === undefined ? {} : { lastAsked: dateOf(endedAt) }),
    };
  });
  const targets = store.resolvers.failing();
  const healths = [...store.resolvers.healths.values()];
  healths.sort((one, two) => (one.server < two.server ? -1 : 1));
  const upstream = healths.map(
    ({ server, health, result, endedAt }): ServerView => ({
      server,
      role: 'upstream',
      ...(health === 'unproven' ? {} : { answers: health === 'works' }),
      outcome: result.outcome,
      meaning: OUTCOMES[result.outcome].meaning,
      ...(result.seconds === undefined ? {} : { latency: toMicroseconds(result.seconds) }),
      lastAsked: dateOf(endedAt),
      failing: targets.get(server) ?? 0,
    }),
  );
  const others = references.map(
    ({ label: server }): ServerView => ({
      server,
      role: 'reference',
      failing: silent.get(server) ?? 0,
    }),
  );
  return [...own, ...upstream, ...others];
}

interface Counts {
  readonly worse: ReadonlyMap<string, number>;
  readonly silent: ReadonlyMap<string, number>;
}

function countsOf(records: Iterable<ServiceRecord>): Counts {
  const worse = new Map<string, number>();
  const silent = new Map<string, number>();
  for (const record of records) {
    for (const server of record.failingServers) add(worse, server);
    for (const [server, opinion] of record.reference?.opinions ?? []) {
      if (opinion.silent > 0) add(silent, server);
    }
  }
  return { worse, silent };
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
