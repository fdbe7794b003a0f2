import { Agent, get } from 'node:http';
import { performance } from 'node:perf_hooks';
import { median } from '../parts/stats.ts';
import type { Reading, Row } from '../row.ts';

const [FEW, MANY] = [100, 10_000];
const RUNS = 31;
/** Not counted: code that is not compiled yet is slower, for any number of Services. */
const WARM_UP = 10;

const PAGES = [
  { what: 'the table', path: '/', limit: { limit: 3 } },
  // For comparison: this request has to check every Service and to sort the matches.
  { what: 'filtered and sorted', path: '/?text=service-9&sort=latency', limit: {} },
] as const;

const agent = new Agent({ keepAlive: true });

export const page: Row = {
  name: 'page',
  title: `First byte of the status page, ${MANY} Services and ${FEW}`,
  run(lab) {
    return lab.with({ services: FEW }, (few) =>
      lab.with({ services: MANY }, async (many) => {
        lab.note(`waiting until ${MANY} Services are probed`);
        await lab.untilProbed(many.monitor.metrics, MANY);
        const readings: Reading[] = [];
        for (const { what, path, limit } of PAGES) {
          const times = { few: [] as number[], many: [] as number[] };
          // In alternation, so that a change of the machine's speed affects both.
          for (let run = -WARM_UP; run < RUNS; run++) {
            const [ofFew, ofMany] = [
              await firstByte(few.monitor.metrics, path),
              await firstByte(many.monitor.metrics, path),
            ];
            if (run < 0) continue;
            times.few.push(ofFew);
            times.many.push(ofMany);
          }
          const [ofFew, ofMany] = [median(times.few), median(times.many)];
          readings.push({
            what: `${what}, median of ${RUNS}`,
            measured: `${ofMany.toFixed(1)} ms at ${MANY}`,
            reference: `${ofFew.toFixed(1)} ms at ${FEW}`,
            value: ofMany / ofFew,
            unit: 'of it',
            ...limit,
          });
        }
        return readings;
      }),
    );
  },
};

/** From the request to the first byte of the reply, in ms, over a kept connection. */
function firstByte(metrics: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    get(new URL(path, metrics), { agent, headers: { 'accept-encoding': 'gzip' } }, (reply) => {
      const ms = performance.now() - start;
      reply.on('error', reject).on('end', () => {
        if (reply.statusCode === 200) resolve(ms);
        else reject(new Error(`Cannot measure: the status is not 200, got ${reply.statusCode}`));
      });
      reply.resume();
    }).on('error', reject);
  });
}
