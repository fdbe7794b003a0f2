import type { FloodOps } from '../children/flood.ts';
import type { HeldDnsOps } from '../children/held-dns.ts';
import type { Lab, Running } from '../lab.ts';
import { sleep } from '../parts/children.ts';
import { forkChild } from '../parts/rpc.ts';
import { type Exposition, scrape } from '../parts/scrape.ts';
import type { Reading, Row } from '../row.ts';

const SERVICES = 1_000;
const INTERVAL_MS = 10_000;
/**
 * Like a server on another machine; it has priority on the CPUs, because in a cluster it would not
 * share them.
 */
const HOLD_MS = 20;
const QUERY = 'externalname_query_duration_seconds';
const DELAY = 'externalname_probe_schedule_delay_seconds';

export const flood: Row = {
  name: 'flood',
  title: '200 clients at once, each asking again as soon as it is answered',
  async run(lab) {
    await using stack = new AsyncDisposableStack();
    const server = forkChild<HeldDnsOps>('held-dns');
    stack.defer(() => server.stop());
    const dns = await server.call('start', HOLD_MS);
    return await lab.with({ services: SERVICES, intervalMs: INTERVAL_MS, dns }, (running) =>
      measure(lab, running),
    );
  },
};

/** Sums over windows of one kind. */
interface Sums {
  queries: number;
  querySeconds: number;
  rounds: number;
  delaySeconds: number;
}

async function measure(lab: Lab, { monitor }: Running): Promise<Reading[]> {
  lab.note(`flooding a monitor of ${SERVICES} Services`);
  await lab.untilProbed(monitor.metrics, SERVICES, 2 * INTERVAL_MS);
  const client = forkChild<FloodOps>('flood');
  const replies = new Map<string, number>();
  const quiet = nothing();
  const flooded = nothing();
  try {
    // In alternation, so that a change of the machine's speed affects both.
    for (let pair = 0; pair < (lab.full ? 6 : 2); pair++) {
      await during(monitor.metrics, quiet, () => sleep(INTERVAL_MS));
      await during(monitor.metrics, flooded, async () => {
        const { origin } = new URL(monitor.metrics);
        const counts = await client.call('flood', origin, INTERVAL_MS);
        for (const [status, count] of Object.entries(counts)) {
          replies.set(status, (replies.get(status) ?? 0) + count);
        }
      });
    }
  } finally {
    await client.stop();
  }
  const told = [...replies].map(([status, count]) => `${count} × ${status}`).join(', ');
  const [before, under] = [quiet, flooded].map((sums) => ({
    queryMs: (sums.querySeconds / sums.queries) * 1e3,
    delayMs: (sums.delaySeconds / sums.rounds) * 1e3,
  }));
  if (!before || !under) throw new Error('Cannot compare: nothing was measured, got no window');
  return [
    {
      what: `mean duration of a query, each held for ${HOLD_MS} ms`,
      measured: `${under.queryMs.toFixed(2)} ms (${flooded.queries})`,
      reference: `${before.queryMs.toFixed(2)} ms (${quiet.queries}), without them`,
      value: under.queryMs / before.queryMs,
      unit: 'of it',
      limit: 1.5,
    },
    {
      what: 'mean delay of a round',
      measured: `${under.delayMs.toFixed(2)} ms (${flooded.rounds})`,
      reference: `${before.delayMs.toFixed(2)} ms (${quiet.rounds}), without them`,
      value: under.delayMs - before.delayMs,
      unit: 'ms more',
      limit: 5,
    },
    {
      what: 'rounds that were due and not made in time, in so many intervals',
      measured: `${flooded.rounds}`,
      reference: `${quiet.rounds}, without them`,
      value: Math.max(0, 1 - flooded.rounds / quiet.rounds),
      unit: 'fewer',
      limit: 0.05,
    },
    {
      what: 'replies to them, by status (0 is none)',
      measured: told,
      value: [...replies.values()].reduce((sum, count) => sum + count, 0),
      unit: 'replies',
    },
  ];
}

/** The measurements taken while `work` ran. */
async function during(metrics: string, sums: Sums, work: () => Promise<void>): Promise<void> {
  const before = totalsOf((await scrape(metrics)).body);
  await work();
  const after = totalsOf((await scrape(metrics)).body);
  for (const key of Object.keys(sums) as (keyof Sums)[]) sums[key] += after[key] - before[key];
}

function nothing(): Sums {
  return { queries: 0, querySeconds: 0, rounds: 0, delaySeconds: 0 };
}

function totalsOf(body: Exposition): Sums {
  const [queries, querySeconds] = histogramOf(body, QUERY);
  const [rounds, delaySeconds] = histogramOf(body, DELAY);
  return { queries, querySeconds, rounds, delaySeconds };
}

/** Count and sum, over all labels. */
function histogramOf(body: Exposition, name: string): [number, number] {
  let [count, sum] = [0, 0];
  for (const line of body.family(name).split('\n')) {
    const value = Number(line.slice(line.lastIndexOf(' ') + 1));
    if (line.startsWith(`${name}_count`)) count += value;
    else if (line.startsWith(`${name}_sum`)) sum += value;
  }
  return [count, sum];
}
