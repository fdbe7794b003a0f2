import { isIP } from 'node:net';
import type { Family } from '../model/round.ts';
import type { KubernetesObject, Resource } from './resource.ts';

/** The pods behind a DNS Service, from one EndpointSlice. */
export interface DnsPods {
  readonly key: string;
  readonly uid: string;
  readonly family: Family;
  readonly pods: readonly DnsPod[];
}

export interface DnsPod {
  /** The pod's name, which links its addresses of both families. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

export interface ServiceName {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Limit for the pods that are queried, in one slice (100 at most, by the controller) or in several.
 */
export const MOST_PODS = 100;

const PORT_NAME = 'dns';

/**
 * The EndpointSlices of a DNS Service: ready endpoints that are not terminating, at the port named
 * `dns` (kube-dns's manifest; KEP-752, KEP-1672).
 */
export function dnsEndpointSlices({ namespace, name }: ServiceName): Resource<DnsPods> {
  return {
    path: `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
    labelSelector: `kubernetes.io/service-name=${name}`,
    slim: slimSlice,
  };
}

function slimSlice(object: KubernetesObject): DnsPods | undefined {
  const { namespace, name, uid } = object.metadata ?? {};
  const families: Readonly<Record<string, Family>> = { IPv4: 'ipv4', IPv6: 'ipv6' };
  const family = families[String(object.addressType)];
  if (!namespace || !name || !uid || !family) return undefined;
  const port = listOf(object.ports).find((one) => one.name === PORT_NAME && isUdp(one))?.port;
  if (typeof port !== 'number') return undefined;
  const pods = listOf(object.endpoints)
    .slice(0, MOST_PODS)
    .flatMap((endpoint): DnsPod[] => {
      const { ready, terminating } = (endpoint.conditions ?? {}) as Record<string, unknown>;
      const [address] = Array.isArray(endpoint.addresses) ? endpoint.addresses : [];
      // Absent conditions count as ready and not terminating.
      if (ready === false || terminating === true) return [];
      if (typeof address !== 'string' || isIP(address) === 0) return [];
      const target = (endpoint.targetRef ?? {}) as Record<string, unknown>;
      return [{ name: typeof target.name === 'string' ? target.name : address, address, port }];
    });
  return { key: `${namespace}/${name}`, uid, family, pods };
}

function isUdp({ protocol }: Readonly<Record<string, unknown>>): boolean {
  return protocol === undefined || protocol === 'UDP';
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : [];
}
