/** What the API replies of one Service, with its history: served and documented from here. */
import { CHANGE_KINDS } from '../../model/drift.ts';
import { PLACES } from '../../model/place.ts';
import { RESOLVER_HEALTHS } from '../../model/resolver.ts';
import { HOPS, TRANSPORTS } from '../../model/round.ts';
import { SEVERITIES } from '../../model/service.ts';
import { LINK_STATES } from '../../views/services/path.ts';
import { EXPLAINED, OPTIONAL_IN_ROW, ROW_PROPERTIES } from './row.ts';
import {
  BLAME,
  count,
  HOP,
  listOf,
  OPTIONAL_REASONS,
  OUTCOME,
  object,
  REASONS,
  seconds,
  TYPE,
  text,
  time,
  VERDICT,
  words,
} from './shapes.ts';

const CHAIN = listOf(
  object({ name: text('What it leads to.'), ttl: count('In seconds.') }),
  'CNAMEs in the order in which they are followed.',
);

const NOT_ALWAYS = 'Absent without a reply, or if the time was not measured.';

const ROUND_QUERIES = listOf(
  object({
    hop: HOP,
    type: TYPE,
    outcome: OUTCOME,
    exchanges: listOf(
      object(
        {
          transport: words(TRANSPORTS, ''),
          server: text('address:port'),
          outcome: OUTCOME,
          milliseconds: { type: 'number', description: NOT_ALWAYS },
        },
        ['milliseconds'],
      ),
      'Messages to servers; of many the first ones.',
    ),
  }),
  'How it went; empty if cluster DNS was silent as a whole, and it was not asked.',
);

const SHARING = object({
  services: count('All of them.'),
  failing: count('Those that fail through the target or upstream DNS.'),
});

const FIRST_OF = object({
  total: count('How many there were.'),
  first: listOf({ type: 'string' }, 'The first ones.'),
});
const SEEN = object({ addresses: FIRST_OF, chain: FIRST_OF });

const HISTORY = object(
  {
    since: time('From when the Service is watched.'),
    failures: listOf(
      object(
        {
          verdict: VERDICT,
          blame: BLAME,
          meaning: text('Of the verdict.'),
          since: time('When it began.'),
          until: time('When it ended; absent while it lasts.'),
          rounds: count('Finished rounds that did not change it.'),
          firstRound: ROUND_QUERIES,
        },
        ['until'],
      ),
      'Stretches of time with one verdict that is neither healthy nor pending, latest first.',
    ),
    lastFailingRound: object({ at: time('When it ended.'), queries: ROUND_QUERIES }),
    edits: listOf(
      object(
        {
          at: time('When it was seen.'),
          from: text('spec.externalName before.'),
          to: text('And after.'),
          by: text('The field manager, such as helm.'),
        },
        ['by'],
      ),
      'Edits of spec.externalName, latest first.',
    ),
    drift: listOf(
      object({
        at: time('When it was seen.'),
        kinds: listOf(
          words(Object.keys(CHANGE_KINDS), 'See docs/drift.md.'),
          'What kinds of change.',
        ),
        before: SEEN,
        after: SEEN,
      }),
      "Changes of the target's answers, latest first.",
    ),
    latencies: object(
      Object.fromEntries(
        HOPS.map((hop) => [
          hop,
          listOf(
            { type: ['number', 'null'] },
            'Seconds of the last rounds, oldest first; null: no reply. Replies without a time are left out.',
          ),
        ]),
      ),
    ),
  },
  ['lastFailingRound'],
);

