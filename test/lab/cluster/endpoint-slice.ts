import type { KubeObject } from './kube.ts';

/** A pod in the endpoints of a Service. */
export interface Endpoint {
  readonly ip: string;
  readonly podName: string;
  readonly podUid: string;
  /** As in an EndpointSlice. */
  readonly conditions: Conditions;
}

/**
 * The conditions of an endpoint in an EndpointSlice: a terminating one is never ready, but may be
 * serving.
 */
export interface Conditions {
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

/** Labels of both objects, as written by kubeadm and the endpoint controller. */
const labels = {
  'k8s-app': 'kube-dns',
  'kubernetes.io/cluster-service': 'true',
  'kubernetes.io/name': 'CoreDNS',
};

const namespace = 'kube-system';

/** The Service `kube-dns` of kubeadm. */
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

/** Its single EndpointSlice, as written by the endpoint slice controller of Kubernetes. */
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
    // For a Service without pods, the controller keeps a slice with neither.
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
 * The endpoints that kube-proxy routes the cluster IP to: the ready ones, or if there is none, the
 * terminating ones that still serve.
 */
export function vipEndpoints(endpoints: readonly Endpoint[]): string[] {
  const ready = endpoints.filter(({ conditions }) => conditions.ready);
  const lastResort = ({ conditions }: Endpoint) => conditions.serving && conditions.terminating;
  return (ready.length > 0 ? ready : endpoints.filter(lastResort)).map(({ ip }) => ip);
}
