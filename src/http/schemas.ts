/** JSON Schemas of what the API is asked and what it replies: validated, served and documented from here. */
import { CHANGE_KINDS } from '../model/drift.ts';
import { LEVELS, RULES } from '../model/finding.ts';
import { OUTCOMES } from '../model/outcome.ts';
import { HOPS } from '../model/round.ts';
import { SEVERITIES } from '../model/service.ts';
import { BLAMES, VERDICTS } from '../model/verdict.ts';
import { DEFAULT_LIMIT, MOST_LIMIT, ORDERS, SORTS, UPS } from '../views/services/list.ts';
import { LINK_STATES, PLACES } from '../views/services/path.ts';
import { ROLES } from '../views/services/servers.ts';

type Schema = Readonly<Record<string, unknown>>;
type Properties = Readonly<Record<string, Schema>>;

/** The longest name of a namespace or Service (RFC 1123 label; Services are RFC 1035 labels). */
const NAME = { type: 'string', minLength: 1, maxLength: 63 } as const;

const words = (all: readonly string[], description: string): Schema => ({
  type: 'string',
  enum: all,
  description,
});
const several = (items: Schema, description: string): Schema => ({
  type: 'array',
  items,
  maxItems: 50,
  description: `${description} May be given several times: any of them.`,
});
const text = (description: string): Schema => ({ type: 'string', description });
const count = (description: string): Schema => ({ type: 'integer', minimum: 0, description });
const seconds = (description: string): Schema => ({ type: 'number', minimum: 0, description });
const flag = (description: string): Schema => ({ type: 'boolean', description });
const time = (description: string): Schema => ({
  type: 'string',
  format: 'date-time',
  description,
});
const listOf = (items: Schema, description: string): Schema => ({
  type: 'array',
  items,
  description,
});
const counts = (description: string): Schema => ({
  type: 'object',
  additionalProperties: { type: 'integer' },
  description,
});

/** Of these properties those that are in `optional` may be absent. */
function object(
  properties: Properties,
  optional: readonly string[] = [],
  description = '',
): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, ...(description ? { description } : {}) };
}

const VERDICT = words(Object.keys(VERDICTS), 'What is wrong: see docs/verdicts.md.');
const BLAME = words(Object.keys(BLAMES), 'Where to look.');
const RULE = words(RULES, 'See docs/findings.md.');
const LEVEL = words(LEVELS, 'How bad it is.');
const OUTCOME = words(Object.keys(OUTCOMES), 'The result of one query.');
const HOP = words(HOPS, 'app: what a pod asks. alias: its CNAME. target: the target itself.');
const TYPE = words(['A', 'AAAA', 'CNAME'], 'The question type.');

const PAGING = {
  page: { type: 'integer', minimum: 1, maximum: 1_000_000, default: 1, description: 'From 1.' },
  limit: {
    type: 'integer',
    minimum: 1,
    maximum: MOST_LIMIT,
    default: DEFAULT_LIMIT,
    description: 'Items of a page.',
  },
} as const;

const NAMESPACES = several(NAME, 'Of this namespace.');