export const SERVICE_REPLY = object(
  {
    ...ROW_PROPERTIES,
    alias: text('The name that pods use.'),
    meaning: text('Of the verdict.'),
    advice: text('What to try first.'),
    blameMeaning: text('Of the blame.'),
    targetDomain: text(
      'Of its target, as target_domain of externalname_service_info has it; absent for a target in the cluster, and for an IP address.',
    ),
    sharing: object(
      { target: SHARING, domain: SHARING },
      ['domain'],
      'Services with the same target, and with a target in the same domain; this one is among them.',
    ),
    path: listOf(
      object({
        place: words(Object.keys(PLACES), 'A place on the way from a pod to an address.'),
        meaning: text('What that is.'),
        state: words(LINK_STATES, 'unknown: behind what is broken, or not judged yet.'),
      }),
      'The way from a pod to an address, in order.',
    ),
    hops: listOf(
      object({
        hop: HOP,
        name: text('What is asked for.'),
        answers: listOf(
          object(
            {
              type: TYPE,
              outcome: OUTCOME,
              meaning: text('Of the outcome.'),
              server: text('address:port of the server that answered last.'),
              seconds: seconds(NOT_ALWAYS),
              ttl: count('The smallest of the answer, in seconds.'),
              addresses: listOf({ type: 'string' }, 'At the end of the chain.'),
              chain: CHAIN,
              ...REASONS,
            },
            ['seconds', 'ttl', ...OPTIONAL_REASONS],
          ),
          'Empty if it was not asked.',
        ),
      }),
      'The last round, hop by hop.',
    ),
    recovery: object(
      {
        zone: text('That says that there is no such name or record.'),
        seconds: count('Pods see the corrected target after so many seconds at the latest.'),
        clusterDnsSeconds: count(
          'For so many of them cluster DNS keeps the negative answer itself.',
        ),
      },
      [],
      'When pods see the target again, once it has been corrected: from the SOA of its negative answers.',
    ),
    addresses: listOf({ type: 'string' }, 'Those last answered for the target, of both families.'),
    findings: listOf(object(EXPLAINED, ['detail']), 'The worst first.'),
    rounds: object({
      up: count('Rounds that got an address.'),
      down: count('Those that did not.'),
    }),
    lastSuccess: time('The last round that got an address.'),
    created: time('metadata.creationTimestamp'),
    editedBy: text('Who wrote the spec.externalName that it has: the field manager.'),
    edits: count('Edits of spec.externalName seen.'),
    references: listOf(
      object({
        server: text('address:port'),
        rounds: count('In which both it and cluster DNS said something.'),
        differing: count('In a row, that did not agree.'),
        contradicting: count('Lookups in a row in which cluster DNS pointed where it should not.'),
        unanswered: count('Questions in a row that it did not answer.'),
        answers: listOf(
          object(
            { type: TYPE, outcome: OUTCOME, meaning: text('Of the outcome.'), ...REASONS },
            OPTIONAL_REASONS,
          ),
          'The last ones.',
        ),
      }),
      'What each reference resolver has said of the target.',
    ),
    resolvers: listOf(
      object(
        {
          server: text('address:port'),
          zone: text('That cluster DNS forwards to it; . for all.'),
          health: words(
            RESOLVER_HEALTHS,
            'How it does in general. fails: it replies with errors. silent: it does not reply. unproven: it has never replied to this monitor.',
          ),
          lastAsked: time('When it answered, or did not.'),
          answers: listOf(
            object(
              {
                type: TYPE,
                outcome: OUTCOME,
                meaning: text('Of the outcome.'),
                addresses: listOf({ type: 'string' }, 'At the end of the chain.'),
                ttl: count('The smallest of the answer, in seconds.'),
                extendedError: text('The name of the extended DNS error (RFC 8914).'),
                reason: text('That error in words, and what the resolver adds.'),
              },
              ['ttl', 'extendedError', 'reason'],
            ),
            'By type.',
          ),
        },
        ['health'],
      ),
      'What the resolvers behind cluster DNS last answered for the target: see --upstream-dns.',
    ),
    convergence: object(
      { since: time('The edit.'), deadline: time('Until then that is no fault.') },
      [],
      'Present while cluster DNS has yet to serve the spec.',
    ),
    signature: object(
      { zone: text('The zone that has made it.'), ends: time('When it ends.') },
      [],
      'The DNSSEC signature of the target that ends first; absent without --dnssec-horizon, and where it is not signed.',
    ),
    worseServers: listOf(
      { type: 'string' },
      'Servers of several that do worse for it than the others.',
    ),
    severity: words(SEVERITIES, 'As the annotation has it.'),
    labels: {
      type: 'object',
      additionalProperties: { type: 'string' },
      description: 'Labels that are allowed on metrics.',
    },
    history: HISTORY,
    commands: listOf(
      object({ shows: text('What it shows.'), hop: HOP, command: text('For a shell.') }, ['hop']),
      'To try by hand, from a pod.',
    ),
  },
  [
    ...OPTIONAL_IN_ROW,
    'targetDomain',
    'recovery',
    'lastSuccess',
    'editedBy',
    'convergence',
    'signature',
    'severity',
  ],
);
