/** Kubernetes objects of the embedded API server, and the resources that it serves. */

export interface ObjectMeta {
  name: string;
  namespace: string;
  uid?: string;
  resourceVersion?: string;
  creationTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: Record<string, unknown>;
  [field: string]: unknown;
}

/** The input of `ApiServer.apply`: the server sets uid, resourceVersion and creationTimestamp. */
export interface ObjectInput {
  /** `Service` if absent. */
  kind?: string;
  metadata: ObjectMeta;
  spec?: Record<string, unknown>;
  [field: string]: unknown;
}

/** One namespaced resource of the API. */
export interface Resource {
  /** Path of its group and version. */
  root: string;
  /** Empty for the core group. */
  group: string;
  apiVersion: string;
  plural: string;
  kind: string;
  /**
   * Fields of `fieldSelector` in addition to metadata.name and metadata.namespace, with the `minor`
   * version of Kubernetes 1 that added them.
   */
  fields: readonly { path: string; sinceMinor: number }[];
}

/** All served resources. To serve another resource, add a row. */
export const resources: readonly Resource[] = [
  {
    root: '/api/v1',
    group: '',
    apiVersion: 'v1',
    plural: 'services',
    kind: 'Service',
    // kubernetes#123905, released with 1.31.
    fields: [
      { path: 'spec.clusterIP', sinceMinor: 31 },
      { path: 'spec.type', sinceMinor: 31 },
    ],
  },
  {
    root: '/api/v1',
    group: '',
    apiVersion: 'v1',
    plural: 'events',
    kind: 'Event',
    fields: [],
  },
  {
    root: '/apis/discovery.k8s.io/v1',
    group: 'discovery.k8s.io',
    apiVersion: 'discovery.k8s.io/v1',
    plural: 'endpointslices',
    kind: 'EndpointSlice',
    fields: [],
  },
];

/** A Service of type ExternalName, for `ApiServer.apply`. */
export function externalNameService(
  namespace: string,
  name: string,
  externalName: string,
  metadata: Pick<ObjectMeta, 'labels' | 'annotations'> = {},
  spec: { readonly selector?: Readonly<Record<string, string>> } = {},
): ObjectInput {
  return {
    metadata: { namespace, name, ...metadata },
    spec: { type: 'ExternalName', externalName, ...spec },
  };
}

/** A Service with a cluster IP, or headless with `None`. */
export function clusterIpService(namespace: string, name: string, clusterIP: string): ObjectInput {
  const spec = { type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80 }] };
  return { metadata: { namespace, name }, spec };
}

/** @throws Error if no resource has this kind */
export function resourceOfKind(kind: string): Resource {
  const resource = resources.find((one) => one.kind === kind);
  if (resource === undefined) {
    throw new Error(`Cannot store the object: no resource has this kind, got ${kind}`);
  }
  return resource;
}
