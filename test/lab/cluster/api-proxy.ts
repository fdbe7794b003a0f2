import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { selfSigned } from '../../../src/demo/certificate.ts';
import { loopback } from './ports.ts';

/** A fault for list requests; watches pass. */
export interface ListFault {
  /** Delay of a list. */
  readonly delayMs?: number;
  /** Status of the reply in place of the API server's. */
  readonly status?: number;
}

/**
 * A path to the API server that distinguishes lists from watches, unlike a `TcpLink`.
 *
 * @example
 * await using proxy = await ApiProxy.start(cluster.kubeconfig);
 * proxy.fault = { status: 429 };
 * await startMonitor({ ...cluster, kubeconfig: proxy.kubeconfig });
 */
export class ApiProxy implements AsyncDisposable {
  /** A kubeconfig for clients that use the proxy, with the credentials of the original one. */
  readonly kubeconfig: string;
  fault: ListFault = {};
  /** Watches get 410 until the next list, so only that list shows the changes in between. */
  expired = false;
  /** Number of lists and watches that began, and of lists that their client aborted. */
  readonly counts = { lists: 0, watches: 0, abortedLists: 0 };
  readonly #server: Server;

  private constructor(server: Server, kubeconfig: string) {
    this.#server = server;
    this.kubeconfig = kubeconfig;
  }

  /** Starts a proxy to the server of a kubeconfig. */
  static async start(kubeconfig: string): Promise<ApiProxy> {
    const config = JSON.parse(await readFile(kubeconfig, 'utf8'));
    const [{ cluster }] = config.clusters;
    const certificate = selfSigned();
    const server = createServer(certificate, (from, to) => void proxy.#pass(from, to, target));
    const target = {
      url: cluster.server,
      ca: Buffer.from(cluster['certificate-authority-data'], 'base64'),
    };
    server.listen(0, loopback);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    cluster.server = `https://${loopback}:${port}`;
    cluster['certificate-authority-data'] = Buffer.from(certificate.cert).toString('base64');
    const path = `${kubeconfig}.proxy`;
    await writeFile(path, JSON.stringify(config));
    const proxy = new ApiProxy(server, path);
    return proxy;
  }

  /** Ends all connections, and expires the resourceVersions of all clients. */
  expire(): void {
    this.expired = true;
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #pass(from: IncomingMessage, to: ServerResponse, target: Target): Promise<void> {
    const { url = '/', method, headers } = from;
    const isWatch = new URL(url, target.url).searchParams.has('watch');
    this.counts[isWatch ? 'watches' : 'lists'] += 1;
    if (!isWatch) this.expired = false;
    const expiry = this.expired ? { status: 410 } : {};
    const { delayMs = 0, status }: ListFault = isWatch ? expiry : this.fault;
    let hasEnded = false;
    to.on('close', () => {
      hasEnded = true;
      if (!isWatch && !to.writableFinished) this.counts.abortedLists += 1;
    });
    if (delayMs > 0) await sleep(delayMs, undefined, { ref: false });
    if (hasEnded) return;
    if (status !== undefined) {
      to.writeHead(status).end();
      return;
    }
    const options = { method, headers, ca: target.ca };
    const onward = request(new URL(url, target.url), options, (reply) => {
      to.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(to);
      reply.on('error', () => to.destroy());
    });
    onward.on('error', () => to.destroy());
    to.on('close', () => onward.destroy());
    from.pipe(onward);
  }
}

interface Target {
  readonly url: string;
  readonly ca: Buffer;
}
