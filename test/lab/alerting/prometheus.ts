import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSamples, select } from '../../fixtures/samples.ts';
import { asset } from '../cluster/assets.ts';
import { Daemon } from '../cluster/daemon.ts';
import { freePort, loopback } from '../cluster/ports.ts';
import type { RuleFile } from './rules.ts';

/** Configuration of a {@link Prometheus}: its scrape target, rules and Alertmanager. */
export interface PrometheusOptions {
  /** `host:port` of the monitor. */
  readonly target: string;
  readonly scrapeMs: number;
  readonly rules: RuleFile;
  /** `host:port` of an Alertmanager; none by default. */
  readonly alertmanager?: string;
}

/**
 * A series of an answer, with its values in order of time. `NaN` and infinities are values as well.
 */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly number[];
}

/** From `start` to `end`, one point per `step`; all in seconds. */
export interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/**
 * A real Prometheus that scrapes one monitor, with the configuration of the Prometheus Operator.
 */
export class Prometheus {
  readonly url: string;
  readonly daemon: Daemon;

  private constructor(url: string, daemon: Daemon) {
    this.url = url;
    this.daemon = daemon;
  }

  /** Creates one with its files under `folder`; it is not started yet. */
  static async create(folder: string, options: PrometheusOptions): Promise<Prometheus> {
    const files = join(folder, 'prometheus');
    await mkdir(files);
    const rules = join(files, 'rules.yml');
    const config = join(files, 'prometheus.yml');
    // JSON is YAML.
    await writeFile(rules, JSON.stringify(options.rules));
    await writeFile(config, JSON.stringify(configOf(options, rules)));
    const address = `${loopback}:${await freePort()}`;
    const daemon = new Daemon({
      name: 'prometheus',
      command: asset('prometheus'),
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(files, 'data')}`,
        `--web.listen-address=${address}`,
        // A new or resolved alert is sent immediately. A firing alert is sent again at this
        // interval, and Alertmanager resolves it after four intervals without a message: a busy
        // machine must not cause that.
        '--rules.alert.resend-delay=5s',
        '--log.level=warn',
      ],
      ready: async () => (await fetch(`http://${address}/-/ready`)).ok,
    });
    return new Prometheus(`http://${address}`, daemon);
  }

  /**
   * The current value of an expression.
   *
   * @throws Error with the reason if Prometheus rejects it
   */
  async query(expression: string): Promise<Series[]> {
    const { resultType, result } = await this.#get<Answer>('query', { query: expression });
    // A scalar is no series, but it has a value.
    if (resultType === 'scalar') return [seriesOf({ metric: {}, value: result })];
    return result.map(seriesOf);
  }

  /**
   * The values of an expression over time.
   *
   * @throws Error with the reason if Prometheus rejects it
   */
  async queryRange(expression: string, { start, end, step }: Range): Promise<Series[]> {
    const range = { start: String(start), end: String(end), step: String(step) };
    const { result } = await this.#get<Matrix>('query_range', { query: expression, ...range });
    return result.map(seriesOf);
  }

  /** The values of a label, among the series of a selector if there is one. */
  labelValues(label: string, selector?: string): Promise<string[]> {
    return this.#get(
      `label/${label}/values`,
      selector === undefined ? {} : { 'match[]': selector },
    );
  }

  /** Number of rule evaluations so far, and number of failures. */
  async evaluations(): Promise<{ evaluations: number; failures: number }> {
    const samples = parseSamples(await (await fetch(`${this.url}/metrics`)).text());
    const sum = (name: string): number =>
      select(samples, name).reduce((total, { value }) => total + value, 0);
    return {
      evaluations: sum('prometheus_rule_evaluations_total'),
      failures: sum('prometheus_rule_evaluation_failures_total'),
    };
  }

  async #get<T>(path: string, parameters: Readonly<Record<string, string>>): Promise<T> {
    const query = new URLSearchParams(parameters);
    const reply = await fetch(`${this.url}/api/v1/${path}?${query}`);
    const body = (await reply.json()) as { status: string; error?: string; data: T };
    if (body.status !== 'success') {
      throw new Error(`Cannot ask Prometheus: ${body.error}, got ${Object.values(parameters)[0]}`);
    }
    return body.data;
  }
}

type Point = readonly [time: number, value: string];

interface Matrix {
  readonly result: readonly RawSeries[];
}

type Answer =
  | { readonly resultType: 'scalar'; readonly result: Point }
  | { readonly resultType: 'vector' | 'matrix'; readonly result: readonly RawSeries[] };

interface RawSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: Point;
  readonly values?: readonly Point[];
}

function seriesOf({ metric, value, values }: RawSeries): Series {
  const points = values ?? (value === undefined ? [] : [value]);
  return { labels: metric, values: points.map(([, text]) => numberOf(text)) };
}

function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

function configOf({ target, scrapeMs, alertmanager }: PrometheusOptions, rules: string): object {
  return {
    global: { scrape_interval: `${scrapeMs}ms`, scrape_timeout: `${scrapeMs}ms` },
    rule_files: [rules],
    ...(alertmanager === undefined
      ? {}
      : { alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] } }),
    scrape_configs: [
      {
        job_name: 'externalname-monitor',
        honor_labels: true,
        static_configs: [{ targets: [target], labels: OPERATOR_LABELS }],
      },
    ],
  };
}

/**
 * Labels that the Prometheus Operator adds for the pod. Without `honor_labels` they would hide the
 * monitor's own.
 */
const OPERATOR_LABELS = {
  namespace: 'externalname-monitor',
  service: 'externalname-monitor',
  pod: 'externalname-monitor-0',
  container: 'monitor',
  endpoint: 'metrics',
};
