/** Runs blackbox_exporter with probes of the same aliases at the same interval, twice. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asset } from '../cluster/assets.ts';
import { Daemon, freePort } from '../cluster/index.ts';
import { INTERVAL_MS, roundsOf } from './reach.ts';

/** The result of one probe. Times are `performance.now()`. */
export interface Probe {
  readonly at: number;
  readonly success: boolean;
}

/** Its configuration: a module of each kind for each name. */
export const MODULES = {
  /** The example `dns_udp_example` of its documentation. */
  documented: '',
  /** Requires an A record in the answer. */
  strict: ", validate_answer_rrs: {fail_if_none_matches_regexp: ['\\sIN\\sA\\s']}",
} as const;

export type Module = keyof typeof MODULES;

/** The result of each kind of module for a fault. */
export type BlackboxViews = Readonly<Record<Module, BlackboxView>>;

/** The result of blackbox_exporter for a fault. */
export interface BlackboxView {
  /** Rounds until a victim's `probe_success` became 0; absent if it stayed 1. */
  readonly noticed?: number;
  /** `probe_success` was already 0 before, or was 1 again at times during the fault. */
  readonly isSteady: boolean;
}

/** One process for the whole matrix. */
export class Blackbox implements AsyncDisposable {
  readonly #daemon: Daemon;
  readonly #url: string;
  readonly #folder: string;
  readonly #probes = new Map<string, Probe[]>();

  private constructor(daemon: Daemon, url: string, folder: string) {
    this.#daemon = daemon;
    this.#url = url;
    this.#folder = folder;
  }

  /** Starts it with modules for each of these names, because a module contains the queried name. */
  static async start(names: readonly string[]): Promise<Blackbox> {
    const folder = await mkdtemp(join(tmpdir(), 'blackbox-'));
    const file = join(folder, 'blackbox.yml');
    await writeFile(file, configOf(names));
    const address = `127.0.0.1:${await freePort()}`;
    const url = `http://${address}`;
    const daemon = new Daemon({
      name: 'blackbox_exporter',
      command: asset('prometheus-blackbox-exporter'),
      args: [`--config.file=${file}`, `--web.listen-address=${address}`],
      ready: async () => (await fetch(`${url}/-/healthy`)).ok,
    });
    await daemon.start();
    return new Blackbox(daemon, url, folder);
  }

  /**
   * Probes names at a server (`host:port`) once per interval, until the returned function is
   * called.
   */
  watch(names: readonly string[], server: string): () => void {
    const timers: NodeJS.Timeout[] = [];
    for (const [index, name] of names.entries()) {
      const probe = (): void => {
        for (const module of KINDS) void this.#probe(moduleOf(name, module), server);
      };
      const start = setTimeout(
        () => {
          probe();
          timers.push(setInterval(probe, INTERVAL_MS));
        },
        (index * INTERVAL_MS) / names.length,
      );
      timers.push(start);
    }
    return () => timers.forEach((timer) => void clearTimeout(timer));
  }

  /** The results for a fault in this time range, over these names. */
  views(names: readonly string[], brokenAt: number, mendStartedAt: number): BlackboxViews {
    const view = (module: Module): BlackboxView =>
      this.#view(
        names.map((name) => moduleOf(name, module)),
        brokenAt,
        mendStartedAt,
      );
    return { documented: view('documented'), strict: view('strict') };
  }

  #view(modules: readonly string[], brokenAt: number, mendStartedAt: number): BlackboxView {
    const probes = modules.flatMap((module) =>
      (this.#probes.get(module) ?? []).filter(({ at }) => at >= brokenAt && at < mendStartedAt),
    );
    const failed = probes.filter(({ success }) => !success).map(({ at }) => at);
    if (failed.length === 0) return { isSteady: true };
    const first = Math.min(...failed);
    const isSteady = probes.every(({ at, success }) => at <= first || !success);
    return { noticed: roundsOf(first - brokenAt), isSteady };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon.stop(0);
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #probe(module: string, server: string): Promise<void> {
    const url = `${this.#url}/probe?module=${module}&target=${server}`;
    // Prometheus sends its time limit, which is at most its scrape interval.
    const headers = { 'x-prometheus-scrape-timeout-seconds': String(INTERVAL_MS / 1_000) };
    const text = await fetch(url, { headers }).then(
      (reply) => reply.text(),
      () => undefined,
    );
    const [, value] = /^probe_success ([01])$/m.exec(text ?? '') ?? [];
    if (value === undefined) return;
    const probes = this.#probes.get(module) ?? [];
    this.#probes.set(module, probes);
    probes.push({ at: performance.now(), success: value === '1' });
  }
}

const KINDS = Object.keys(MODULES) as Module[];

function moduleOf(name: string, module: Module): string {
  return `${module}_${name.replaceAll('.', '_')}`;
}

function configOf(names: readonly string[]): string {
  const modules = names.flatMap((name) =>
    KINDS.map(
      (module) =>
        `  ${moduleOf(name, module)}: {prober: dns, timeout: 5s, dns: {query_name: "${name}", query_type: A, ` +
        `transport_protocol: udp, preferred_ip_protocol: ip4, valid_rcodes: [NOERROR]${MODULES[module]}}}`,
    ),
  );
  return `modules:\n${modules.join('\n')}\n`;
}
