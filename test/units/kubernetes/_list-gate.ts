import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiServer } from '../../../src/demo/api/server.ts';

/** Stands before an API server, and passes everything on; what a list is answered with may have to wait. */
export class ListGate {
  /** A list's answer, read already, is passed on once this resolves. */
  hold: () => Promise<unknown> = async () => {};
  /** Lists whose answer waits. */
  waiting = 0;
  /** Lists whose client has gone away while they waited. */
  aborted = 0;
  readonly #api: ApiServer;
  readonly #server: Server = createServer((asked, reply) => {
    const { method, url, headers } = asked;
    const options = { host: '127.0.0.1', port: this.#api.port, method, path: url, headers };
    const passed = request({ ...options, agent: false }, async (answer) => {
      const isList = !url?.includes('watch=true');
      if (isList) {
        const text = await textOf(answer);
        this.waiting++;
        reply.once('close', () => {
          if (!reply.writableEnded) this.aborted++;
        });
        await this.hold();
        this.waiting--;
        reply.writeHead(answer.statusCode ?? 500, answer.headers).end(text);
        return;
      }
      reply.writeHead(answer.statusCode ?? 500, answer.headers);
      reply.flushHeaders();
      answer.on('error', () => reply.destroy()).pipe(reply);
    });
    passed.on('error', () => reply.destroy());
    reply.on('close', () => passed.destroy());
    asked.pipe(passed);
  });

  constructor(api: ApiServer) {
    this.#api = api;
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const { port } = this.#server.address() as AddressInfo;
    return this.#api.kubeconfig().replace(String(this.#api.port), String(port));
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

async function textOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
