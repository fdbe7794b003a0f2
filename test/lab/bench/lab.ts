import { performance } from 'node:perf_hooks';
import type { ClusterOps } from './children/cluster.ts';
import { sleep } from './parts/children.ts';
import { type Dns, startDns } from './parts/dns.ts';
import { hasHistogramOption, type MonitorProcess, startMonitor } from './parts/monitor.ts';
import { cpuSeconds, highest, rssMiB } from './parts/proc.ts';
import { forkChild, type Remote } from './parts/rpc.ts';
import { discard, type Exposition, scrape, scrapeEvenly } from './parts/scrape.ts';

export const INTERVAL_MS = 30_000;
const SCRAPE_EVERY_MS = 15_000;
/** The first round of all Services takes one interval, plus a tenth by jitter. */
const ALL_PROBED_MS = 3_000 + 1.1 * INTERVAL_MS;
/** Above this, docs/metrics.md recommends to turn per-Service histograms off. */
const HISTOGRAMS_UP_TO = 1_000;
export interface Setting {
  readonly services: number;
  readonly intervalMs?: number;
  /** Additional Services in DNS that the API server does not have at the start. */
  readonly extra?: number;
  /** How many of the first Services start with a target that DNS does not serve. */
  readonly stale?: number;
  /** `host:port` of a DNS server; by default the bench starts its own. */
  readonly dns?: string;
  readonly more?: readonly string[];
}

/** A running monitor with an API server and a DNS server, each in a separate process. */
export interface Running {
  readonly monitor: MonitorProcess;
  readonly cluster: Remote<ClusterOps>;
  readonly dns: Dns | undefined;
}

/** The cost of a monitor with this many Services, after its warm-up. */
export interface WatchRun {
  readonly services: number;
  readonly histograms: boolean;
  readonly queries: number;
  readonly microsPerQuery: number;
  /** CPU time of all threads, as a share of one core. */
  readonly load: number;
  /** The highest value seen. */
  readonly rssMiB: number;
  /** The longest block of the main loop. */
  readonly blockMs: number;
}

/** Shared setup of the rows. A run that several rows read is made once. */
export class Lab {
  readonly full: boolean;
  readonly note: (text: string) => void;
  readonly #watched = new Map<number, Promise<WatchRun>>();

  constructor(full: boolean, note: (text: string) => void) {
    this.full = full;
    this.note = note;
  }

  /** The warm-up and the measured time of a monitor with this many Services. */
  timesFor(services: number): { warmUpMs: number; windowMs: number } {
    if (this.full) return { warmUpMs: 2 * ALL_PROBED_MS, windowMs: 4 * INTERVAL_MS };
    // CPU time is counted in hundredths of a second: where there is little, it takes longer to see.
    const intervals = services <= 100 ? 4 : services === 1_000 ? 2 : 1;
    const windowMs = intervals * INTERVAL_MS;
    return { warmUpMs: ALL_PROBED_MS, windowMs };
  }

  /** Calls `use` with a running monitor, and stops everything that was started. */
  async with<T>(setting: Setting, use: (running: Running) => Promise<T>): Promise<T> {
    await using stack = new AsyncDisposableStack();
    const { services, extra = 0, stale = 0, intervalMs = INTERVAL_MS, more } = setting;
    const dns = setting.dns === undefined ? await startDns(services + extra) : undefined;
    if (dns) stack.defer(() => dns.stop());
    const cluster = forkChild<ClusterOps>('cluster');
    stack.defer(() => cluster.stop());
    const monitor = await startMonitor({
      kubeconfig: await cluster.call('start', services, stale),
      dns: setting.dns ?? dns?.address ?? '',
      interval: `${intervalMs}ms`,
      histograms: services <= HISTOGRAMS_UP_TO,
      ...(more ? { more } : {}),
    });
    stack.defer(() => monitor.stop());
    return await use({ monitor, cluster, dns });
  }

  /** CPU, memory and the longest block, with an interval of 30 s and a scrape every 15 s. */
  watch(services: number): Promise<WatchRun> {
    let run = this.#watched.get(services);
    if (!run) {
      this.note(`watching ${services} Services`);
      run = this.with({ services }, ({ monitor }) => this.#measure(services, monitor));
      this.#watched.set(services, run);
    }
    return run;
  }

  /** Scrapes through one complete round, and checks that each Service had its round. */
  async untilProbed(metrics: string, services: number, warmUpMs = ALL_PROBED_MS): Promise<void> {
    await scrapeEvenly(metrics, SCRAPE_EVERY_MS, Math.floor(warmUpMs / SCRAPE_EVERY_MS), discard);
    await sleep(warmUpMs % SCRAPE_EVERY_MS);
    const { body } = await scrape(metrics);
    const unprobed = services - body.count('externalname_service_up', '{');
    if (unprobed > 0) {
      throw new Error(
        `Cannot measure: Services without a round after ${warmUpMs} ms, got ${unprobed}`,
      );
    }
  }

  async #measure(services: number, { metrics, pid }: MonitorProcess): Promise<WatchRun> {
    const { warmUpMs, windowMs } = this.timesFor(services);
    await this.untilProbed(metrics, services, warmUpMs);
    const before = { queries: exchanges((await scrape(metrics)).body), cpu: cpuSeconds(pid) };
    const start = performance.now();
    const rss = highest(() => rssMiB(pid));
    const count = windowMs / SCRAPE_EVERY_MS;
    const seen = await scrapeEvenly(metrics, SCRAPE_EVERY_MS, count, async (url) => {
      const { body } = await scrape(url);
      return { blockMs: blockOf(body), queries: exchanges(body) };
    });
    const cpu = cpuSeconds(pid) - before.cpu;
    const load = cpu / ((performance.now() - start) / 1_000);
    const queries = (seen.at(-1)?.queries ?? 0) - before.queries;
    const blockMs = Math.max(...seen.map((one) => one.blockMs));
    const histograms = services <= HISTOGRAMS_UP_TO || !hasHistogramOption();
    const microsPerQuery = (cpu / queries) * 1e6;
    return { services, histograms, queries, microsPerQuery, load, rssMiB: rss.stop(), blockMs };
  }
}

/** Messages sent to DNS servers so far. */
function exchanges(body: Exposition): number {
  return body.sum('externalname_exchanges_total');
}

/** The longest block of the main loop since the previous scrape, in ms. */
export function blockOf(body: Exposition): number {
  // The histogram includes its own resolution: its median is that of a free loop.
  const [most, free] = ['max', 'p50'].map((end) => body.sum(`nodejs_eventloop_lag_${end}_seconds`));
  return ((most ?? Number.NaN) - (free ?? 0)) * 1_000;
}
