import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { constants, createGzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServiceExposition } from '../metrics/exposition.ts';
import type { MonitorMetrics } from '../metrics/monitor.ts';
import { PROTOBUF_TYPE } from '../metrics/protobuf.ts';
import { CONTENT_TYPE } from '../metrics/text.ts';
import { acceptsGzip, prefersProtobuf } from './accept.ts';

const TURN_MS = 5;

interface Sources {
  readonly services: ServiceExposition;
  readonly monitor: MonitorMetrics;
  readonly isProtobufServed: boolean;
}

/** `GET /metrics`: the monitor's own families, then those of each Service; in the format and the coding that are asked for. */
export function metricsRoute({ services, monitor, isProtobufServed }: Sources) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { accept, 'accept-encoding': codings } = request.headers;
    const isProtobuf = isProtobufServed && prefersProtobuf(accept);
    // Taken before the first await, so that it shows one moment of all Services, however slowly the
    // client reads it.
    const exposition = isProtobuf ? services.protobuf() : services.text();
    const own = isProtobuf ? await monitor.protobuf() : Buffer.from(await monitor.text());
    const isCompressed = acceptsGzip(codings);
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      'content-type': isProtobuf ? PROTOBUF_TYPE : CONTENT_TYPE,
      vary: isProtobufServed ? 'accept, accept-encoding' : 'accept-encoding',
      ...(isCompressed ? { 'content-encoding': 'gzip' } : {}),
    });
    try {
      if (isCompressed) await writeCompressed(raw, own, exposition);
      else await writeAll(raw, own, exposition);
      raw.end();
    } catch {
      raw.destroy(); // The scraper has disconnected.
    }
  };
}

/**
 * Each chunk waits until the one before is out. So the chunks can share their memory, and a scraper that is slow
 * to read has few of them. A fast one takes all that it is sent at once, so others get their turn by the clock.
 */
async function writeAll(out: Writable, own: Buffer, services: Iterable<Buffer>): Promise<void> {
  await write(out, own);
  let since = performance.now();
  for (const chunk of services) {
    if (chunk.length > 0) await write(out, chunk);
    if (performance.now() - since < TURN_MS) continue;
    await setImmediate();
    since = performance.now();
  }
}

async function writeCompressed(
  out: Writable,
  own: Buffer,
  services: Iterable<Buffer>,
): Promise<void> {
  const gzip = createGzip({ level: constants.Z_BEST_SPEED });
  out.once('close', () => gzip.destroy());
  gzip.pipe(out, { end: false });
  await writeAll(gzip, own, services);
  const ended = once(gzip, 'end');
  gzip.end();
  await ended;
}

/** @throws the stream's error, also if it is closed before the chunk is out */
function write(out: Writable, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = (): void =>
      reject(new Error('Cannot write: the other side has gone, got a closed stream'));
    if (out.destroyed) return onClose();
    out.once('close', onClose);
    out.write(chunk, (error) => {
      out.off('close', onClose);
      if (error) reject(error);
      else resolve();
    });
  });
}
