/**
 * The Prometheus of the truth row. It has the lowest priority, because in a cluster it would run on
 * another machine: its work on a scrape must not delay the DNS server or the monitor.
 */
import { setPriority } from 'node:os';
import { answerCalls } from '../parts/rpc.ts';
import { discard, scrape, scrapeEvenly } from '../parts/scrape.ts';

const LEAST_URGENT = 19;
setPriority(LEAST_URGENT);

const ops = {
  /** Scrapes at a steady rate, keeps only the last scrape, and returns these families of it. */
  async read(url: string, everyMs: number, count: number, families: string[]): Promise<string[]> {
    await scrapeEvenly(url, everyMs, count - 1, discard);
    const [last] = await scrapeEvenly(url, everyMs, 1, scrape);
    return families.map((name) => last?.body.family(name) ?? '');
  },
};
export type ReaderOps = typeof ops;

answerCalls(ops);
