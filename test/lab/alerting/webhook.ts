import { createServer, type IncomingMessage, type Server } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { loopback } from '../cluster/ports.ts';

/** One alert in a message of Alertmanager to a webhook. */
export interface Notice {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** In RFC 3339. */
  readonly startsAt: string;
}

/** The firing alerts with severity `critical`, which page a person. */
export function pages(notices: readonly Notice[]): Notice[] {
  return notices.filter(
    ({ status, labels }) => status === 'firing' && labels.severity === 'critical',
  );
}

/** Whether the end of an alert is among these. */
export function isOver(page: Notice, notices: readonly Notice[]): boolean {
  return notices.some(
    ({ status, startsAt, labels }) =>
      status === 'resolved' && startsAt === page.startsAt && isDeepStrictEqual(labels, page.labels),
  );
}

/** Alertmanager's receiver, in place of a pager. It records all alerts. */
export class Webhook {
  readonly url: string;
  readonly #server: Server;
  readonly #notices: Notice[] = [];

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
    server.on('request', (request, response) => {
      this.#take(request).then(
        () => response.end(),
        // Alertmanager retries, and logs the reason.
        (error) => response.writeHead(500).end(String(error)),
      );
    });
  }

  static async start(): Promise<Webhook> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(0, loopback, resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') {
      throw new Error(`Cannot start the webhook: it has no port, got ${address}`);
    }
    return new Webhook(server, `http://${loopback}:${address.port}/`);
  }

  /** All alerts received so far, in order. */
  get notices(): readonly Notice[] {
    return this.#notices;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  async #take(request: IncomingMessage): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { alerts } = JSON.parse(Buffer.concat(chunks).toString()) as { alerts: Notice[] };
    this.#notices.push(...alerts);
  }
}
