import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import type { WebConfig } from '../model/web.ts';
import { authenticate } from './authentication.ts';
import { connectionCap } from './limits.ts';
import { Passwords } from './passwords.ts';
import { tlsServer } from './tls.ts';

/** The kubelet has no password, and these routes reveal only that the monitor runs. */
const OPEN_ROUTES: ReadonlySet<string | undefined> = new Set(['/livez', '/readyz']);

/**
 * Controls which clients may connect and send requests. The rules can change while the server
 * listens.
 */
export class WebSecurity {
  readonly #passwords = new Passwords();
  #config: WebConfig;
  #http: HttpServer | undefined;
  #tls: TlsServer | undefined;
  #serve: (socket: Socket) => void = (socket) => socket.destroy();

  constructor(config: WebConfig) {
    this.#config = config;
  }

  /** Call it before any route is registered and before the server listens. */
  guard(server: FastifyInstance): void {
    const http = server.server;
    this.#http = http;
    const cap = connectionCap(http);
    // Node's own listeners from connections to requests. TLS goes in front of them.
    const serve = http.listeners('connection') as ((socket: Socket) => void)[];
    http.removeAllListeners('connection');
    this.#serve = (socket) => {
      for (const listener of serve) listener.call(http, socket);
    };
    http.on('connection', (socket: Socket) => {
      if (cap.isTooMany(socket)) socket.destroy();
      else if (this.#tls) this.#tls.emit('connection', socket);
      else this.#serve(socket);
    });
    this.use(this.#config);

    server.addHook('onRequest', async (request, reply) => {
      const { headers, users } = this.#config;
      for (const [name, value] of Object.entries(headers)) reply.raw.setHeader(name, value);
      if (users.size === 0 || OPEN_ROUTES.has(request.routeOptions.url)) return;
      await authenticate(request, reply, users, this.#passwords);
    });
    server.addHook('onClose', () => this.#passwords.stop());
  }

  /** Applies to new connections and new requests; running ones end under the old rules. */
  use(config: WebConfig): void {
    this.#config = config;
    this.#tls = config.tls && tlsServer(config.tls, (socket) => this.#serve(socket));
    // Between two scrapes, clients can reconnect under the new rules.
    this.#http?.closeIdleConnections();
  }
}
