import type { AddressInfo } from 'node:net';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Logger } from 'pino';
import packageJson from '../../package.json' with { type: 'json' };
import type { ConfigFile } from '../config/file.ts';
import type { Options } from '../config/options.ts';
import { watchPolicy } from '../config/policy-file.ts';
import { defaultSettingsOf } from '../config/probe-config.ts';
import { shardOf } from '../config/shard.ts';
import { UsageError } from '../config/values.ts';
import { readWebFile, watchWebFile } from '../config/web-file.ts';
import { listen, listenErrorText } from '../http/listen.ts';
import { Live } from '../http/live.ts';
import { createServer } from '../http/server.ts';
import { WebSecurity } from '../http/web-security.ts';
import { KubernetesApi } from '../kubernetes/api.ts';
import { dnsEndpointSlices } from '../kubernetes/endpoint-slices.ts';
import { EventRecorder } from '../kubernetes/events.ts';
import { Reflector } from '../kubernetes/reflector.ts';
import { chosenAndLinks } from '../kubernetes/services.ts';
import { ServiceExposition } from '../metrics/exposition.ts';
import { MonitorMetrics } from '../metrics/monitor.ts';
import { SERVICE_FAMILIES, WITHOUT_HISTOGRAMS } from '../metrics/service-families.ts';
import type { Forward } from '../model/forward.ts';
import type { ProbeConfig, Server } from '../model/messages.ts';
import { NO_POLICY, type Policy } from '../model/policy.ts';
import { steadyNow } from '../model/time.ts';
import { OPEN_WEB } from '../model/web.ts';
import { startProbeWorker } from '../probe/client.ts';
import { Admission } from '../state/admission.ts';
import type { ServiceRecord } from '../state/record.ts';
import { Store } from '../state/store.ts';
import { ServiceViews } from '../views/services/views.ts';
import { DnsPodSink } from './dns-pods.ts';
import { policyWatch } from './policy-watch.ts';
import { probeOnDemand } from './probe-on-demand.ts';
import { Receiver } from './receive.ts';
import { ServiceSink } from './service-sink.ts';
import { watchForwards } from './upstream-dns.ts';
import { VerdictEvents } from './verdict-events.ts';
import { VerdictLog } from './verdict-log.ts';
import { webWatch } from './web-watch.ts';

export interface MonitorOptions {
  readonly kubeConfig: KubeConfig;
  readonly options: Options;
  readonly probe: ProbeConfig;
  /** Used unless `config` has a policy; everything is allowed without either. */
  readonly policy?: Policy;
  /** The file of `--config`. Its policy is reloaded when the file changes. */
  readonly config?: ConfigFile;
  readonly logger: Logger;
  /** The probe worker has died: probing has stopped, and only a restart helps. */
  readonly onFatal: (error: Error) => void;
}

export interface Monitor {
  /** The address that it listens on, such as `http://127.0.0.1:9953`; `https` with TLS. */
  readonly url: string;
  /** Ends the watch and the worker, and waits for running scrapes. */
  stop(): Promise<void>;
}

/**
 * Connects the modules and starts them: informer → state → worker → state → views → http.
 *
 * @throws UsageError if it cannot listen on the address, or cannot use the file of
 * `--web.config.file`
 */
