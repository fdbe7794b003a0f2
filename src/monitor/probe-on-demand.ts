import type { ProbeOnDemand } from '../http/probe-route.ts';
import { probeMetrics } from '../metrics/probe.ts';
import { aliasOf } from '../model/service.ts';
import { steadyNow } from '../model/time.ts';
import type { ProbeClient } from '../probe/client.ts';
import type { Store } from '../state/store.ts';
import { probeTrace } from '../views/probe-trace.ts';

interface Parts {
  readonly store: Store;
  /** Available once the worker has started. */
  readonly worker: () => ProbeClient;
  readonly clusterDomain: string;
}

/**
 * http ─▶ worker ─▶ state ─▶ views: a probe in addition to the regular ones, which changes no
 * state.
 */
export function probeOnDemand({ store, worker, clusterDomain }: Parts): ProbeOnDemand {
  return async (namespace, service) => {
    const key = `${namespace}/${service}`;
    if (!store.records.has(key)) return undefined;
    const probed = await worker().probe(key);
    const ruling = probed && store.ruled(probed, steadyNow());
    if (!ruling) return undefined;
    const now = { probed, ruling };
    const alias = aliasOf({ namespace, name: service }, clusterDomain);
    return { metrics: () => probeMetrics(now), trace: () => probeTrace(now, alias) };
  };
}
