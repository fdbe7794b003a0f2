import type { FastifyInstance } from 'fastify';

interface Listen {
  /** A host name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * Listens. `::` includes IPv4. On nodes without IPv6 in the kernel (`ipv6.disable=1`) it becomes
 * `0.0.0.0`, so that one default works in every cluster.
 *
 * @throws Error of the operating system
 */
export async function listen(server: FastifyInstance, { host, port }: Listen): Promise<void> {
  try {
    await server.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (host !== '::' || code !== 'EAFNOSUPPORT') throw error;
    await server.listen({ host: '0.0.0.0', port });
  }
}

/** One line for an operator: the reason why the server cannot listen, and what to do. */
export function listenErrorText(
  { code = '', message }: NodeJS.ErrnoException,
  { host, port }: Listen,
  platform: NodeJS.Platform = process.platform,
): string {
  const reason = REASONS[code]?.({ port, platform }) ?? message;
  return `Cannot listen on ${addressOf(host, port)}: ${reason}`;
}

interface Where {
  readonly port: number;
  readonly platform: NodeJS.Platform;
}

/** By error code of the operating system. */
const REASONS: Readonly<Record<string, (where: Where) => string>> = {
  EADDRINUSE: ({ port, platform }) =>
    `the port is in use; set another one with --listen=<host:port>, or find the process with: ${whoListens(port, platform)}`,
  EACCES: () =>
    'permission denied; set a port from 1024 with --listen=<host:port>, or grant the capability NET_BIND_SERVICE',
  EADDRNOTAVAIL: ({ port }) =>
    `this machine does not have that address; use --listen=:${port} for all addresses`,
  EAFNOSUPPORT: ({ port }) =>
    `this machine has no IPv6; use --listen=0.0.0.0:${port} for all IPv4 addresses`,
  ENOTFOUND: ({ port }) =>
    `the host name does not resolve; use an address, or --listen=:${port} for all addresses`,
};

function whoListens(port: number, platform: NodeJS.Platform): string {
  return platform === 'darwin'
    ? `lsof -nP -iTCP:${port} -sTCP:LISTEN`
    : `ss -ltnp 'sport = :${port}'`;
}

/** As `--listen` takes it. */
function addressOf(host: string, port: number): string {
  if (host === '::') return `:${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
