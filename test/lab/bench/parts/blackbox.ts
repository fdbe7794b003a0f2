/** Runs blackbox_exporter with the monitor's queries at the monitor's interval. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { questionsOf, serviceOf } from '../services.ts';
import { freePort, sleep, startProgram } from './children.ts';
import { cpuSeconds } from './proc.ts';

const QUESTIONS = 5;
const TICK_MS = 10;
/** A question is a module, and it reads 50,000 of them for minutes before it listens: those of so many Services are asked in a circle, at the pace of all. */
const MOST_CONFIGURED = 1_000;

export interface BlackboxRun {
  readonly microsPerQuery: number;
  readonly queries: number;
}

interface Pace {
  readonly services: number;
  readonly intervalMs: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
}

/** @throws Error if a probe fails, because the two programs would then not do the same work */
export async function measureBlackbox(
  program: string,
  dns: string,
  { services, intervalMs, warmUpMs, windowMs }: Pace,
): Promise<BlackboxRun> {
  const folder = mkdtempSync(join(tmpdir(), 'externalname-monitor-bench-'));
  const config = join(folder, 'blackbox.yml');
  const configured = Math.min(services, MOST_CONFIGURED);
  writeFileSync(config, configOf(configured));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const isReady = async (): Promise<boolean> =>
    (await fetch(`${url}/-/healthy`).catch(() => undefined))?.ok ?? false;
  const args = [`--config.file=${config}`, `--web.listen-address=127.0.0.1:${port}`];
  const blackbox = await startProgram(program, args, isReady, 60_000);
  const load = new Load({
    url: `${url}/probe?target=${encodeURIComponent(dns)}`,
    modules: configured * QUESTIONS,
    everyMs: intervalMs / (services * QUESTIONS),
  });
  try {
    await sleep(warmUpMs);
    const before = { cpu: cpuSeconds(blackbox.pid), done: load.done };
    await sleep(windowMs);
    const cpu = cpuSeconds(blackbox.pid) - before.cpu;
    const queries = load.done - before.done;
    return { microsPerQuery: (cpu / queries) * 1e6, queries };
  } finally {
    load.stop();
    await blackbox.stop();
    rmSync(folder, { recursive: true, force: true });
    load.assertAllSucceeded();
  }
}

interface LoadSettings {
  readonly url: string;
  readonly modules: number;
  readonly everyMs: number;
}

/** One request every `everyMs`, without end, of one module after the other. */
class Load {
  /** Number of successful probes. */
  done = 0;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 100 });
  readonly #timer: NodeJS.Timeout;
  #failure: string | undefined;
  #sent = 0;

  constructor({ url, modules, everyMs }: LoadSettings) {
    const start = performance.now();
    this.#timer = setInterval(() => {
      const due = (performance.now() - start) / everyMs;
      for (; this.#sent < due; this.#sent++) this.#ask(`${url}&module=m${this.#sent % modules}`);
    }, TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#agent.destroy();
  }

  assertAllSucceeded(): void {
    if (this.#failure !== undefined) {
      throw new Error(
        `Cannot compare with blackbox_exporter: a probe failed, got ${this.#failure}`,
      );
    }
  }

  #ask(url: string): void {
    const request = get(url, { agent: this.#agent }, (reply) => {
      let body = '';
      reply.setEncoding('latin1');
      reply.on('data', (text: string) => {
        body += text;
      });
      reply.on('end', () => {
        if (body.includes('\nprobe_success 1\n')) this.done++;
        else this.#failure ??= `${reply.statusCode} of ${url}: ${body.slice(-300)}`;
      });
    });
    // Requests that run during the stop end this way.
    request.on('error', () => {});
  }
}

/** One module per query, because the queried name is part of the module. */
function configOf(services: number): string {
  const lines = ['modules:'];
  for (let i = 0; i < services; i++) {
    for (const [n, { name, type }] of questionsOf(serviceOf(i)).entries()) {
      lines.push(
        `  m${i * QUESTIONS + n}: {prober: dns, timeout: 5s, dns: {query_name: "${name}", query_type: ${type}, ` +
          'transport_protocol: udp, preferred_ip_protocol: ip4}}',
      );
    }
  }
  return `${lines.join('\n')}\n`;
}
