/**
 * The Prometheus of the truth row. It gives way to everybody else on the machine, since in a cluster it
 * would be on another: what it does with a scrape must not keep the DNS server or the monitor waiting.
 */
import { setPriority } from 'node:os';
import { answerCalls } from '../parts/rpc.ts';
import { discard, scrape, scrapeEvenly } from '../parts/scrape.ts';

const LEAST_URGENT = 19;
setPriority(LEAST_URGENT);

const ops = {
  /** Scrapes evenly, throws away all but the last, and returns these families of that. */
  async read(url: string, everyMs: number, count: number, families: string[]): Promise<string[]> {
    await scrapeEvenly(url, everyMs, count - 1, discard);
    const [last] = await scrapeEvenly(url, everyMs, 1, scrape);
    return families.map((name) => last?.body.family(name) ?? '');
  },
};
export type ReaderOps = typeof ops;

answerCalls(ops);