/** Unknown parameters are refused: a filter that is misspelt would be a list of everything. */
const query = (properties: Properties, required: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

const sortText = Object.entries(SORTS).map(([word, by]) => `${word}: ${by}.`);

export const SERVICES_QUERY = query({
  namespace: NAMESPACES,
  verdict: several(VERDICT, 'With this verdict.'),
  blame: several(BLAME, 'With this blame.'),
  finding: several(RULE, 'With this finding.'),
  up: several(words(UPS, 'unknown: no round has finished, or it cannot be told.'), 'Up or not.'),
  disagrees: flag('Whether reference resolvers contradict cluster DNS.'),
  text: {
    type: 'string',
    maxLength: 253,
    description: 'In namespace/name or the target, without regard to case.',
  },
  sort: { ...words(Object.keys(SORTS), sortText.join(' ')), default: 'state' },
  order: { ...words(ORDERS, 'That of the sort, or the other way round.'), default: 'usual' },
  ...PAGING,
});

export const FINDINGS_QUERY = query({
  namespace: NAMESPACES,
  rule: several(RULE, 'Of this rule.'),
  level: several(LEVEL, 'Of this level.'),
  ...PAGING,
});

export const NO_QUERY = query({});

export const PROBE_QUERY = query(
  {
    namespace: { ...NAME, description: 'Of the Service.' },
    service: { ...NAME, description: 'Its name. It must be one that is watched.' },
    debug: { ...flag('A readable trace in place of metrics.'), default: false },
  },
  ['namespace', 'service'],
);

/** Of one Service, or of all. */
export const LIVE_QUERY = {
  ...query({ namespace: NAME, service: NAME }),
  dependencies: { namespace: ['service'], service: ['namespace'] },
};

export const SERVICE_PARAMS = object({ namespace: NAME, service: NAME });

const page = (items: Schema, more: Properties = {}): Schema =>
  object({
    total: count('How many there are in all.'),
    page: count('This one, from 1.'),
    pages: count('How many pages.'),
    limit: count('Items of a page.'),
    items: { type: 'array', items },
    ...more,
  });

const ROW_PROPERTIES = {
  namespace: text('Of the Service.'),
  service: text('Its name.'),
  target: text('spec.externalName as written.'),
  up: {
    type: 'integer',
    enum: [0, 1],
    description: 'Whether pods get an address; absent if unknown.',
  },
  verdict: VERDICT,
  blame: BLAME,
  since: time('Since when that has been the verdict.'),
  lastProbe: time('End of the last round.'),
  latency: object(
    Object.fromEntries(HOPS.map((hop) => [hop, seconds('In seconds; absent after silence.')])),
    HOPS,
    'Of the last round: the slower one of both address types.',
  ),
  drift: object(
    {
      moves: count('Changes that mean that the target has moved.'),
      lastMove: time('The last of these.'),
      rotations: count('Changes that are normal for pools.'),
    },
    ['lastMove'],
  ),
  disagrees: flag('Reference resolvers contradict cluster DNS; absent where they are not asked.'),
} as const;

const OPTIONAL_IN_ROW = ['up', 'lastProbe', 'disagrees'];

const ROW = object(
  { ...ROW_PROPERTIES, findings: { type: 'array', items: object({ rule: RULE, level: LEVEL }) } },
  OPTIONAL_IN_ROW,
);

const EXPLAINED = {
  rule: RULE,
  level: LEVEL,
  detail: text('The corrected name, the offending address.'),
  meaning: text('What it says of the Service.'),
  advice: text('What to try first.'),
} as const;

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
        role: words(ROLES, 'cluster_dns: pods ask it. pod: one behind that. reference: outside.'),
        answers: flag('Its control query works; not asked of references.'),
        since: time('Since when that is so.'),
        outcome: OUTCOME,
        meaning: text('Of the outcome.'),
        latency: seconds('Of the last control query.'),
        lastAsked: time('When that ended.'),
        failing: count(
          'Services for which it does worse; of a reference, those it did not answer for.',
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

const CHAIN = listOf(
  object({ name: text('What it leads to.'), ttl: count('In seconds.') }),
  'CNAMEs in the order in which they are followed.',
);

const ROUND_QUERIES = listOf(
  object({
    hop: HOP,
    type: TYPE,
    outcome: OUTCOME,
    exchanges: listOf(
      object(
        {
          transport: words(['udp', 'tcp'], ''),
          server: text('address:port'),
          outcome: OUTCOME,
          milliseconds: { type: 'number', description: 'Absent without a reply.' },
        },
        ['milliseconds'],
      ),
      'Messages to servers; of many the first ones.',
    ),
  }),
  'How it went; empty if cluster DNS was silent as a whole, and it was not asked.',
);

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
            'Seconds of the last rounds, oldest first; null: no reply.',
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
              seconds: seconds('Absent without a reply.'),
              ttl: count('The smallest of the answer, in seconds.'),
              addresses: listOf({ type: 'string' }, 'At the end of the chain.'),
              chain: CHAIN,
            },
            ['seconds', 'ttl'],
          ),
          'Empty if it was not asked.',
        ),
      }),
      'The last round, hop by hop.',
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
      }),
      'What each reference resolver has said of the target.',
    ),
    convergence: object(
      { since: time('The edit.'), deadline: time('Until then that is no fault.') },
      [],
      'Present while cluster DNS has yet to serve the spec.',
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
  [...OPTIONAL_IN_ROW, 'lastSuccess', 'editedBy', 'convergence', 'severity'],
);

export const PROBLEM = {
  ...object({
    type: text('about:blank: the title says it.'),
    title: text('Of the status.'),
    status: count('That of the reply.'),
    detail: text('Why, with the value that gave offence.'),
    instance: text('The path that was asked for.'),
  }),
} as const;
