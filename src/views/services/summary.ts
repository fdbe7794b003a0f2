import type { Level } from '../../model/finding.ts';
import { dateOf } from '../../model/time.ts';
import type { Blame, Verdict } from '../../model/verdict.ts';
import { isStale, type Store } from '../../state/store.ts';
import type { DomainGroup, Domains } from './domains.ts';
import { type Headline, headlineOf } from './headline.ts';
import { tallyOf } from './tally.ts';

/** A summary of all Services. */
export interface Summary {
  readonly headline: Headline;
  readonly services: number;
  readonly up: number;
  readonly down: number;
  /** Not known yet, or not determinable. */
  readonly unknown: number;
  /** Number of Services with each verdict; verdicts without a Service are absent. */
  readonly verdicts: Readonly<Partial<Record<Verdict, number>>>;
  /** The same for the blame of Services that are not `healthy` or `pending`. */
  readonly blames: Readonly<Partial<Record<Blame, number>>>;
  /** Services with a finding of that level. */
  readonly findings: Readonly<Record<Level, number>>;
  /** Services for which reference resolvers contradict cluster DNS about the target. */
  readonly disagreeing: number;
  /** Domains of targets with at least two failing Services, largest first. */
  readonly domains: readonly DomainGroup[];
  /** Search domains of the nodes that resolve any name (`search_path_wildcard`). */
  readonly searchPathWildcards: readonly SearchPathWildcard[];
  readonly informer: {
    readonly synced: boolean;
    readonly connected: boolean;
    /** The monitor's copy of the API server's data may be out of date. */
    readonly stale: boolean;
    readonly lastContact?: Date;
    readonly lastList?: Date;
  };
}

export interface SearchPathWildcard {
  readonly domain: string;
  readonly since: Date;
  /** An invented name, and the addresses that cluster DNS answered for it. */
  readonly name: string;
  readonly addresses: readonly string[];
}

export type SummarySource = Pick<
  Store,
  'records' | 'servers' | 'control' | 'informer' | 'zone' | 'searchDomains'
>;

/** `main`: labels of the servers of `--cluster-dns`. */
export function summaryOf(
  store: SummarySource,
  main: readonly string[],
  known: Pick<Domains, 'groups' | 'faults'>,
  now: number,
): Summary {
  const { records, informer } = store;
  const { synced, connected, lastContactAt, lastListAt } = informer;
  const stale = isStale(informer, now);
  const tally = tallyOf(records.values());
  const faults = known.faults(tally.blames);
  return {
    headline: headlineOf({
      ...tally,
      faults,
      informer,
      stale,
      servers: serversOf(store, main),
      zone: store.zone,
    }),
    services: records.size,
    up: tally.up,
    down: tally.down,
    unknown: records.size - tally.up - tally.down,
    verdicts: tally.verdicts,
    blames: tally.blames,
    findings: tally.findings,
    disagreeing: tally.disagreeing,
    domains: known.groups(),
    searchPathWildcards: wildcardsOf(store),
    informer: {
      synced,
      connected,
      stale,
      ...(lastContactAt === undefined ? {} : { lastContact: dateOf(lastContactAt) }),
      ...(lastListAt === undefined ? {} : { lastList: dateOf(lastListAt) }),
    },
  };
}

function wildcardsOf({ searchDomains }: SummarySource): readonly SearchPathWildcard[] {
  return [...searchDomains].flatMap(([domain, { wildcard, since, example }]) =>
    wildcard && example ? [{ domain, since: dateOf(since), ...example }] : [],
  );
}

function serversOf({ servers, control }: SummarySource, main: readonly string[]) {
  return [...servers].map(([server, { answers }]) => {
    const result = control.get(server)?.result;
    return { server, answers, isMain: main.includes(server), ...(result ? { result } : {}) };
  });
}
