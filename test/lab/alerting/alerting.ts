/** Real alerting for tests: a Prometheus, an Alertmanager, and a webhook in place of a pager. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Alertmanager } from './alertmanager.ts';
import { Prometheus, type PrometheusOptions } from './prometheus.ts';
import { Webhook } from './webhook.ts';

/**
 * ```
 * monitor ◀─ prometheus ─▶ alertmanager ─▶ webhook
 * ```
 */
export interface Alerting extends AsyncDisposable {
  readonly prometheus: Prometheus;
  readonly webhook: Webhook;
}

/**
 * Starts them, all on loopback. Prometheus scrapes for the first time about five seconds later.
 *
 * @throws Error if a part does not start, with its name and output. No process is left running.
 */
export async function startAlerting(
  options: Omit<PrometheusOptions, 'alertmanager'>,
): Promise<Alerting> {
  await using starting = new AsyncDisposableStack();
  const webhook = starting.adopt(await Webhook.start(), (part) => part.stop());
  const alertmanager = await Alertmanager.create(await newFolder(starting), webhook.url);
  starting.defer(() => alertmanager.daemon.stop(0));
  await alertmanager.daemon.start();
  const prometheus = await startPrometheus(starting, {
    ...options,
    alertmanager: alertmanager.address,
  });
  const running = starting.move();
  return { prometheus, webhook, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** A Prometheus alone; `stack` ends it and removes its files. */
export async function startPrometheus(
  stack: AsyncDisposableStack,
  options: PrometheusOptions,
): Promise<Prometheus> {
  const prometheus = await Prometheus.create(await newFolder(stack), options);
  stack.defer(() => prometheus.daemon.stop(0));
  await prometheus.daemon.start();
  return prometheus;
}

async function newFolder(stack: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'alerting-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
