import fastify, { type FastifyInstance } from 'fastify';
import type { ServiceTexts } from '../views/metrics/exposition.ts';
import type { MonitorMetrics } from '../views/metrics/monitor.ts';
import type { ServiceViews } from '../views/services/views.ts';
import { apiRoutes } from './api-routes.ts';
import { LIMITS, scrapeCap } from './limits.ts';
import { metricsRoute } from './metrics-route.ts';
import { type ProbeOnDemand, probeRoute } from './probe-route.ts';
import { handleErrors, sendProblem } from './problems.ts';
import type { WebSecurity } from './web-security.ts';

export interface HttpSources {
  readonly services: ServiceTexts;
  readonly monitor: MonitorMetrics;
  readonly views: ServiceViews;
  readonly probe: ProbeOnDemand;
  readonly security: WebSecurity;
  /** Of the program, for the API's document. */
  readonly version: string;
  /** Latches on the first complete list. */
  readonly isReady: () => boolean;
}

/** The routes, not yet listening. */
export function createServer(sources: HttpSources): FastifyInstance {
  const { services, monitor, views, probe, security, version, isReady } = sources;
  // Scrapes under way are finished on close; keep-alive connections that sit idle are not waited for.
  // Parameters that are not known are refused and not dropped: see the schemas.
  const ajv = { customOptions: { removeAdditional: false, coerceTypes: 'array' } } as const;
  const server = fastify({
    forceCloseConnections: 'idle',
    ...LIMITS,
    ajv,
    // Such as a path that cannot be decoded: what never gets to a route.
    frameworkErrors: (error, request, reply) =>
      sendProblem(request, reply, error.statusCode ?? 400, error.message),
  });
  handleErrors(server);
  security.guard(server);

  // Nor for those that fall idle after the close has begun, as Prometheus's do.
  server.addHook('onResponse', async () => {
    if (!server.server.listening) setImmediate(() => server.server.closeIdleConnections());
  });

  server.register(apiRoutes, { views, version });
  server.register(probeRoute, { probe });

  server.get('/metrics', { onRequest: scrapeCap() }, metricsRoute(services, monitor));

  // Neither the API server nor DNS can be mended by restarting us: alive is whoever answers.
  server.get('/livez', async () => 'ok\n');

  server.get('/readyz', async (_request, reply) => {
    if (isReady()) return 'ok\n';
    return reply.code(503).send('not ready: the first list of Services is not complete\n');
  });

  return server;
}
