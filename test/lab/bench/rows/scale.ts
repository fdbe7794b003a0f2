import { blockOf, INTERVAL_MS, type Lab, type Running } from '../lab.ts';
import { cpuSeconds, highest, rssMiB } from '../parts/proc.ts';
import { type Exposition, linesOf, type Scrape, scrape, scrapeEvenly } from '../parts/scrape.ts';
import type { Reading, Row } from '../row.ts';

const SERVICES = 30_000;
const SCRAPE_EVERY_MS = 15_000;
/** The interval, a tenth of it by jitter at either end, and a second for the round. */
const OLDEST_SECONDS = (1.2 * INTERVAL_MS) / 1_000 + 1;
/** What Prometheus waits for by default. */
const SCRAPE_TIMEOUT_MS = 10_000;

export const scale: Row = {
  name: 'scale',
  title: `${SERVICES} Services on one replica, 30 s interval, a scrape every 15 s, histograms off`,
  isLong: true,
  run(lab) {
    lab.note(`watching ${SERVICES} Services`);
    const more = ['--max-services=0', '--max-outstanding=1000'];
    return lab.with({ services: SERVICES, more }, (running) => measure(lab, running));
  },
};

async function measure(lab: Lab, { monitor }: Running): Promise<Reading[]> {
  const { metrics, pid } = monitor;
  const { warmUpMs, windowMs } = lab.timesFor(SERVICES);
  // All are new at the start: their first rounds come before the turns of others.
  await lab.untilProbed(metrics, SERVICES, warmUpMs + INTERVAL_MS);
  const rss = highest(() => rssMiB(pid));
  const before = { cpu: cpuSeconds(pid), skipped: skipped((await scrape(metrics)).body) };
  const start = performance.now();
  const seen = await scrapeEvenly(metrics, SCRAPE_EVERY_MS, windowMs / SCRAPE_EVERY_MS, look);
  const cores = (cpuSeconds(pid) - before.cpu) / ((performance.now() - start) / 1_000);
  const most = (of: (one: Look) => number): number => Math.max(...seen.map(of));
  const one = (what: string, value: number, unit: string, limit?: number): Reading => {
    const measured = `${Number(value.toPrecision(3))} ${unit}`;
    return { what, measured, value, unit, ...(limit === undefined ? {} : { limit }) };
  };
  return [
    one(
      'oldest last round of any Service, at each scrape',
      most((l) => l.oldest),
      's',
      OLDEST_SECONDS,
    ),
    one(
      'rounds that were due and not started',
      (seen.at(-1)?.skipped ?? 0) - before.skipped,
      'rounds',
      0,
    ),
    one(
      'Services that are not called healthy',
      most((l) => l.unhealthy),
      'Services',
      0,
    ),
    one(
      'externalname_probe_loop_lag_seconds, highest of those scraped',
      most((l) => l.lagMs),
      'ms',
      50,
    ),
    one(
      "main loop's longest block",
      most((l) => l.blockMs),
      'ms',
      50,
    ),
    one(
      `scrape, ${(most((l) => l.bytes) / 1e6).toFixed(0)} MB, longest`,
      most((l) => l.ms),
      'ms',
      SCRAPE_TIMEOUT_MS,
    ),
    one('resident memory, highest', rss.stop(), 'MiB'),
    one('CPU', cores, 'cores'),
  ];
}

interface Look extends Pick<Scrape, 'ms' | 'bytes'> {
  /** Seconds. */
  readonly oldest: number;
  readonly skipped: number;
  readonly unhealthy: number;
  readonly lagMs: number;
  readonly blockMs: number;
}

async function look(url: string): Promise<Look> {
  const now = Date.now() / 1_000;
  const { ms, bytes, body } = await scrape(url);
  const lastProbes = valuesOf(body, 'externalname_last_probe_timestamp_seconds');
  return {
    ms,
    bytes,
    oldest: now - lastProbes.reduce((least, value) => Math.min(least, value), Infinity),
    skipped: skipped(body),
    unhealthy: SERVICES - body.count('externalname_service_verdict', 'verdict="healthy"'),
    lagMs: body.sum('externalname_probe_loop_lag_seconds') * 1_000,
    blockMs: blockOf(body),
  };
}

function skipped(body: Exposition): number {
  return body.sum('externalname_probes_skipped_total');
}

function valuesOf(body: Exposition, family: string): number[] {
  return linesOf(body.family(family)).map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
}
