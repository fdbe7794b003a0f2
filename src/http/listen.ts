import type { FastifyInstance } from 'fastify';

/**
 * Listens. `::` includes IPv4. On nodes without IPv6 in the kernel (`ipv6.disable=1`) it becomes
 * `0.0.0.0`, so that one default works in every cluster.
 *
 * @throws Error of the operating system
 */
export async function listen(
  server: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  try {
    await server.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (host !== '::' || code !== 'EAFNOSUPPORT') throw error;
    await server.listen({ host: '0.0.0.0', port });
  }
}
