import type { Level } from '../../model/finding.ts';
import { dateOf } from '../../model/time.ts';
import type { Blame, Verdict } from '../../model/verdict.ts';
import { isStale, type Store } from '../../state/store.ts';
import type { DomainGroup, Domains } from './domains.ts';
import { type Headline, headlineOf } from './headline.ts';
import { tallyOf } from './tally.ts';

/** All Services at a glance. */
export interface Summary {
  readonly headline: Headline;
  readonly services: number;
  readonly up: number;
  readonly down: number;
  /** Not known yet, or not to be known. */
  readonly unknown: number;
  /** How many Services have each; words that none has are absent. */
  readonly verdicts: Readonly<Partial<Record<Verdict, number>>>;
  /** Of those that are not `healthy` or `pending`. */
  readonly blames: Readonly<Partial<Record<Blame, number>>>;
  /** Services that have a finding of that level. */
  readonly findings: Readonly<Record<Level, number>>;
  /** Services for whose target reference resolvers contradict cluster DNS. */
  readonly disagreeing: number;
  /** Domains of targets with at least two Services that fail, most first. */
  readonly domains: readonly DomainGroup[];
  /** Search domains of the nodes that answer for any name (`search_path_wildcard`). */
  readonly searchPathWildcards: readonly SearchPathWildcard[];
  readonly informer: {
    readonly synced: boolean;
    readonly connected: boolean;
    /** What is held from the API server may be out of date. */
    readonly stale: boolean;
    readonly lastContact?: Date;
    readonly lastList?: Date;
  };
}

export interface SearchPathWildcard {
  readonly domain: string;
  readonly since: Date;
  /** A name that was made up, and the addresses that cluster DNS answered for it. */
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
  known: Pick<Domains, 'groups' | 'of' | 'isWhole'>,
  now: number,
): Summary {
  const { records, informer } = store;
  const { synced, connected, lastContactAt, lastListAt } = informer;
  const stale = isStale(informer, now);
  const tally = tallyOf(records.values());
  return {
    headline: headlineOf({
      ...tally,
      domains: known,
      informer,
      stale,
      servers: serversOf(store, main),
      zone: store.zone,
      now,
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
