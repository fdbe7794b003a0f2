import type { BareClientOps } from '../children/bare-client.ts';
import type { HeldDnsOps } from '../children/held-dns.ts';
import type { ReaderOps } from '../children/reader.ts';
import { INTERVAL_MS } from '../lab.ts';
import { forkChild } from '../parts/rpc.ts';
import { linesOf } from '../parts/scrape.ts';
import { quantile } from '../parts/stats.ts';
import type { Reading, Row } from '../row.ts';

const SERVICES = 10_000;
const HOLD_MS = 20;
const SCRAPE_EVERY_MS = 5_000;
/** Every Service has had a round within this many scrapes, so reading the last ones is enough. */
const SCRAPES = INTERVAL_MS / SCRAPE_EVERY_MS;
const FAMILIES = [
  'externalname_probe_last_duration_seconds',
  'externalname_answer_ttl_seconds',
  'externalname_probe_loop_lag_seconds',
];
const REACHES = [
  { share: 0.5, name: 'p50' },
  { share: 0.99, name: 'p99', limit: 1 },
  { share: 0.999, name: 'p99.9', limit: 10 },
] as const;

/**
 * The server's TTLs are its true delays in microseconds, so /metrics contains both numbers of each
 * query: `externalname_probe_last_duration_seconds` is the measured time,
 * `externalname_answer_ttl_seconds` the true one. The monitor itself is not changed or inspected.
 */
export const truth: Row = {
  name: 'truth',
  title: `Truth of timings: each answer is held for ${HOLD_MS} ms, a scrape every 5 s`,
  async run(lab) {
    const rounds = lab.full ? 6 : 1;
    await using stack = new AsyncDisposableStack();
    const server = forkChild<HeldDnsOps>('held-dns');
    stack.defer(() => server.stop());
    const dns = await server.call('start', HOLD_MS);
    const errors = await lab.with({ services: SERVICES, dns }, async ({ monitor }) => {
      lab.note(`watching ${SERVICES} Services on a server that holds its answers`);
      await lab.untilProbed(monitor.metrics, SERVICES);
      const reader = forkChild<ReaderOps>('reader');
      stack.defer(() => reader.stop());
      // At the same time, so that other load on the machine affects both.
      const bare = forkChild<BareClientOps>('bare-client');
      stack.defer(() => bare.stop());
      await bare.call('start', dns);
      const seen: string[][] = [];
      for (let round = 0; round < rounds; round++) {
        seen.push(await reader.call('read', monitor.metrics, SCRAPE_EVERY_MS, SCRAPES, FAMILIES));
      }
      const lags = seen.map(
        ([, , lag = '']) => Number(lag.slice(lag.lastIndexOf(' ') + 1)) * 1_000,
      );
      return { ours: errorsOf(seen), lagMs: Math.max(...lags), bare: await bare.call('finish') };
    });
    return readingsOf(errors);
  },
};

/** Reported minus true time, in ms: once for each query that a scrape shows. */
function errorsOf(scrapes: readonly (readonly string[])[]): number[] {
  const seen = new Map<string, string>();
  const errors: number[] = [];
  for (const [durations = '', ttls = ''] of scrapes) {
    const held = new Map(linesOf(ttls).map(labelsAndValue));
    for (const line of linesOf(durations)) {
      const [labels, seconds] = labelsAndValue(line);
      const micros = held.get(labels);
      // Equal in all digits: no new round since the last scrape.
      if (micros === undefined || seen.get(labels) === seconds) continue;
      seen.set(labels, seconds);
      errors.push(Number(seconds) * 1_000 - Number(micros) / 1_000);
    }
  }
  return errors;
}

function labelsAndValue(line: string): [labels: string, value: string] {
  const end = line.lastIndexOf(' ');
  return [line.slice(line.indexOf('{'), end), line.slice(end + 1)];
}

interface Errors {
  readonly ours: readonly number[];
  readonly bare: readonly number[];
  /**
   * The longest event loop delay that the monitor itself reports, over the seconds before each
   * scrape.
   */
  readonly lagMs: number;
}

function readingsOf({ ours, bare, lagMs }: Errors): Reading[] {
  if (ours.length < SERVICES) {
    throw new Error(`Cannot judge the timings: too few queries were seen, got ${ours.length}`);
  }
  const admitted = {
    what: 'externalname_probe_loop_lag_seconds, highest of those scraped',
    measured: `${lagMs.toFixed(2)} ms`,
    value: lagMs,
    unit: 'ms',
  };
  const readings = REACHES.map(({ share, name, ...reach }) => ({
    what: `reported minus true, ${name}`,
    measured: `${quantile(ours, share).toFixed(2)} ms (${ours.length} queries)`,
    reference: `${quantile(bare, share).toFixed(2)} ms (${bare.length}), a bare socket that does nothing else`,
    value: quantile(ours, share),
    unit: 'ms',
    ...reach,
  }));
  return [...readings, admitted];
}
