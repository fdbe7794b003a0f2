/**
 * Limits for the cost of one client and of all clients: connections, sizes and times.
 * docs/web-security.md has the table.
 */
import { type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';
import { HttpError, PROBLEM_TYPE } from './problems.ts';

/** Sockets are file descriptors, and the prober needs hundreds of its own. */
export const MOST_CONNECTIONS = 256;
/** Limit per address, so that one client cannot block the kubelet's probes. */
export const MOST_PER_ADDRESS = 128;
/** Each scrape keeps its texts in memory until the client has read them. */
export const MOST_SCRAPES = 16;
const SCRAPE_MS = 60_000;

/** In bytes, including the request line; Prometheus sends about 300. */
const MOST_HEADER = 16 * 1_024;

export const LIMITS = {
  /** No route reads a body. */
  bodyLimit: 1_024,
  /** For the complete request to arrive. */
  requestTimeout: 10_000,
  /**
   * Without a byte in either direction: longer than a probe on demand, and than the pauses in an
   * event stream.
   */
  connectionTimeout: 75_000,
  /** Longer than the usual scrape interval. */
  keepAliveTimeout: 65_000,
  clientErrorHandler: refuse,
  http: { maxHeaderSize: MOST_HEADER, headersTimeout: 5_000, connectionsCheckingInterval: 1_000 },
} as const satisfies FastifyServerOptions & { readonly http: object };

/** Handles connections without a valid request. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, why] = reasonOf(error.code);
  const title = STATUS_CODES[status];
  const detail = `Cannot read the request: ${why}`;
  const body = JSON.stringify({ type: 'about:blank', title, status, detail });
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  // Closes immediately, without waiting for the client.
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

function reasonOf(code: string | undefined): [number, string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [431, `its line and headers are too large, got more than ${MOST_HEADER} bytes`];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'it did not arrive in time'];
    default:
      return [400, 'it is not HTTP/1.1'];
  }
}

/** Limits the connections of a server; `isTooMany` counts a connection until it closes. */
export function connectionCap(server: Server): { isTooMany(socket: Socket): boolean } {
  server.maxConnections = MOST_CONNECTIONS;
  const counts = new Map<string, number>();
  return {
    isTooMany(socket) {
      const { remoteAddress = '' } = socket;
      const count = (counts.get(remoteAddress) ?? 0) + 1;
      if (count > MOST_PER_ADDRESS) return true;
      counts.set(remoteAddress, count);
      socket.once('close', () => {
        const left = (counts.get(remoteAddress) ?? 1) - 1;
        if (left > 0) counts.set(remoteAddress, left);
        else counts.delete(remoteAddress);
      });
      return false;
    },
  };
}

/** A hook for `/metrics`: limits the number of concurrent scrapes and the duration of each. */
export function scrapeCap(): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  let underWay = 0;
  return async (_request, reply) => {
    if (underWay >= MOST_SCRAPES) {
      reply.header('retry-after', '1');
      throw new HttpError(503, `Cannot serve this scrape: the limit is ${MOST_SCRAPES} at once`);
    }
    underWay++;
    const { raw } = reply;
    const late = setTimeout(() => raw.destroy(), SCRAPE_MS);
    raw.once('close', () => {
      underWay--;
      clearTimeout(late);
    });
  };
}
