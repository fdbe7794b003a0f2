import fastify, { type FastifyInstance } from 'fastify';
import type { ServiceTexts } from '../metrics/exposition.ts';
import type { MonitorMetrics } from '../metrics/monitor.ts';
import type { OutsideLinks } from '../views/pages/links.ts';
import type { ServiceViews } from '../views/services/views.ts';
import { apiRoutes } from './api-routes.ts';
import { LIMITS, scrapeCap } from './limits.ts';
import type { Live } from './live.ts';
import { liveRoute } from './live-route.ts';
import { metricsRoute } from './metrics-route.ts';
import { pagesRoutes } from './pages-routes.ts';
import { type ProbeOnDemand, probeRoute } from './probe-route.ts';
import { handleErrors, sendUnreadable } from './problems.ts';
import { loadSchemaCompilers, SCHEMAS_ON_DEMAND } from './schemas-on-demand.ts';
import type { WebSecurity } from './web-security.ts';

export interface HttpSources {
  readonly services: ServiceTexts;
  readonly monitor: MonitorMetrics;
  readonly views: ServiceViews;
  readonly probe: ProbeOnDemand;
  /** Hears of each record that changed. */
  readonly live: Live;
  readonly links: OutsideLinks;
  readonly security: WebSecurity;
  /** Of the program. */
  readonly version: string;
  /** Latches on the first complete list. */
  readonly isReady: () => boolean;
  /** Hears of requests that could not be answered through a fault of our own. */
  readonly onFault: (error: Error) => void;
}

/** The routes, not yet listening. */
export function createServer(sources: HttpSources): FastifyInstance {
  const { services, monitor, views, probe, live, links, security } = sources;
  const { version, isReady, onFault } = sources;
  const server = fastify({
    // Scrapes under way are finished on close; keep-alive connections that sit idle are not waited for.
    forceCloseConnections: 'idle',
    ...LIMITS,
    ...SCHEMAS_ON_DEMAND,
    // Parameters that are not known are refused and not dropped: see the schemas.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: 'array' } },
    // Such as a path that cannot be decoded: what never gets to a route.
    frameworkErrors: sendUnreadable,
  });
  loadSchemaCompilers(server);
  handleErrors(server, onFault);
  security.guard(server);

  // Nor for those that fall idle after the close has begun, as Prometheus's do.
  server.addHook('onResponse', async () => {
    if (!server.server.listening) setImmediate(() => server.server.closeIdleConnections());
  });

  server.register(apiRoutes, { views, version });
  server.register(probeRoute, { probe });
  server.register(pagesRoutes, { views, links, version, onFault });
  server.register(liveRoute, { live });

  server.get('/metrics', { onRequest: scrapeCap() }, metricsRoute(services, monitor));

  // Neither the API server nor DNS can be mended by restarting us: alive is whoever answers.
  server.get('/livez', async () => 'ok\n');

  server.get('/readyz', async (_request, reply) => {
    if (isReady()) return 'ok\n';
    return reply.code(503).send('not ready: the first list of Services is not complete\n');
  });

  return server;
}
