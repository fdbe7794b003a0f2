/** Requests of a client that chooses its connection, its certificate and its user. */
import { once } from 'node:events';
import { get, type RequestOptions } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { selfSigned } from '../../../src/demo/certificate.ts';
import type { WebTls } from '../../../src/model/web.ts';

/** Each is an authority and what it has signed, all in one. */
export const SERVER = selfSigned();
export const CLIENT = selfSigned();
export const STRANGER = selfSigned();

export function tlsOf(more: Partial<WebTls> = {}, secure: Partial<WebTls['secure']> = {}): WebTls {
  return {
    secure: {
      ...SERVER,
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
      honorCipherOrder: true,
      ...secure,
    },
    clientAuth: 'NoClientCert',
    ...more,
  };
}

export async function listening(server: FastifyInstance): Promise<number> {
  await server.listen({ host: '127.0.0.1', port: 0 });
  return (server.server.address() as AddressInfo).port;
}

/** The status by HTTPS, or how the connection failed. */
export function statusOf(port: number, options: RequestOptions = {}): Promise<number | string> {
  return new Promise((resolve) => {
    const ca = SERVER.cert;
    const request = get({ port, path: '/metrics', agent: false, ca, ...options }, (reply) => {
      reply.on('error', () => resolve('cut off'));
      reply.on('end', () => resolve(reply.statusCode ?? 0));
      reply.resume();
    });
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

/** A connection that says this, and what it has been told when the other side has closed it. */
export async function toldBy(port: number, say: (socket: Socket) => void): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let told = '';
  socket.on('data', (chunk) => {
    told += chunk;
  });
  socket.on('error', () => {});
  say(socket);
  await once(socket, 'close');
  return told;
}
