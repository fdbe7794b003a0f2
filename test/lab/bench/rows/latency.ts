import { performance } from 'node:perf_hooks';
import type { Lab, Running } from '../lab.ts';
import { sleep } from '../parts/children.ts';
import { linesOf, scrape } from '../parts/scrape.ts';
import { quantile } from '../parts/stats.ts';
import type { Row } from '../row.ts';
import { serviceOf } from '../services.ts';

const PRESENT = 1_000;
const CHANGE_EVERY_MS = 250;
const SCRAPE_EVERY_MS = 100;
const PATIENCE_MS = 30_000;

export const latency: Row = {
  name: 'latency',
  title: `A new or edited Service that DNS serves already, to its verdict on /metrics, ${PRESENT} present`,
  async run(lab) {
    const each = lab.full ? 200 : 40;
    // Services with a target that DNS does not serve are pending until the deadline, which must
    // pass before the edits begin.
    const more = ['--convergence-deadline=5s'];
    const setting = { services: PRESENT, extra: each, stale: each, more };
    const times = await lab.with(setting, (running) => measure(lab, running, each));
    const all = [...times.values()];
    return [
      { share: 0.5, name: 'p50' },
      { share: 0.99, name: 'p99', limit: 2 },
    ].map(({ share, name, ...reach }) => ({
      what: `${name} of ${each} new and ${each} edited, one every ${CHANGE_EVERY_MS} ms`,
      measured: `${quantile(all, share).toFixed(2)} s`,
      value: quantile(all, share),
      unit: 's',
      ...reach,
    }));
  },
};

/**
 * Seconds from the change to the end of the first scrape with the verdict healthy, by the Service's
 * index.
 */
async function measure(
  lab: Lab,
  { monitor, cluster }: Running,
  each: number,
): Promise<Map<number, number>> {
  lab.note(`creating and editing Services among ${PRESENT}`);
  await lab.untilProbed(monitor.metrics, PRESENT);
  const changedAt = new Map<number, number>();
  const took = new Map<number, number>();
  const changing = (async () => {
    for (let i = 0; i < 2 * each; i++) {
      // New Services follow the present ones; the edited ones are the first, which had another
      // target.
      const index = i % 2 === 0 ? PRESENT + i / 2 : (i - 1) / 2;
      changedAt.set(index, performance.now());
      await cluster.call('apply', index);
      await sleep(CHANGE_EVERY_MS);
    }
  })();
  const until = performance.now() + 2 * each * CHANGE_EVERY_MS + PATIENCE_MS;
  while (took.size < 2 * each) {
    const { body } = await scrape(monitor.metrics);
    const now = performance.now();
    const healthy = healthyOf(body.family('externalname_service_verdict'));
    for (const [index, at] of changedAt) {
      if (!took.has(index) && healthy.has(serviceOf(index).name)) took.set(index, (now - at) / 1e3);
    }
    if (now > until) {
      throw new Error(
        `Cannot tell how long: Services never got healthy, got ${2 * each - took.size}`,
      );
    }
    await sleep(SCRAPE_EVERY_MS);
  }
  await changing;
  return took;
}

/** The names of Services with the verdict `healthy`. */
function healthyOf(family: string): Set<string> {
  const healthy = linesOf(family).filter((line) => line.includes('verdict="healthy"'));
  return new Set(healthy.map((line) => /,service="([^"]*)"/.exec(line)?.[1] ?? ''));
}
