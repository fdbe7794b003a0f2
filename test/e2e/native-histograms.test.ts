/** One Prometheus scrapes the protobuf format with native histograms, one the text: both hold the same. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Daemon } from '../lab/cluster/daemon.ts';
import { freePort } from '../lab/cluster/ports.ts';
import { until } from '../lab/cluster/until.ts';
import { Program } from '../lab/program.ts';
import { leftOut, withoutPromtool } from '../lab/promtool.ts';

const folder = mkdtempSync(join(tmpdir(), 'native-histograms-'));

/** Prometheus 2 turns native histograms on by a flag, Prometheus 3 by its configuration. */
const IS_OLD = /version 2\./.test(String(spawnSync('prometheus', ['--version']).stdout));

/** Series of an instant query: its labels as text, and its value. */
type Values = Record<string, string>;

class Prometheus {
  readonly #url: string;
  readonly #daemon: Daemon;

  private constructor(url: string, daemon: Daemon) {
    this.#url = url;
    this.#daemon = daemon;
  }

  static async start(name: 'native' | 'text', target: string): Promise<Prometheus> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const config = join(folder, `${name}.yml`);
    const job = {
      job_name: 'monitor',
      honor_labels: true,
      static_configs: [{ targets: [target] }],
      ...(name === 'native' && !IS_OLD && { scrape_native_histograms: true }),
    };
    const global = { scrape_interval: '1s', scrape_timeout: '1s' };
    // JSON is YAML.
    writeFileSync(config, JSON.stringify({ global, scrape_configs: [job] }));
    const daemon = new Daemon({
      name: 'prometheus',
      command: 'prometheus',
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder, name)}`,
        `--web.listen-address=127.0.0.1:${port}`,
        ...(name === 'native' && IS_OLD ? ['--enable-feature=native-histograms'] : []),
      ],
      ready: async () => (await fetch(`${url}/-/ready`)).ok,
    });
    await daemon.start();
    return new Prometheus(url, daemon);
  }

  async values(query: string): Promise<Values> {
    const reply = await fetch(`${this.#url}/api/v1/query?query=${encodeURIComponent(query)}`);
    const { data } = (await reply.json()) as {
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    const entries = data.result.map(({ metric, value: [, text] }) => [keyOf(metric), text]);
    return Object.fromEntries(entries);
  }

  stop(): Promise<void> {
    return this.#daemon.stop();
  }
}

function keyOf({ __name__: name = '', instance: _, ...labels }: Record<string, string>): string {
  return `${name}${JSON.stringify(Object.entries(labels).toSorted())}`;
}

const SERVICE_SERIES =
  '{__name__=~"externalname_.+",service!="",__name__!~".*probe_duration_seconds.*"}';

describe.skipIf(withoutPromtool)(`native histograms${leftOut}`, () => {
  let monitor: Program;
  let native: Prometheus;
  let text: Prometheus;

  beforeAll(async () => {
    monitor = await Program.start([
      'demo',
      '--listen=127.0.0.1:0',
      '--native-histograms',
      '--interval=2m',
    ]);
    const { host } = new URL(monitor.url);
    native = await Prometheus.start('native', host);
    text = await Prometheus.start('text', host);
    const rounds = async (): Promise<boolean> => {
      const [finished] = Object.values(await text.values('sum(externalname_service_rounds_total)'));
      return Number(finished) >= 3;
    };
    await until('rounds that have ended', rounds, { deadlineMs: 50_000 });
  });

  afterAll(async () => {
    await native?.stop();
    await text?.stop();
    await monitor?.stop();
    rmSync(folder, { recursive: true });
  });

  /** Both scrape once a second, and rounds are seconds apart: soon there is a moment at which neither is behind. */
  async function expectSame(ofNative: string, ofText: string): Promise<Values> {
    let [seen, expected]: Values[] = [];
    const isSame = async (): Promise<boolean> => {
      [seen, expected] = await Promise.all([native.values(ofNative), text.values(ofText)]);
      return isDeepStrictEqual(seen, expected);
    };
    await until('the same', isSame, { deadlineMs: 20_000 }).catch(() =>
      expect(seen).toEqual(expected),
    );
    return expected ?? {};
  }

  it('leave all other series as they are', async () => {
    const series = await expectSame(SERVICE_SERIES, SERVICE_SERIES);
    expect(Object.keys(series).length).toBeGreaterThan(100);
  });

  it('count and sum what the classic ones do', async () => {
    const family = 'externalname_probe_duration_seconds';
    const unnamed = (query: string): string => `(${query}) * 1`;
    const counts = await expectSame(`histogram_count(${family})`, unnamed(`${family}_count`));
    expect(Object.values(counts).some((value) => Number(value) > 0)).toBe(true);
    await expectSame(`histogram_sum(${family})`, unnamed(`${family}_sum`));
    // In place of the classic series.
    expect(await native.values(`${family}_bucket`)).toEqual({});
  });

  it('say where the samples are within a tenth of it', async () => {
    const family = 'externalname_probe_duration_seconds';
    const counted = 'externalname_probe_duration_seconds_bucket';
    // Those below 10 ms, of each Service and hop: the share that both ways of counting give.
    const classic = await text.values(`sum(${counted}{le="0.01"}) / sum(${counted}{le="+Inf"})`);
    const [share] = Object.values(
      await native.values(`histogram_fraction(0, 0.01, sum(${family}))`),
    );
    expect(Number(share)).toBeCloseTo(Number(Object.values(classic)[0]), 1);
  });

  it("keep the monitor's own histograms classic, whose buckets alerts name", async () => {
    const query = 'count by (__name__) ({__name__=~"externalname_query_duration_seconds.*"})';
    const names = Object.keys(await native.values(query)).toSorted();
    expect(names).toEqual(Object.keys(await text.values(query)).toSorted());
    expect(names.join()).toContain('externalname_query_duration_seconds_bucket');
  });
});
