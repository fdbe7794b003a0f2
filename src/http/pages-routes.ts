import { STATUS_CODES } from 'node:http';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { steadyNow } from '../model/time.ts';
import { ASSETS } from '../views/pages/assets.ts';
import { type OutsideLinks, statusLink } from '../views/pages/links.ts';
import { problemPage } from '../views/pages/problem.ts';
import { liveQuery, SERVICE_ROOT, servicePage } from '../views/pages/service.ts';
import { isFolding, statusPage } from '../views/pages/status.ts';
import { SERVICES_QUERY, type Wanted } from '../views/services/list.ts';
import type { ServiceViews } from '../views/services/views.ts';
import { acceptsGzip } from './accept.ts';
import { notWatched } from './api-routes.ts';
import { toldOf } from './problems.ts';
import { NO_QUERY, SERVICE_PARAMS } from './schemas.ts';

export interface PagesSources {
  readonly views: ServiceViews;
  readonly links: OutsideLinks;
  /** The version of the program. */
  readonly version: string;
  /** Receives internal errors that made a request fail. */
  readonly onFault: (error: Error) => void;
}

interface ServiceParams {
  readonly namespace: string;
  readonly service: string;
}

/**
 * Allows only our own style, script and images, and no inline code. No other site may frame the
 * pages.
 */
const SECURITY = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

const compressed = promisify(gzip);
/** A smaller reply fits into one packet, so compression has no benefit. */
const LEAST_COMPRESSED = 1_400;

/** `/`, `/services/<namespace>/<name>`, and the files that they load. */
export async function pagesRoutes(server: FastifyInstance, sources: PagesSources): Promise<void> {
  const { views, links, version, onFault } = sources;

  server.addHook('onSend', async (_request, reply) => {
    reply.headers(SECURITY);
  });
  server.setErrorHandler(async (error: FastifyError, request, reply) => {
    const { status, detail } = toldOf(error, request, onFault);
    const { namespace, service } = (request.params ?? {}) as Partial<ServiceParams>;
    const root = service === undefined ? '' : SERVICE_ROOT;
    // The Service may still appear.
    const live =
      status === 404 && namespace !== undefined && service !== undefined
        ? { live: liveQuery(namespace, service) }
        : {};
    const title = STATUS_CODES[status] ?? 'Error';
    const page = problemPage({ title, detail, root, version, cluster: views.clusterName, ...live });
    return sendPage(request, reply.code(status), page);
  });

  server.get<{ Querystring: Wanted }>(
    '/',
    {
      schema: { querystring: SERVICES_QUERY },
      // A form also sends empty fields. The redirect gives a short URL that people can share.
      preValidation: async (request, reply) => {
        const query = request.query as Record<string, unknown>;
        const given = Object.entries(query).filter(([, value]) => value !== '');
        if (given.length < Object.keys(query).length) {
          return reply.redirect(statusLink({}, Object.fromEntries(given)));
        }
      },
    },
    async (request, reply) => {
      const wanted = request.query;
      const summary = views.summary(steadyNow());
      const folded = isFolding(wanted) ? views.faults(summary) : [];
      const model = {
        summary,
        page: views.services(wanted, folded),
        folded,
        wanted,
        namespaces: views.namespaces,
        servers: views.servers(),
        version,
      };
      return sendPage(request, reply, statusPage(model, Date.now()));
    },
  );

  server.get<{ Params: ServiceParams }>(
    '/services/:namespace/:service',
    { schema: { querystring: NO_QUERY, params: SERVICE_PARAMS } },
    async (request, reply) => {
      const { namespace, service } = request.params;
      const detail = views.service(namespace, service);
      if (!detail) throw notWatched(namespace, service);
      const model = { detail, links, version, cluster: views.clusterName };
      return sendPage(request, reply, servicePage(model, Date.now()));
    },
  );

  server.get<{ Params: { file: string } }>('/assets/:file', async ({ params }, reply) => {
    const asset = ASSETS.get(params.file);
    if (!asset) return reply.callNotFound();
    return reply
      .type(asset.type)
      .header('cache-control', 'public, max-age=31536000, immutable')
      .send(asset.body);
  });
}

async function sendPage(
  request: FastifyRequest,
  reply: FastifyReply,
  page: string,
): Promise<FastifyReply> {
  reply
    .type('text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('vary', 'accept-encoding');
  const isSmall = page.length < LEAST_COMPRESSED;
  if (isSmall || !acceptsGzip(request.headers['accept-encoding'])) return reply.send(page);
  const body = await compressed(page, { level: constants.Z_BEST_SPEED });
  return reply.header('content-encoding', 'gzip').send(body);
}
