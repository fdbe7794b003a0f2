/**
 * The Services of the embedded API server for the embedded DNS server, with a delay like in
 * CoreDNS.
 */
import type { KubeObject } from './api/objects.ts';
import type { ApiServer } from './api/server.ts';
import type { ClusterService, ServiceLookup } from './dns/cluster.ts';

export interface ServiceViewOptions {
  /** How long DNS serves the old state after a change, in ms; 0 if absent. */
  lagMs?: number;
  /** ms since the epoch; the system clock if absent. */
  now?: () => number;
}

interface Unseen {
  before: KubeObject | undefined;
  until: number;
}

/** A lookup for `DnsServerOptions.services`. */
export function servicesOf(
  api: Pick<ApiServer, 'get' | 'onChange'>,
  { lagMs = 0, now = Date.now }: ServiceViewOptions = {},
): ServiceLookup {
  const unseen = new Map<string, Unseen[]>();
  api.onChange(({ plural, before, after }) => {
    const metadata = (after ?? before)?.metadata;
    if (plural !== 'services' || metadata === undefined || lagMs === 0) return;
    const key = `${metadata.namespace}/${metadata.name}`;
    unseen.set(key, [...(unseen.get(key) ?? []), { before, until: now() + lagMs }]);
  });
  return (namespace, name) => {
    const key = `${namespace}/${name}`;
    const time = now();
    const waiting = (unseen.get(key) ?? []).filter(({ until }) => until > time);
    const [oldest] = waiting;
    if (oldest === undefined) {
      unseen.delete(key);
      return clusterService(api.get(namespace, name));
    }
    unseen.set(key, waiting);
    return clusterService(oldest.before);
  };
}

function clusterService(object: KubeObject | undefined): ClusterService | undefined {
  if (object === undefined) return undefined;
  const { type = 'ClusterIP', externalName, clusterIPs } = object.spec ?? {};
  const addresses = Array.isArray(clusterIPs) ? clusterIPs.map(String) : [];
  return {
    type: String(type),
    ...(typeof externalName === 'string' ? { externalName } : {}),
    addresses: addresses.filter((address) => address !== 'None'),
  };
}
