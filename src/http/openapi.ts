import swagger from '@fastify/swagger';
import fastify, { type FastifyInstance } from 'fastify';
import { SCHEMAS_ON_DEMAND } from './schemas-on-demand.ts';

/**
 * The OpenAPI 3.1 document of the routes that `register` adds, made by a server that never listens.
 */
export async function openApiOf(
  version: string,
  register: (server: FastifyInstance) => void,
): Promise<object> {
  const server = fastify(SCHEMAS_ON_DEMAND);
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
  register(server);
  await server.ready();
  const document = server.swagger();
  await server.close();
  return document;
}
