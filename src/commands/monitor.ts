import type { AddressInfo } from 'node:net';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Logger } from 'pino';
import packageJson from '../../package.json' with { type: 'json' };
import { type Listen, UsageError } from '../config/values.ts';
import { createServer } from '../http/server.ts';
import { KubernetesApi } from '../kubernetes/api.ts';
import { Reflector, type Sink } from '../kubernetes/reflector.ts';
import { EXTERNAL_NAME_SERVICES } from '../kubernetes/services.ts';
import type { FromWorker, ProbeConfig } from '../model/messages.ts';
import type { ServiceSpec } from '../model/service.ts';
import { type ProbeClient, startProbeWorker } from '../probe/client.ts';
import type { ServiceRecord } from '../state/record.ts';
import { Store } from '../state/store.ts';
import { ServiceTexts } from '../views/metrics/exposition.ts';
import { MonitorMetrics } from '../views/metrics/monitor.ts';

export interface MonitorOptions {
  readonly kubeConfig: KubeConfig;
  readonly listen: Listen;
  readonly probe: ProbeConfig;
  readonly logger: Logger;
  /** The probe worker died: nothing is probed any more, and only a restart helps. */
  readonly onFatal: (error: Error) => void;
}

export interface Monitor {
  /** Where it listens, as `http://127.0.0.1:9953`. */
  readonly url: string;
  /** Ends the watch and the worker, and lets scrapes under way finish. */
  stop(): Promise<void>;
}

/**
 * Wires the rooms together: informer → state → worker → state → views → http, and starts them.
 * @throws UsageError if it cannot listen there
 */
export async function startMonitor({
  kubeConfig,
  listen,
  probe,
  logger,
  onFatal,
}: MonitorOptions): Promise<Monitor> {
  const texts = new ServiceTexts();
  const build = { version: packageJson.version, node_version: process.version };
  const metrics = new MonitorMetrics(probe.intervalMs, build);
  const verdicts = new VerdictLog(logger);
  const store = new Store(probe, (key, record) => {
    texts.update(key, record);
    verdicts.update(key, record);
  });

  const server = createServer({
    services: texts,
    monitor: metrics,
    isReady: () => store.informer.synced,
  });
  await server.listen({ host: listen.host, port: listen.port }).catch((cause: Error) => {
    throw new UsageError(
      `Cannot listen: ${cause.message}, got --listen=${listen.host}:${listen.port}`,
      { cause },
    );
  });

  const worker = startProbeWorker(probe, (message) => receive(message, store, metrics), onFatal);
  const abort = new AbortController();
  const api = new KubernetesApi(kubeConfig);
  const reflector = new Reflector(
    api,
    EXTERNAL_NAME_SERVICES,
    sinkOf(store, worker, metrics, logger),
  );
  const watching = reflector.run(abort.signal);

  const url = urlOf(server.server.address() as AddressInfo);
  logger.info(
    {
      url,
      apiServer: api.server,
      servers: probe.servers.map(({ label }) => label),
      clusterDomain: probe.clusterDomain,
      families: probe.families,
      intervalMs: probe.intervalMs,
    },
    'watching ExternalName Services',
  );
  return {
    url,
    async stop() {
      abort.abort();
      await Promise.all([watching, worker.stop(), server.close()]);
    },
  };
}

/** Kubernetes ─▶ state ─▶ worker. */
function sinkOf(
  store: Store,
  worker: ProbeClient,
  metrics: MonitorMetrics,
  logger: Logger,
): Sink<ServiceSpec> {
  return {
    upsert(specs, listed) {
      const now = Date.now();
      for (const spec of specs) store.seen(spec, !listed, now);
      const fresh = specs.filter(({ key }) => store.records.get(key)?.unmetSince !== undefined);
      const settled = specs.filter(({ key }) => store.records.get(key)?.unmetSince === undefined);
      if (settled.length > 0) worker.watch(settled, false);
      if (fresh.length > 0) worker.watch(fresh, true);
      metrics.informerEvent('upsert', specs.length);
      metrics.services(store.records.size);
    },
    gone(keys) {
      for (const key of keys) store.gone(key);
      worker.unwatch(keys);
      metrics.informerEvent('gone', keys.length);
      metrics.services(store.records.size);
    },
    status(status) {
      if (status.synced && !store.informer.synced)
        logger.info({ services: store.records.size }, 'first list complete');
      store.informerChanged(status);
      metrics.informer(status);
    },
    failed(error, reason, retryMs) {
      metrics.informerRestart(reason);
      const why = error instanceof Error ? error.message : String(error);
      logger.warn(
        { reason, why, retryMs: Math.round(retryMs) },
        'the watch of Services was lost and will be started anew',
      );
    },
  };
}

/** Worker ─▶ state. */
function receive(message: FromWorker, store: Store, metrics: MonitorMetrics): void {
  switch (message.type) {
    case 'round':
      if (store.round(message, Date.now())) metrics.round(message);
      break;
    case 'control':
      store.controlAsked(message);
      metrics.control(message);
      break;
    case 'worker':
      metrics.worker(message);
      break;
  }
}

/** One line whenever a Service's verdict changes, and none for a round that brings no news. */
class VerdictLog {
  readonly #logger: Logger;
  readonly #verdicts = new Map<string, string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  update(key: string, record: ServiceRecord | undefined): void {
    if (!record) {
      this.#verdicts.delete(key);
      return;
    }
    const { verdict, blame } = record.diagnosis;
    const before = this.#verdicts.get(key) ?? 'pending';
    this.#verdicts.set(key, verdict);
    if (verdict === before || (before === 'pending' && verdict === 'healthy')) return;
    const { namespace, name: service, externalName } = record.spec;
    const level = verdict === 'healthy' || verdict === 'pending' ? 'info' : 'warn';
    this.#logger[level](
      { namespace, service, externalName, verdict, blame, before },
      'verdict changed',
    );
  }
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
