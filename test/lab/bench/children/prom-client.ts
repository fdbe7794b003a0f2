/**
 * The reference of the scrape row: the same series with the same names, rendered by prom-client on
 * each scrape.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Gauge, Registry } from 'prom-client';
import { parseSamples } from '../../../fixtures/samples.ts';
import { answerCalls } from '../parts/rpc.ts';
import { scrape } from '../parts/scrape.ts';

const ops = {
  /** Copies the current series of `url`; returns the URL that serves them, and their number. */
  async start(url: string): Promise<{ url: string; series: number }> {
    const { body } = await scrape(url);
    const registry = new Registry();
    const metrics = new Map<string, Gauge>();
    const samples = parseSamples(body.text);
    for (const { name, labels, value } of samples) {
      let metric = metrics.get(name);
      if (!metric) {
        const labelNames = Object.keys(labels);
        metric = new Gauge({ name, help: name, labelNames, registers: [registry] });
        metrics.set(name, metric);
      }
      metric.set({ ...labels }, value);
    }
    const server = createServer(async (_request, reply) => {
      reply.setHeader('content-type', registry.contentType);
      reply.end(await registry.metrics());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}/metrics`, series: samples.length };
  },
};
export type PromClientOps = typeof ops;

answerCalls(ops);
