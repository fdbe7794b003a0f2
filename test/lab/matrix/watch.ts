import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Program } from '../program.ts';
import type { Change, Logged, Seen } from './timeline.ts';
import { type Said, type Words, wordsOf } from './words.ts';

/** Interval of reading /metrics: a detection is recorded up to this much late. */
export const SCRAPE_EVERY_MS = 250;
/** A scrape that takes no longer than this is not late. */
const USUAL_MS = 50;

const CHANGED = /^\{.*"msg":"verdict changed".*\}$/;

/**
 * Reads a monitor's /metrics and log repeatedly, and records the words for each Service over time.
 */
export class Watch implements AsyncDisposable {
  readonly #url: string;
  readonly #program: Program;
  readonly #logged: Logged[] = [];
  /** How much of the log has been read. */
  #read = 0;
  readonly #services = new Map<string, Change[]>();
  readonly #lateness: { at: number; ms: number }[] = [];
  readonly #agent = new Agent({ keepAlive: true });
  readonly #ended: Promise<void>;
  #text = '';
  #stopped = false;
  #failure: unknown;

  constructor(program: Program) {
    this.#program = program;
    this.#url = `${program.url}/metrics`;
    this.#ended = this.#run();
  }

  get seen(): Seen {
    return { services: this.#services, logged: this.#logged, lateness: this.#lateness };
  }

  /** The last scrape. */
  get text(): string {
    return this.#text;
  }

  /**
   * The present words for a Service; undefined if there are none.
   *
   * @throws Error if /metrics could not be read
   */
  now(key: string): Words | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    const words = this.#services.get(key)?.at(-1)?.words;
    return words === 'gone' ? undefined : words;
  }

  /** The Services with present words. */
  get keys(): string[] {
    return [...this.#services.keys()].filter((key) => this.now(key) !== undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await this.#ended;
    this.#agent.destroy();
  }

  async #run(): Promise<void> {
    let planned = performance.now();
    while (!this.#stopped) {
      try {
        this.#text = await scrape(this.#url, this.#agent);
        this.#failure = undefined;
      } catch (error) {
        this.#failure = error;
      }
      const now = performance.now();
      if (this.#failure === undefined) this.#note(now);
      this.#readLog();
      this.#lateness.push({ at: now, ms: Math.max(0, now - planned - USUAL_MS) });
      planned = Math.max(now, planned + SCRAPE_EVERY_MS);
      await sleep(Math.max(0, planned - performance.now()));
    }
  }

  #note(at: number): void {
    const said = wordsOf(this.#text);
    for (const key of this.#services.keys()) if (!said.has(key)) this.#change(key, at, 'gone');
    for (const [key, words] of said) this.#change(key, at, words);
  }

  #readLog(): void {
    const { stdout } = this.#program;
    const end = stdout.lastIndexOf('\n') + 1;
    for (const line of stdout.slice(this.#read, end).split('\n')) {
      if (!CHANGED.test(line)) continue;
      const { time, namespace, service, verdict, blame } = JSON.parse(line);
      const at = Date.parse(time) || time;
      const key = `${namespace}/${service}`;
      this.#logged.push({ at: at - performance.timeOrigin, key, words: `${verdict} ${blame}` });
    }
    this.#read = end;
  }

  #change(key: string, at: number, words: Said): void {
    const timeline = this.#services.get(key) ?? [];
    this.#services.set(key, timeline);
    if (timeline.at(-1)?.words !== words) timeline.push({ at, words });
  }
}

function scrape(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent }, (reply) => {
      const chunks: Buffer[] = [];
      reply.on('data', (chunk: Buffer) => chunks.push(chunk));
      reply.on('error', reject);
      reply.on('end', () => resolve(Buffer.concat(chunks).toString()));
    });
    request.setTimeout(10_000, () =>
      request.destroy(new Error(`Cannot scrape ${url}: no reply within 10 s`)),
    );
    request.on('error', reject);
  });
}
