/**
 * Schemas of requests and replies, except lists and views of Services, which have theirs in their
 * views.
 */
import { count, flag, object, query, text } from '../views/schema.ts';
import { NAME } from '../views/word-schemas.ts';

export const NO_QUERY = query({});

export const PROBE_QUERY = query(
  {
    namespace: { ...NAME, description: 'Of the Service.' },
    service: { ...NAME, description: 'Its name. It must be one that is watched.' },
    debug: { ...flag('A readable trace in place of metrics.'), default: false },
  },
  ['namespace', 'service'],
);

/** For one Service, or for all. */
export const LIVE_QUERY = {
  ...query({ namespace: NAME, service: NAME }),
  dependencies: { namespace: ['service'], service: ['namespace'] },
};

export const SERVICE_PARAMS = object({ namespace: NAME, service: NAME });

export const PROBLEM = object({
  type: text('Always about:blank.'),
  title: text('Of the status.'),
  status: count('That of the reply.'),
  detail: text('The reason, with the invalid value.'),
  instance: text('The requested path.'),
});
