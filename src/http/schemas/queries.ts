/** What the API may be asked: parameters of each route, validated and documented from here. */
import { DEFAULT_LIMIT, MOST_LIMIT, ORDERS, SORTS, UPS } from '../../views/services/list.ts';
import {
  BLAME,
  flag,
  LEVEL,
  NAME,
  object,
  type Properties,
  RULE,
  type Schema,
  several,
  VERDICT,
  words,
} from './shapes.ts';

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
  domain: several(
    { type: 'string', maxLength: 253 },
    'With a target in this domain, as target_domain of externalname_service_info has it.',
  ),
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
