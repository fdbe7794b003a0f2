import fastify, { type FastifyInstance } from 'fastify';
import type { ServiceExposition } from '../metrics/exposition.ts';
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
  readonly services: ServiceExposition;
  readonly monitor: MonitorMetrics;
  /** Whether scrapers that prefer the protobuf format get it. */
  readonly isProtobufServed: boolean;
  readonly views: ServiceViews;
  readonly probe: ProbeOnDemand;
  /** Receives each changed record. */
  readonly live: Live;
  readonly links: OutsideLinks;
  readonly security: WebSecurity;
  /** The version of the program. */
  readonly version: string;
  /** True from the first complete list on. */
  readonly isReady: () => boolean;
  /** Receives internal errors that made a request fail. */
  readonly onFault: (error: Error) => void;
}

/** The routes; the server does not listen yet. */
export function createServer(sources: HttpSources): FastifyInstance {
  const { services, monitor, isProtobufServed, views, probe, live, links, security } = sources;
  const { version, isReady, onFault } = sources;
  const server = fastify({
    // A close waits for running scrapes, but not for idle keep-alive connections.
    forceCloseConnections: 'idle',
    ...LIMITS,
    ...SCHEMAS_ON_DEMAND,
    // Unknown parameters are refused, not dropped: see the schemas.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: 'array' } },
    // For requests that reach no route, such as a path that cannot be decoded.
    frameworkErrors: sendUnreadable,
  });
  loadSchemaCompilers(server);
  handleErrors(server, onFault);
  security.guard(server);

  // The same for connections that become idle after the close has begun, such as Prometheus's.
  server.addHook('onResponse', async () => {
    if (!server.server.listening) setImmediate(() => server.server.closeIdleConnections());
  });

  server.register(apiRoutes, { views, version });
  server.register(probeRoute, { probe });
  server.register(pagesRoutes, { views, links, version, onFault });
  server.register(liveRoute, { live });

  server.get(
    '/metrics',
    { onRequest: scrapeCap() },
    metricsRoute({ services, monitor, isProtobufServed }),
  );

  // A restart fixes neither the API server nor DNS, so any reply means alive.
  server.get('/livez', async () => 'ok\n');

  server.get('/readyz', async (_request, reply) => {
    if (isReady()) return 'ok\n';
    return reply.code(503).send('not ready: the first list of Services is not complete\n');
  });

  return server;
}
