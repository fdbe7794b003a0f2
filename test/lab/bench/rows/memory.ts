import { highest, rssMiB } from '../parts/proc.ts';
import { discard, scrapeEvenly } from '../parts/scrape.ts';
import type { Row } from '../row.ts';

const SERVICES = 1_000;
/** Six times the usual pace: an hour has as many rounds as six hours at 30 s. */
const INTERVAL_MS = 5_000;
const SCRAPE_EVERY_MS = 15_000;
const FULL_MS = 60 * 60_000;
const SHORT_MS = 4 * 60_000;
/** Interval at which one Service is rewritten, like in a normal cluster. */
const WRITE_EVERY_MS = 1_000;
/** The first quarter is the warm-up, and the last is compared with the second. */
const QUARTERS = 4;

export const memory: Row = {
  name: 'memory',
  title: 'Resident memory in the long run',
  isLong: true,
  async run(lab) {
    const lengthMs = lab.full ? FULL_MS : SHORT_MS;
    return lab.with({ services: SERVICES, intervalMs: INTERVAL_MS }, async (running) => {
      const { monitor, cluster } = running;
      let written = 0;
      const writing = setInterval(() => {
        void cluster.call('apply', written++ % SERVICES);
      }, WRITE_EVERY_MS);
      const quarters: number[] = [];
      for (let quarter = 0; quarter < QUARTERS; quarter++) {
        lab.note(`quarter ${quarter + 1} of ${QUARTERS} of ${lengthMs / 60_000} minutes`);
        const rss = highest(() => rssMiB(monitor.pid));
        const scrapes = lengthMs / QUARTERS / SCRAPE_EVERY_MS;
        await scrapeEvenly(monitor.metrics, SCRAPE_EVERY_MS, scrapes, discard);
        quarters.push(rss.stop());
      }
      clearInterval(writing);
      const [, second = Number.NaN, , last = Number.NaN] = quarters;
      return [
        {
          what: `highest of the last quarter of ${lengthMs / 60_000} minutes, ${SERVICES} Services every ${INTERVAL_MS / 1000} s`,
          measured: quarters.map((mib) => `${mib.toFixed(0)} MiB`).join(', '),
          reference: 'the second quarter',
          value: last / second,
          unit: 'of it',
          limit: 1.05,
        },
      ];
    });
  },
};
