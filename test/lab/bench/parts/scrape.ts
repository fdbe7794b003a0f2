/** The load client: scrapes like Prometheus, without compression. */
import { Agent, get } from 'node:http';
import { performance } from 'node:perf_hooks';
import { sleep } from './children.ts';

const agent = new Agent({ keepAlive: true });
const HEADERS = { 'accept-encoding': 'identity', accept: 'text/plain;version=0.0.4' };

export interface Scrape {
  /** From the request to the last byte. */
  readonly ms: number;
  readonly bytes: number;
  readonly body: Exposition;
}

/** @throws Error if the status is not 200 */
export function scrape(url: string): Promise<Scrape> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const request = get(url, { agent, headers: HEADERS }, (reply) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      reply.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
      });
      reply.on('error', reject);
      reply.on('end', () => {
        const ms = performance.now() - start;
        if (reply.statusCode === 200) resolve({ ms, bytes, body: new Exposition(chunks) });
        else
          reject(new Error(`Cannot scrape ${url}: the status is not 200, got ${reply.statusCode}`));
      });
    });
    request.setTimeout(60_000, () => request.destroy(new Error('no reply within a minute')));
    request.on('error', reject);
  });
}

/** The text of a scrape. Only the requested families are parsed. */
export class Exposition {
  #chunks: readonly Buffer[];

  constructor(chunks: readonly Buffer[]) {
    this.#chunks = chunks;
  }

  /** The lines of one family without its HELP and TYPE; empty if it is missing. */
  family(name: string): string {
    const bytes = this.#bytes();
    const head = bytes.indexOf(`# TYPE ${name} `);
    if (head < 0) return '';
    const start = bytes.indexOf('\n', head) + 1;
    const end = bytes.indexOf('\n# ', start);
    // After an empty family, the head of the next one follows directly.
    if (bytes[start] === 0x23) return '';
    return bytes.toString('utf8', start, end < 0 ? bytes.length : end + 1);
  }

  /** The sum of a family's values, over all labels. */
  sum(name: string): number {
    let sum = 0;
    for (const line of linesOf(this.family(name))) {
      sum += Number(line.slice(line.lastIndexOf(' ') + 1));
    }
    return sum;
  }

  /** Number of lines of a family with this text. */
  count(name: string, text: string): number {
    let count = 0;
    for (const line of linesOf(this.family(name))) if (line.includes(text)) count++;
    return count;
  }

  get text(): string {
    return this.#bytes().toString();
  }

  #bytes(): Buffer {
    const [first, ...others] = this.#chunks;
    if (first !== undefined && others.length === 0) return first;
    const whole = Buffer.concat(this.#chunks);
    this.#chunks = [whole];
    return whole;
  }
}

export function linesOf(text: string): string[] {
  return text === '' ? [] : text.trimEnd().split('\n');
}

/** Reads a scrape to its end and discards it. */
export function discard(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, headers: HEADERS }, (reply) => {
      reply.on('error', reject);
      reply.on('end', resolve);
      reply.resume();
    });
    request.on('error', reject);
  });
}

/** How large a scrape is for who accepts this format, uncompressed. */
export async function bytesOf(url: string, accept: string): Promise<number> {
  const reply = await fetch(url, { headers: { accept, 'accept-encoding': 'identity' } });
  return (await reply.arrayBuffer()).byteLength;
}

/** Calls `read` (a scrape) `count` times, `everyMs` apart, the first time after `everyMs`. */
export async function scrapeEvenly<T>(
  url: string,
  everyMs: number,
  count: number,
  read: (url: string) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  const start = performance.now();
  for (let i = 1; i <= count; i++) {
    await sleep(start + i * everyMs - performance.now());
    results.push(await read(url));
  }
  return results;
}
