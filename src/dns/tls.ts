import type { Server } from '../model/messages.ts';
import type { Exchanged, Query } from './reply.ts';
import { exchangeOver } from './tcp.ts';

/**
 * Asks one question over TLS (RFC 7858), on a connection of its own; never rejects. The server's
 * certificate must be for its name, or for its address where no name is given: otherwise nothing is sent, and the
 * outcome is `unreachable` with the code of Node.js, such as `ERR_TLS_CERT_ALTNAME_INVALID`.
 */
export function exchangeTls(
  server: Server,
  query: Query,
  timeoutMs: number,
  closed: Promise<unknown>,
): Promise<Exchanged> {
  const { address: host, port, tls = {} } = server;
  const { name: servername, ca } = tls;
  const stream = {
    transport: 'tls',
    ready: 'secureConnect',
    // Loaded on demand: most servers are asked in clear.
    open: () =>
      process.getBuiltinModule('node:tls').connect({
        host,
        port,
        // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
        rejectUnauthorized: true,
        ...(servername === undefined ? {} : { servername }),
        ...(ca === undefined ? {} : { ca }),
      }),
  } as const;
  return exchangeOver(stream, server, query, timeoutMs, closed);
}
