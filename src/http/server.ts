import { Readable } from 'node:stream';
import fastify, { type FastifyInstance } from 'fastify';
import { exposition, type ServiceTexts } from '../views/metrics/exposition.ts';
import type { MonitorMetrics } from '../views/metrics/monitor.ts';
import { CONTENT_TYPE } from '../views/metrics/text.ts';

export interface HttpSources {
  readonly services: ServiceTexts;
  readonly monitor: MonitorMetrics;
  /** Latches on the first complete list. */
  readonly isReady: () => boolean;
}

/** The routes, not yet listening. */
export function createServer({ services, monitor, isReady }: HttpSources): FastifyInstance {
  // Scrapes under way are finished on close; keep-alive connections that sit idle are not waited for.
  const server = fastify({ forceCloseConnections: 'idle', bodyLimit: 1_024 });

  server.get('/metrics', async (_request, reply) => {
    // Taken before anything is awaited: one moment of all Services, however slowly it is read.
    const snapshot = services.snapshot();
    const own = Buffer.from(await monitor.text());
    reply.header('content-type', CONTENT_TYPE);
    return reply.send(Readable.from(chunks(own, exposition(snapshot)), { objectMode: false }));
  });

  // Neither the API server nor DNS can be mended by restarting us: alive is whoever answers.
  server.get('/livez', async () => 'ok\n');

  server.get('/readyz', async (_request, reply) => {
    if (isReady()) return 'ok\n';
    return reply.code(503).send('not ready: the first list of Services is not complete\n');
  });

  return server;
}

function* chunks(own: Buffer, services: Iterable<Buffer>): Generator<Buffer> {
  yield own;
  yield* services;
}
