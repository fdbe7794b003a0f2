import { performance } from 'node:perf_hooks';
import type { Lab, Running } from '../lab.ts';
import { sleep } from '../parts/children.ts';
import { highest, rssMiB } from '../parts/proc.ts';
import { scrape } from '../parts/scrape.ts';
import type { Reading, Row } from '../row.ts';

const SCRAPE_EVERY_MS = 500;
/** Maximum wait, in intervals. */
const PATIENCE = 6;

/**
 * A shorter run has a third of the interval and of the timeout, because results are in intervals.
 */
const FULL = { services: 10_000, intervalMs: 30_000, timeoutMs: 5_000 };
const SHORT = { services: 2_000, intervalMs: 10_000, timeoutMs: 1_667 };

export const silence: Row = {
  name: 'silence',
  title: 'Cluster DNS falls silent, and comes back',
  async run(lab) {
    const { services, intervalMs, timeoutMs } = lab.full ? FULL : SHORT;
    const more = [`--timeout=${timeoutMs}ms`, '--attempts=2'];
    return lab.with({ services, intervalMs, more }, (running) =>
      measure(lab, running, services, intervalMs),
    );
  },
};

async function measure(
  lab: Lab,
  { monitor, dns }: Running,
  services: number,
  intervalMs: number,
): Promise<Reading[]> {
  lab.note(`silencing the DNS of ${services} Services`);
  const saying = (verdict: string) => untilAllSay(monitor.metrics, verdict, services, intervalMs);
  await saying('healthy');
  await sleep(intervalMs);
  const before = rssMiB(monitor.pid);
  const rss = highest(() => rssMiB(monitor.pid));
  dns?.pause();
  const failing = await saying('cluster_dns_failing');
  // Memory would keep growing: three intervals of silence are enough to show it.
  await sleep(3 * intervalMs - failing.intervals * intervalMs);
  dns?.resume();
  const healthy = await saying('healthy');
  const highestRss = rss.stop();
  const of = `${services} Services, interval ${intervalMs / 1000} s`;
  return [
    {
      what: `silent: all say cluster_dns_failing; ${of}`,
      measured: failing.text,
      value: failing.intervals,
      unit: 'intervals',
      limit: 2,
    },
    {
      what: 'memory through three intervals of silence and the return, highest',
      measured: `${highestRss.toFixed(0)} MiB`,
      reference: `${before.toFixed(0)} MiB before`,
      value: highestRss,
      unit: 'MiB',
      ...(services === FULL.services ? { limit: 350 } : {}),
    },
    {
      what: 'back: all say healthy',
      measured: healthy.text,
      value: healthy.intervals,
      unit: 'intervals',
      limit: 1,
    },
  ];
}

interface Wait {
  readonly text: string;
  /** Infinity if some Services never failed. */
  readonly intervals: number;
}

async function untilAllSay(
  metrics: string,
  verdict: string,
  services: number,
  intervalMs: number,
): Promise<Wait> {
  const start = performance.now();
  for (;;) {
    const { body } = await scrape(metrics);
    const passed = performance.now() - start;
    const saying = body.count('externalname_service_verdict', `verdict="${verdict}"`);
    const text = `${saying} of ${services} after ${(passed / 1000).toFixed(1)} s`;
    if (saying === services) return { text, intervals: passed / intervalMs };
    if (passed > PATIENCE * intervalMs) return { text, intervals: Number.POSITIVE_INFINITY };
    await sleep(SCRAPE_EVERY_MS);
  }
}
