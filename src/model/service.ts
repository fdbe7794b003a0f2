import { type AddressType, type Family, TYPE_OF } from './round.ts';

/** Urgency of an alert about the Service, for alert routing. */
export const SEVERITIES = ['page', 'ticket', 'none'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** The annotations of a Service, each after `externalname-monitor/`. */
export const ANNOTATIONS = ['enabled', 'interval', 'record-types', 'severity'] as const;
export type Annotation = (typeof ANNOTATIONS)[number];

/** The common prefix of the annotations. */
export const ANNOTATION_PREFIX = 'externalname-monitor/';

/** Controllers that read or write `spec.externalName`, with their common names. */
export const CONTROLLERS = {
  tailscale: 'Tailscale operator',
  'external-dns': 'external-dns',
} as const;
export type Controller = keyof typeof CONTROLLERS;

/**
 * How a Service is probed, resolved once on arrival: from its annotations, and from the operator's
 * options for the rest.
 */
export interface ServiceSettings {
  /** False: the Service is not probed, and is counted as disabled. */
  readonly enabled: boolean;
  readonly intervalMs: number;
  /** Types that are queried on the app and target hops. */
  readonly recordTypes: readonly AddressType[];
  /**
   * Families with addresses that count for `up`: the usable families of pods, limited to the
   * queried types; at least one.
   */
  readonly families: readonly Family[];
  /** Absent unless an annotation sets it. */
  readonly severity?: Severity;
}

/** Settings of a Service without annotations, and the limits of annotations. */
export type DefaultSettings = Pick<ServiceSettings, 'intervalMs' | 'recordTypes'> & {
  /** The shortest interval that an annotation may set. */
  readonly minIntervalMs: number;
  /** Families that pods can use. */
  readonly families: readonly Family[];
};

/** Families that pods can use and that are queried; if there is none, the queried families. */
export function usableFamilies(
  families: readonly Family[],
  recordTypes: readonly AddressType[],
): readonly Family[] {
  const asked = (['ipv4', 'ipv6'] as const).filter((family) =>
    recordTypes.includes(TYPE_OF[family]),
  );
  const usable = asked.filter((family) => families.includes(family));
  return usable.length > 0 ? usable : asked;
}

/** A port in the spec. Nothing routes by it, but people and ingress controllers read it. */
export interface ServicePort {
  readonly port: number;
  readonly name?: string;
  readonly appProtocol?: string;
}

/**
 * The stored part of an ExternalName Service. The rest of the Kubernetes object is dropped on
 * arrival.
 */
export interface ServiceSpec {
  /** `namespace/name`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** `metadata.creationTimestamp`, in milliseconds since the epoch. */
  readonly createdAt: number;
  /** `spec.externalName`, unchanged. */
  readonly externalName: string;
  /** The target: lower-cased, one trailing dot removed; always queried as an absolute name. */
  readonly target: string;
  /** `spec.ports`; only the first ones if there are more than a few dozen. */
  readonly ports: readonly ServicePort[];
  readonly settings: ServiceSettings;
  /** Annotations of this monitor with an invalid value; the default applies instead. */
  readonly invalidAnnotations: readonly Annotation[];
  /** Unknown annotation keys that look like this monitor's; only the first few. */
  readonly unknownAnnotations?: readonly string[];
  /** The spec has a selector. */
  readonly hasSelector?: true;
  /** The controller that its annotations address. */
  readonly controller?: Controller;
  /**
   * The last writer of `externalName`: the field manager in `metadata.managedFields`, such as
   * `helm`.
   */
  readonly editedBy?: string;
  /** Labels of the Service that are allowed on `externalname_service_info`. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Shard `index`, counted from 0, of `total` shards that divide the Services. */
export interface Shard {
  readonly index: number;
  readonly total: number;
}

/**
 * The target of an `externalName`. DNS ignores case, and a trailing dot only marks an absolute
 * name.
 */
export function targetOf(externalName: string): string {
  return externalName.toLowerCase().replace(/\.$/, '');
}

/** The in-cluster name of a Service. */
export function aliasOf(
  spec: Pick<ServiceSpec, 'namespace' | 'name'>,
  clusterDomain: string,
): string {
  return `${spec.name}.${spec.namespace}.svc.${clusterDomain}`;
}

/** A name that exists in every cluster: the Service of its API server. */
export function controlName(clusterDomain: string): string {
  return aliasOf({ namespace: 'default', name: 'kubernetes' }, clusterDomain);
}

/** Whether `target` lies in the cluster's own zone, so that cluster DNS answers for it itself. */
export function isInZone(target: string, clusterDomain: string): boolean {
  return target === clusterDomain || target.endsWith(`.${clusterDomain}`);
}
