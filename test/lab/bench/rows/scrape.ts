import { PROTOBUF_TYPE } from '../../../../src/metrics/protobuf.ts';
import type { PromClientOps } from '../children/prom-client.ts';
import { blockOf, type Lab } from '../lab.ts';
import { forkChild } from '../parts/rpc.ts';
import { bytesOf, scrape as scrapeOnce } from '../parts/scrape.ts';
import { median } from '../parts/stats.ts';
import type { Reading, Row } from '../row.ts';

const SERVICES = 10_000;
const RUNS = 9;

export const scrape: Row = {
  name: 'scrape',
  title: `A whole scrape over HTTP, identity encoding, ${SERVICES} Services`,
  async run(lab) {
    return [...(await times(lab)), await nativeBytes(lab)];
  },
};

function times(lab: Lab): Promise<Reading[]> {
  return lab.with({ services: SERVICES }, async ({ monitor }) => {
    lab.note(`scraping ${SERVICES} Services, and prom-client with the same series`);
    await lab.untilProbed(monitor.metrics, SERVICES);
    const reference = forkChild<PromClientOps>('prom-client');
    try {
      const theirs = await reference.call('start', monitor.metrics);
      const times = { ours: [] as number[], theirs: [] as number[] };
      let blockMs = 0;
      let bytes = 0;
      // In alternation, so that a change of the machine's speed affects both; the first pair is
      // the warm-up.
      for (let run = 0; run <= RUNS; run++) {
        const mine = await scrapeOnce(monitor.metrics);
        const other = await scrapeOnce(theirs.url);
        if (run === 0) continue;
        times.ours.push(mine.ms);
        times.theirs.push(other.ms);
        bytes = mine.bytes;
        blockMs = Math.max(blockMs, blockOf(mine.body));
      }
      const [ours, other] = [median(times.ours), median(times.theirs)];
      return [
        {
          what: `median of ${RUNS}, ${theirs.series} series, ${(bytes / 1e6).toFixed(0)} MB`,
          measured: `${ours.toFixed(0)} ms, probing meanwhile`,
          reference: `${other.toFixed(0)} ms, prom-client, idle otherwise`,
          value: ours / other,
          unit: 'of it',
          limit: 1 / 6,
        },
        {
          what: "our main loop's longest block, scrapes one after the other",
          measured: `${blockMs.toFixed(0)} ms`,
          value: blockMs,
          unit: 'ms',
          limit: 50,
        },
      ];
    } finally {
      await reference.stop();
    }
  });
}

/** In the protobuf format with native histograms, beside the text, both with histograms. */
function nativeBytes(lab: Lab): Promise<Reading> {
  const more = ['--service-histograms=true', '--native-histograms'];
  return lab.with({ services: SERVICES, more }, async ({ monitor: { metrics } }) => {
    await lab.untilProbed(metrics, SERVICES);
    const text = await bytesOf(metrics, 'text/plain');
    const protobuf = await bytesOf(metrics, PROTOBUF_TYPE);
    return {
      what: 'bytes with histograms of each Service, native ones in protobuf',
      measured: `${(protobuf / 1e6).toFixed(1)} MB`,
      reference: `${(text / 1e6).toFixed(1)} MB of text`,
      value: protobuf / text,
      unit: 'of it',
      limit: 1 / 2,
    };
  });
}
