import { setTimeout as sleep } from 'node:timers/promises';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import { CONTENT_TYPE } from '../metrics/text.ts';
import { notWatched } from './api-routes.ts';
import { HttpError } from './problems.ts';
import { PROBE_QUERY } from './schemas.ts';

/** For all clients together: a probe is about five queries, and all pods share cluster DNS. */
export const MOST_PROBES = 30;
const PER_MS = 60_000;
/** Longer than any round that does not wait in a queue. */
const LIMIT_MS = 60_000;

/** The result of a probe, in two text formats. */
export interface ProbeTexts {
  metrics(): string;
  trace(): string;
}

/** Probes a watched Service; undefined if it does not exist. */
export type ProbeOnDemand = (namespace: string, service: string) => Promise<ProbeTexts | undefined>;

interface Query {
  readonly namespace: string;
  readonly service: string;
  readonly debug: boolean;
}

/** `GET /probe`: the caller names a watched Service, never a name to query. */
export async function probeRoute(
  server: FastifyInstance,
  { probe }: { readonly probe: ProbeOnDemand },
): Promise<void> {
  await server.register(rateLimit, { global: false });
  const limit = {
    max: MOST_PROBES,
    timeWindow: PER_MS,
    // After validation, so that invalid requests do not count.
    hook: 'preHandler',
    keyGenerator: () => 'all',
    errorResponseBuilder: (_request: unknown, { after }: { after: string }) =>
      new HttpError(
        429,
        `Cannot probe now: there is a limit of ${MOST_PROBES} probes a minute for all, got one more; try again in ${after}`,
      ),
  } as const;
  server.get<{ Querystring: Query }>(
    '/probe',
    {
      schema: { querystring: PROBE_QUERY },
      config: { rateLimit: limit },
      // The HEAD route would have its own limit.
      exposeHeadRoute: false,
    },
    async ({ query: { namespace, service, debug } }, reply) => {
      const late = new AbortController();
      const texts = await Promise.race([
        probe(namespace, service).finally(() => late.abort()),
        sleep(LIMIT_MS, 'late' as const, { signal: late.signal, ref: false }),
      ]);
      if (texts === 'late') {
        throw new HttpError(504, `Cannot probe: timed out after ${LIMIT_MS} ms`);
      }
      if (!texts) throw notWatched(namespace, service);
      reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
      return debug
        ? reply.type('text/plain; charset=utf-8').send(texts.trace())
        : reply.type(CONTENT_TYPE).send(texts.metrics());
    },
  );
}
