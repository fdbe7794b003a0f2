/** `npm run bench`: how we compare, as ratios measured in one run. More rows are to come. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { Gauge, Registry } from 'prom-client';
import { createServer as createMonitorServer } from '../../src/http/server.ts';
import type { ServiceTexts } from '../../src/views/metrics/exposition.ts';
import { MonitorMetrics } from '../../src/views/metrics/monitor.ts';
import { parseSamples } from '../samples.ts';
import { populate } from './population.ts';

const SERVICES = 10_000;
const RUNS = 7;

const texts = populate(SERVICES);
const ours = await serveOurs(texts);
const text = await (await fetch(ours.url)).text();
const theirs = await servePromClient(text);
// In turn, so that a drift of the machine's speed meets both.
const times = { ours: [] as number[], theirs: [] as number[] };
for (let run = 0; run <= RUNS; run++) {
  const [a, b] = [await timeOf(ours.url), await timeOf(theirs.url)];
  if (run === 0) continue; // warm-up
  times.ours.push(a);
  times.theirs.push(b);
}
const [a, b] = [median(times.ours), median(times.theirs)];
process.stdout.write(
  `whole HTTP scrape, ${SERVICES} Services, ${parseSamples(text).length} series, median of ${RUNS}: ` +
    `${a.toFixed(0)} ms against prom-client's ${b.toFixed(0)} ms, ratio ${(a / b).toFixed(3)}\n`,
);
await Promise.all([ours.close(), theirs.close()]);

interface Served {
  readonly url: string;
  close(): Promise<unknown>;
}

async function serveOurs(services: ServiceTexts): Promise<Served> {
  const monitor = new MonitorMetrics(30_000, { version: 'bench', node_version: process.version });
  const server = createMonitorServer({ services, monitor, isReady: () => true });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  return { url: `${url}/metrics`, close: () => server.close() };
}

/** The same series under the same names, rendered by prom-client on each scrape as it does. */
async function servePromClient(exposition: string): Promise<Served> {
  const registry = new Registry();
  const metrics = new Map<string, Gauge>();
  for (const { name, labels, value } of parseSamples(exposition)) {
    let metric = metrics.get(name);
    if (!metric) {
      const labelNames = Object.keys(labels);
      metric = new Gauge({ name, help: name, labelNames, registers: [registry] });
      metrics.set(name, metric);
    }
    metric.set({ ...labels }, value);
  }
  const onRequest: RequestListener = async (_request, reply) => {
    reply.setHeader('content-type', registry.contentType);
    reply.end(await registry.metrics());
  };
  const server = createServer(onRequest).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/metrics`, close: async () => server.close() };
}

async function timeOf(url: string): Promise<number> {
  const start = performance.now();
  await (await fetch(url)).arrayBuffer();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return [...values].sort((x, y) => x - y)[Math.floor(values.length / 2)] ?? Number.NaN;
}
