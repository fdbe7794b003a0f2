import type { FastifyInstance, FastifySchema, RouteHandler } from 'fastify';
import { steadyNow } from '../model/time.ts';
import { DETAIL } from '../views/services/detail.ts';
import { FINDINGS_PAGE, FINDINGS_QUERY, type WantedFindings } from '../views/services/findings.ts';
import { SERVICES_PAGE, SERVICES_QUERY, type Wanted } from '../views/services/list.ts';
import { SERVERS } from '../views/services/servers.ts';
import { SUMMARY } from '../views/services/summary.ts';
import type { ServiceViews } from '../views/services/views.ts';
import { got, HttpError, PROBLEM_TYPE } from './problems.ts';
import { NO_QUERY, PROBLEM, SERVICE_PARAMS } from './schemas.ts';

const BASE = '/api/v1';

/**
 * The API, and the OpenAPI document, which is made from the schemas of the API at the first
 * request.
 */
export async function apiRoutes(
  server: FastifyInstance,
  { views, version }: { readonly views: ServiceViews; readonly version: string },
): Promise<void> {
  // A cached reply would show an old state as the present one.
  server.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });

  resources(server, views);

  let document: Promise<object> | undefined;
  server.get(`${BASE}/openapi.json`, async () => {
    // Loaded on demand: it takes several megabytes of memory, and few monitors get this request.
    document ??= import('./openapi.ts').then(({ openApiOf }) =>
      openApiOf(version, (other) => resources(other, views)),
    );
    return document;
  });
}

function resources(server: FastifyInstance, views: ServiceViews): void {
  const get = <Query, Params = unknown>(
    path: string,
    schema: FastifySchema,
    handler: RouteHandler<{ Querystring: Query; Params: Params }>,
  ): void => {
    server.get<{ Querystring: Query; Params: Params }>(`${BASE}${path}`, { schema }, handler);
  };

  get<Wanted>(
    '/services',
    schemaOf('listServices', 'Services', SERVICES_QUERY, SERVICES_PAGE),
    async (request) => views.services(request.query),
  );

  get<unknown, { namespace: string; service: string }>(
    '/services/:namespace/:service',
    {
      ...schemaOf('getService', 'All that is known of one Service', NO_QUERY, DETAIL),
      params: SERVICE_PARAMS,
    },
    async ({ params: { namespace, service } }) => {
      const found = views.service(namespace, service);
      if (!found) throw notWatched(namespace, service);
      return found;
    },
  );

  get('/summary', schemaOf('getSummary', 'All Services at a glance', NO_QUERY, SUMMARY), async () =>
    views.summary(steadyNow()),
  );

  get(
    '/servers',
    schemaOf('listServers', 'DNS servers that are asked', NO_QUERY, SERVERS),
    async () => ({ items: views.servers() }),
  );

  get<WantedFindings>(
    '/findings',
    schemaOf('listFindings', 'Findings of all Services', FINDINGS_QUERY, FINDINGS_PAGE),
    async (request) => views.findings(request.query),
  );
}

export function notWatched(namespace: string, service: string): HttpError {
  const key = `${namespace}/${service}`;
  return new HttpError(
    404,
    `Cannot find the Service: none of that name is watched, got ${got(key)}`,
  );
}

function schemaOf(
  operationId: string,
  summary: string,
  querystring: object,
  reply: object,
): FastifySchema {
  const problem = (description: string) => ({
    description,
    content: { [PROBLEM_TYPE]: { schema: PROBLEM } },
  });
  return {
    operationId,
    summary,
    querystring,
    response: {
      200: { description: summary, content: { 'application/json': { schema: reply } } },
      400: problem('A parameter that is not known, or not valid'),
      404: problem('Nothing of that name'),
    },
  };
}
