/** What the API replies to all but the question for one Service: served and documented from here. */
import { ROLES } from '../../views/services/servers.ts';
import { EXPLAINED, ROW } from './row.ts';
import {
  BLAME,
  count,
  counts,
  flag,
  listOf,
  OUTCOME,
  object,
  type Properties,
  type Schema,
  seconds,
  text,
  time,
  VERDICT,
  words,
} from './shapes.ts';

const page = (items: Schema, more: Properties = {}): Schema =>
  object({
    total: count('How many there are in all.'),
    page: count('This one, from 1.'),
    pages: count('How many pages.'),
    limit: count('Items of a page.'),
    items: { type: 'array', items },
    ...more,
  });

export const SERVICES_REPLY = page(ROW);

export const FINDINGS_REPLY = page(
  object(
    {
      namespace: text('Of the Service.'),
      service: text('Its name.'),
      target: text('spec.externalName as written.'),
      ...EXPLAINED,
    },
    ['detail'],
  ),
  { counts: counts('How many Services have each, of those that pass the filter.') },
);

export const SERVERS_REPLY = object({
  items: {
    type: 'array',
    items: object(
      {
        server: text('address:port'),
        role: words(
          ROLES,
          'cluster_dns: pods ask it. pod: one behind that. upstream: cluster DNS forwards to it. reference: outside.',
        ),
        answers: flag(
          'Its control query works, of an upstream resolver its canary; not asked of references.',
        ),
        since: time('Since when that is so.'),
        outcome: OUTCOME,
        meaning: text('Of the outcome.'),
        latency: seconds('Of the last such query.'),
        lastAsked: time('When that ended.'),
        failing: count(
          'Services for which it does worse; of a reference, those it did not answer for; of an upstream resolver, targets that it fails.',
        ),
      },
      ['answers', 'since', 'outcome', 'meaning', 'latency', 'lastAsked'],
    ),
  },
});

export const SUMMARY_REPLY = object({
  headline: object({
    level: words(['ok', 'warning', 'critical'], 'critical: pods do not get what they ask for.'),
    text: text('The one sentence that matters.'),
    affected: count('Services that it is about.'),
  }),
  services: count('That are watched.'),
  up: count('That pods can use.'),
  down: count('That they cannot.'),
  unknown: count('That cannot be told of, or not yet.'),
  verdicts: counts('Services by verdict.'),
  blames: counts('Services that are not healthy or pending, by blame.'),
  findings: counts('Services that have a finding of that level.'),
  disagreeing: count('Services for whose target reference resolvers contradict cluster DNS.'),
  searchPathWildcards: listOf(
    object({
      domain: text('The search domain.'),
      since: time('Since when that is known.'),
      name: text('A name below it that was made up.'),
      addresses: listOf({ type: 'string' }, 'The addresses that cluster DNS answered for it.'),
    }),
    'Search domains of the nodes that answer for any name (search_path_wildcard).',
  ),
  domains: listOf(
    object(
      {
        domain: text('Of the targets, as target_domain of externalname_service_info has it.'),
        target: text('Present where all that fail have the same target.'),
        services: count('With a target in the domain.'),
        failing: count('That fail through the target or upstream DNS.'),
        down: count('Of these, those that pods get no address for.'),
        blame: BLAME,
        verdict: VERDICT,
        since: time('When the first of them began to fail.'),
      },
      ['target'],
    ),
    'Domains of targets with at least two Services that fail, most first; 20 at most. Blame and verdict are the most frequent ones.',
  ),
  informer: object(
    {
      synced: flag('The first list is complete.'),
      connected: flag('A watch is established.'),
      stale: flag('What is held may be out of date.'),
      lastContact: time('The last word of the API server.'),
      lastList: time('The last complete list.'),
    },
    ['lastContact', 'lastList'],
  ),
});

export const PROBLEM = {
  ...object({
    type: text('about:blank: the title says it.'),
    title: text('Of the status.'),
    status: count('That of the reply.'),
    detail: text('Why, with the value that gave offence.'),
    instance: text('The path that was asked for.'),
  }),
} as const;
