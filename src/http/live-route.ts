import type { FastifyInstance } from 'fastify';
import { steadyNow } from '../model/time.ts';
import type { Live } from './live.ts';
import { HttpError } from './problems.ts';
import { LIVE_QUERY } from './schemas.ts';

/** Proxies close connections that are silent for a minute. */
const BEAT_MS = 25_000;
/** Reconnect delay, so that after a restart not all clients return at the same moment. */
const RETRY_MS = 3_000;

interface Query {
  readonly namespace?: string;
  readonly service?: string;
}

/** `GET /live`: a server-sent event without content whenever a page may have changed. */
export async function liveRoute(
  server: FastifyInstance,
  { live }: { readonly live: Live },
): Promise<void> {
  const endings = new Set<() => void>();
  // A close waits for running replies, and these have no end of their own.
  server.addHook('preClose', async () => {
    for (const end of endings) end();
  });

  server.get<{ Querystring: Query }>(
    '/live',
    { schema: { querystring: LIVE_QUERY }, exposeHeadRoute: false },
    async ({ query: { namespace, service } }, reply) => {
      const key = service === undefined ? undefined : `${namespace}/${service}`;
      const { raw } = reply;
      const unwatch = live.watch(key, () => write('data:\n\n'), steadyNow());
      if (!unwatch) {
        throw new HttpError(
          503,
          `Cannot watch for changes: too many clients watch already, got ${live.watchers}`,
        );
      }
      // A client that does not read its few events is disconnected.
      const write = (text: string): void => {
        if (raw.writableNeedDrain) raw.destroy();
        else raw.write(text);
      };
      const beat = setInterval(() => write(':\n\n'), BEAT_MS).unref();
      const end = (): void => {
        unwatch();
        clearInterval(beat);
        endings.delete(end);
        raw.end();
      };
      endings.add(end);
      raw.on('close', end);
      raw.on('error', end);
      reply.hijack();
      raw.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        // nginx would buffer the events.
        'x-accel-buffering': 'no',
      });
      write(`retry: ${RETRY_MS}\n\n`);
    },
  );
}
