import type { KubeObject } from './kube.ts';

/** A pod as Services see it. */
export interface Endpoint {
  readonly ip: string;
  readonly podName: string;
  readonly podUid: string;
  /** As in an EndpointSlice. */
  readonly conditions: Conditions;
}

/** What an EndpointSlice says of an endpoint: a terminating one is never ready, but may be serving. */
export interface Conditions {
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

/** Of both objects, as kubeadm and the endpoint controller have them. */
const labels = {
  'k8s-app': 'kube-dns',
  'kubernetes.io/cluster-service': 'true',
  'kubernetes.io/name': 'CoreDNS',
};

const namespace = 'kube-system';

/** The Service `kube-dns`, as kubeadm makes it. */
export function kubeDnsService(clusterIP: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace, labels },
    spec: {
      clusterIP,
      selector: { 'k8s-app': 'kube-dns' },
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP' },
        { name: 'metrics', port: 9153, protocol: 'TCP' },
      ],
    },
  };
}

/** Its one EndpointSlice, as the endpoint slice controller of Kubernetes writes it. */
export function endpointSlice(
  serviceUid: string | undefined,
  endpoints: readonly Endpoint[],
): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: 'kube-dns-x7k2p',
      namespace,
      labels: {
        ...labels,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'kubernetes.io/service-name': 'kube-dns',
      },
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'Service',
          name: 'kube-dns',
          uid: serviceUid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    addressType: 'IPv4',
    // Of a Service without pods it keeps a slice with neither.
    ports:
      endpoints.length === 0
        ? []
        : [
            { name: 'dns', port: 53, protocol: 'UDP' },
            { name: 'dns-tcp', port: 53, protocol: 'TCP' },
            { name: 'metrics', port: 9153, protocol: 'TCP' },
          ],
    endpoints: endpoints.map(({ ip, podName, podUid, conditions }) => ({
      addresses: [ip],
      conditions,
      nodeName: 'node',
      targetRef: { kind: 'Pod', name: podName, namespace, uid: podUid },
    })),
  };
}

/**
 * Where kube-proxy lets the cluster IP lead: to the endpoints that are ready, and where none is, to those
 * that are terminating but still serve.
 */
export function vipEndpoints(endpoints: readonly Endpoint[]): string[] {
  const ready = endpoints.filter(({ conditions }) => conditions.ready);
  const lastResort = ({ conditions }: Endpoint) => conditions.serving && conditions.terminating;
  return (ready.length > 0 ? ready : endpoints.filter(lastResort)).map(({ ip }) => ip);
}
