/** A summary of all Services. */
import type { Level } from '../../model/finding.ts';
import { isNewWithin, type NewWindow } from '../../model/newness.ts';
import { dateOf } from '../../model/time.ts';
import type { Blame, Verdict } from '../../model/verdict.ts';
import type { ServiceRecord } from '../../state/record.ts';
import { isStale, type Store } from '../../state/store.ts';
import {
  count,
  counts,
  flag,
  listOf,
  object,
  optional,
  strings,
  text,
  time,
  type Value,
} from '../schema.ts';
import { DOMAIN_GROUP, type Domains } from './domains.ts';
import { HEADLINE, headlineOf } from './headline.ts';
import { tallyOf } from './tally.ts';

const SEARCH_PATH_WILDCARD = object({
  domain: text('The search domain.'),
  since: time('The time of the first such answer.'),
  name: text('A made-up name below it.'),
  addresses: strings('The addresses that cluster DNS answered for it.'),
});
export type SearchPathWildcard = Value<typeof SEARCH_PATH_WILDCARD>;

/** Words without a Service are absent from the counts. */
export const SUMMARY = object({
  cluster: optional(text('Of --cluster-name; absent without it.')),
  headline: HEADLINE,
  services: count('Watched Services.'),
  up: count('Services for which pods get an address.'),
  down: count('Services for which pods get no address.'),
  newlyFailing: counts<Record<NewWindow, number>>(
    'Services that are not healthy and are known to have begun to fail within this time.',
  ),
  unknown: count('Services with an unknown state, or without a finished round.'),
  verdicts: counts<Partial<Record<Verdict, number>>>('Services by verdict.'),
  blames: counts<Partial<Record<Blame, number>>>(
    'Services that are not healthy or pending, by blame.',
  ),
  findings: counts<Record<Level, number>>('Services that have a finding of that level.'),
  disagreeing: count(
    'Services with a target for which reference resolvers contradict cluster DNS.',
  ),
  searchPathWildcards: listOf(
    SEARCH_PATH_WILDCARD,
    'Search domains of the nodes that answer for any name (search_path_wildcard).',
  ),
  domains: listOf(
    DOMAIN_GROUP,
    'Domains of targets with at least two Services that fail, most first; 20 at most. Blame and verdict are the most frequent ones.',
  ),
  informer: object({
    synced: flag('The first list is complete.'),
    connected: flag('A watch is established.'),
    stale: flag('The known Services may be out of date.'),
    lastContact: optional(time('The last contact with the API server.')),
    lastList: optional(time('The last complete list.')),
  }),
});
export type Summary = Value<typeof SUMMARY>;

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
    newlyFailing: newlyFailing(tally.bad, now),
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

function newlyFailing(bad: readonly ServiceRecord[], now: number): Summary['newlyFailing'] {
  const within = (window: NewWindow): number =>
    bad.filter(({ badSince }) => isNewWithin(badSince, window, now)).length;
  return { '15m': within('15m'), '60m': within('60m') };
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
