/** An ExternalName Service as we keep it: all else of the Kubernetes object is dropped on arrival. */
export interface ServiceSpec {
  /** `namespace/name`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** `spec.externalName` as written. */
  readonly externalName: string;
  /** The target: lower-cased, one trailing dot removed; always queried as an absolute name. */
  readonly target: string;
}

/** The target of an `externalName`: DNS compares names without case, and a trailing dot only says "absolute". */
export function targetOf(externalName: string): string {
  return externalName.toLowerCase().replace(/\.$/, '');
}

/** The in-cluster name of a Service. */
export function aliasOf(spec: ServiceSpec, clusterDomain: string): string {
  return `${spec.name}.${spec.namespace}.svc.${clusterDomain}`;
}
