import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifySchema, RouteHandler } from 'fastify';
import type { WantedFindings } from '../views/services/findings.ts';
import type { Wanted } from '../views/services/list.ts';
import type { ServiceViews } from '../views/services/views.ts';
import { got, HttpError, PROBLEM_TYPE } from './problems.ts';
import * as schemas from './schemas.ts';

const BASE = '/api/v1';

/** The API, and the OpenAPI document that is made of its schemas. Register it once, and wait until the server is ready. */
export async function apiRoutes(
  server: FastifyInstance,
  { views, version }: { readonly views: ServiceViews; readonly version: string },
): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'externalname-monitor',
        description:
          'DNS health of the ExternalName Services of a cluster. Reads only. See docs/api.md.',
        version,
      },
    },
  });

  // Out of a cache it would tell of another moment than it seems.
  server.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });

  const get = <Query, Params = unknown>(
    path: string,
    schema: FastifySchema,
    handler: RouteHandler<{ Querystring: Query; Params: Params }>,
  ): void => {
    server.get<{ Querystring: Query; Params: Params }>(`${BASE}${path}`, { schema }, handler);
  };

  get<Wanted>(
    '/services',
    schemaOf('listServices', 'Services', schemas.SERVICES_QUERY, schemas.SERVICES_REPLY),
    async (request) => views.services(request.query),
  );

  get<unknown, { namespace: string; service: string }>(
    '/services/:namespace/:service',
    {
      ...schemaOf(
        'getService',
        'All that is known of one Service',
        schemas.NO_QUERY,
        schemas.SERVICE_REPLY,
      ),
      params: schemas.SERVICE_PARAMS,
    },
    async ({ params: { namespace, service } }) => {
      const found = views.service(namespace, service);
      if (!found) throw notWatched(namespace, service);
      return found;
    },
  );

  get(
    '/summary',
    schemaOf('getSummary', 'All Services at a glance', schemas.NO_QUERY, schemas.SUMMARY_REPLY),
    async () => views.summary(Date.now()),
  );

  get(
    '/servers',
    schemaOf('listServers', 'DNS servers that are asked', schemas.NO_QUERY, schemas.SERVERS_REPLY),
    async () => ({ items: views.servers() }),
  );

  get<WantedFindings>(
    '/findings',
    schemaOf(
      'listFindings',
      'Findings of all Services',
      schemas.FINDINGS_QUERY,
      schemas.FINDINGS_REPLY,
    ),
    async (request) => views.findings(request.query),
  );

  server.get(`${BASE}/openapi.json`, { schema: { hide: true } }, async () => server.swagger());
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
    content: { [PROBLEM_TYPE]: { schema: schemas.PROBLEM } },
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
