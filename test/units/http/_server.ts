import type { FastifyInstance } from 'fastify';
import { Live } from '../../../src/http/live.ts';
import { createServer, type HttpSources } from '../../../src/http/server.ts';
import { WebSecurity } from '../../../src/http/web-security.ts';
import { ServiceExposition } from '../../../src/metrics/exposition.ts';
import { MonitorMetrics } from '../../../src/metrics/monitor.ts';
import { SERVICE_FAMILIES } from '../../../src/metrics/service-families.ts';
import type { ProbeConfig } from '../../../src/model/messages.ts';
import { OPEN_WEB } from '../../../src/model/web.ts';
import { Store } from '../../../src/state/store.ts';
import { ServiceViews } from '../../../src/views/services/views.ts';
import { probeConfig } from '../../fixtures/probe-config.ts';

export const PROBE: ProbeConfig = probeConfig(
  [{ address: '10.96.0.10', port: 53, label: '10.96.0.10:53' }],
  { intervalMs: 30_000, timeoutMs: 5_000, attempts: 2, convergenceDeadlineMs: 60_000 },
);

/** A store with the settings above, and the views of it. `clusterName`: of `--cluster-name`. */
export function hold(clusterName?: string): {
  readonly store: Store;
  readonly views: ServiceViews;
} {
  const settings = { ...PROBE, drift: { entries: 64, windowMs: 86_400_000 } };
  const store: Store = new Store(settings, (key, record) => views.update(key, record));
  const views = new ServiceViews(store, PROBE, clusterName);
  return { store, views };
}

/** The server, over an empty store unless `sources` say otherwise; not listening. */
export function serverOf(sources: Partial<HttpSources> = {}): FastifyInstance {
  return createServer({
    services: new ServiceExposition(new Map(), SERVICE_FAMILIES),
    monitor: new MonitorMetrics(30_000, { version: '1.2.3', node_version: 'v26' }),
    isProtobufServed: false,
    views: hold().views,
    probe: async () => undefined,
    live: new Live(),
    links: { runbookUrl: 'https://runbooks.example.com/' },
    security: new WebSecurity(OPEN_WEB),
    version: '1.2.3',
    isReady: () => true,
    onFault: () => {},
    ...sources,
  });
}