export async function startMonitor(parts: MonitorOptions): Promise<Monitor> {
  const { kubeConfig, options, probe, logger, onFatal } = parts;
  const families = options.serviceHistograms ? SERVICE_FAMILIES : WITHOUT_HISTOGRAMS;
  const shard = shardOf(options, process.env.POD_NAME);
  const { clusterName } = options;
  const build = {
    version: packageJson.version,
    node_version: process.version,
    ...(clusterName === undefined ? {} : { cluster_name: clusterName }),
  };
  const metrics = new MonitorMetrics(probe.intervalMs, build, shard);
  const verdicts = new VerdictLog(logger);
  const api = new KubernetesApi(kubeConfig);
  const recorder = options.events ? eventRecorder(api, probe.salt, logger) : undefined;
  const events =
    recorder && new VerdictEvents((event, now) => recorder.record(event, now), clusterName);
  const live = new Live();
  const drift = { entries: options.driftEntries, windowMs: options.driftWindow };
  const onChange = (key: string, record: ServiceRecord | undefined): void => {
    verdicts.update(key, record);
    events?.update(key, record, steadyNow());
    views.update(key, record);
    live.changed(key, record, steadyNow());
  };
  const { serviceHistograms: histograms, nativeHistograms } = options;
  const links = new Map<string, string>();
  const onDoubt = (): void => services.relist();
  const store = new Store(
    { ...probe, drift, histograms, nativeHistograms },
    onChange,
    onDoubt,
    links,
  );

  store.policyChanged(parts.config?.policy ?? parts.policy ?? NO_POLICY);

  const isReady = (): boolean => store.informer.synced;
  const views = new ServiceViews(store, probe, clusterName);
  const { version } = packageJson;
  const { clusterDomain, intervalMs } = probe;
  const webFile = options['web.config.file'];
  const web = webFile === undefined ? OPEN_WEB : await readWebFile(webFile);
  const security = new WebSecurity(web);
  const { findingLevel } = options;
  const server = createServer({
    services: new ServiceExposition(store.records, families, { clusterDomain, findingLevel }),
    monitor: metrics,
    isProtobufServed: nativeHistograms,
    views,
    probe: probeOnDemand({ store, worker: () => worker, clusterDomain }),
    live,
    links: { runbookUrl: options.runbookUrl, dashboardUrl: options.dashboardUrl },
    security,
    version,
    isReady,
    onFault: (err) => logger.error({ err }, 'a request could not be answered'),
  });
  await listen(server, options.listen).catch((cause: Error) => {
    throw new UsageError(listenErrorText(cause, options.listen), { cause });
  });

  const receiver = new Receiver(store, metrics, logger);
  const worker = startProbeWorker(probe, (report) => receiver.receive(report), onFatal);
  const admission = new Admission(options.maxServices);
  const resource = chosenAndLinks({
    namespaces: options.namespaces,
    excludeNamespaces: options.excludeNamespaces,
    selector: options.selector,
    labels: options.serviceLabels,
    shard,
    defaults: defaultSettingsOf(probe, options),
  });
  const sink = new ServiceSink({
    admission,
    links,
    store,
    worker,
    metrics,
    logger,
    convergenceDeadlineMs: probe.convergenceDeadlineMs,
  });
  const abort = new AbortController();
  const services = new Reflector(api, resource, sink);
  const watching = [services.run(abort.signal)];
  if (recorder) watching.push(recorder.run(abort.signal));
  if (options.discoverDnsPods) {
    const { dnsService: service } = options;
    const onPods = (pods: readonly Server[]): void => {
      metrics.serversGone(store.podsChanged(pods.map(({ label }) => label)));
      worker.setPods(pods);
    };
    const pods = new DnsPodSink({ service, families: probe.families, logger, onPods });
    watching.push(new Reflector(api, dnsEndpointSlices(service), pods).run(abort.signal));
  }

  const onForwards = (forwards: readonly Forward[]): void => {
    const labels = forwards.flatMap(({ servers }) => servers.map(({ label }) => label));
    const asked = new Set(labels);
    store.resolvers.keep(asked);
    metrics.resolversChanged((label) => asked.has(label));
    worker.setForwards(forwards);
  };
  watching.push(watchForwards({ api, options, logger, signal: abort.signal, onForwards }));

  if (parts.config) {
    const { signal } = abort;
    watching.push(
      watchPolicy(policyWatch({ config: parts.config, store, metrics, logger, signal })),
    );
  }

  if (webFile !== undefined) {
    const parts = { file: webFile, config: web, security, metrics, logger, signal: abort.signal };
    watching.push(watchWebFile(webWatch(parts)));
  }

  const scheme = web.tls ? 'https' : 'http';
  const url = urlOf(scheme, server.server.address() as AddressInfo);
  const servers = probe.servers.map(({ label }) => label);
  logger.info(
    { url, apiServer: api.server, servers, clusterDomain, families: probe.families, intervalMs },
    'watching ExternalName Services',
  );
  return {
    url,
    async stop() {
      abort.abort();
      await Promise.all([...watching, worker.stop(), server.close()]);
    },
  };
}

function eventRecorder(api: KubernetesApi, instance: string, logger: Logger): EventRecorder {
  return new EventRecorder(api, instance, ({ message: why }, { namespace, name, reason }) => {
    logger.warn({ namespace, service: name, reason, why }, 'an Event could not be written');
  });
}

function urlOf(scheme: string, { address, family, port }: AddressInfo): string {
  return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
