import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { constants, createGzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServiceTexts } from '../views/metrics/exposition.ts';
import type { MonitorMetrics } from '../views/metrics/monitor.ts';
import { CONTENT_TYPE } from '../views/metrics/text.ts';

/** A scraper on a fast network takes all that it is sent; after this long others get their turn all the same. */
const TURN_MS = 5;
const HIGH_WATER = 1_048_576;

/** `GET /metrics`: the monitor's own families, then those of each Service; compressed if asked for. */
export function metricsRoute(services: ServiceTexts, monitor: MonitorMetrics) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    // Taken before anything is awaited: one moment of all Services, however slowly it is read.
    const exposition = services.exposition();
    const own = Buffer.from(await monitor.text());
    const text = Readable.from(inTurns(own, exposition), {
      objectMode: false,
      highWaterMark: HIGH_WATER,
    });
    reply.header('content-type', CONTENT_TYPE).header('vary', 'accept-encoding');
    if (!acceptsGzip(request.headers['accept-encoding'])) return reply.send(text);
    reply.header('content-encoding', 'gzip');
    const gzip = createGzip({ level: constants.Z_BEST_SPEED });
    text.on('error', (error) => gzip.destroy(error));
    gzip.on('close', () => text.destroy());
    return reply.send(text.pipe(gzip));
  };
}

/** Whether the header names gzip, and not with a weight of zero (RFC 9110 §12.5.3). */
export function acceptsGzip(header: string | string[] | undefined): boolean {
  const codings = String(header ?? '').split(',');
  return codings.some((coding) => {
    const [name, ...parameters] = coding.split(';').map((part) => part.trim().toLowerCase());
    return name === 'gzip' && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

/** Lets go of the event loop every few milliseconds, so that a large scrape holds nobody up. */
async function* inTurns(own: Buffer, services: Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield own;
  let since = performance.now();
  for (const chunk of services) {
    yield chunk;
    if (performance.now() - since < TURN_MS) continue;
    await setImmediate();
    since = performance.now();
  }
}
