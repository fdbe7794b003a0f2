import { type AddressType, type Family, TYPE_OF } from './round.ts';

/** How urgent an alert about the Service is; for alert routing. */
export const SEVERITIES = ['page', 'ticket', 'none'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** The annotations that a Service may carry, each after `externalname-monitor/`. */
export const ANNOTATIONS = ['enabled', 'interval', 'record-types', 'severity'] as const;
export type Annotation = (typeof ANNOTATIONS)[number];

/** What all of them begin with. */
export const ANNOTATION_PREFIX = 'externalname-monitor/';

/** Controllers that read or write `spec.externalName`, by the names that people know them by. */
export const CONTROLLERS = {
  tailscale: 'Tailscale operator',
  'external-dns': 'external-dns',
} as const;
export type Controller = keyof typeof CONTROLLERS;

/** How a Service is probed, resolved once on arrival: its annotations, and the operator's options for the rest. */
export interface ServiceSettings {
  /** False: not probed, and counted as disabled. */
  readonly enabled: boolean;
  readonly intervalMs: number;
  /** Asked for on the app and target hops. */
  readonly recordTypes: readonly AddressType[];
  /** Families whose addresses make `up`: those that pods can use, as far as they are asked for; at least one. */
  readonly families: readonly Family[];
  /** Absent where no annotation gives it. */
  readonly severity?: Severity;
}

/** Settings of a Service without annotations, and the limits of annotations. */
export type DefaultSettings = Pick<ServiceSettings, 'intervalMs' | 'recordTypes'> & {
  /** The shortest interval that an annotation may ask for. */
  readonly minIntervalMs: number;
  /** Families that pods can use. */
  readonly families: readonly Family[];
};

/** Families that pods can use and that are asked for; if there is none, those that are asked for. */
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

/** A port as the spec lists it; nothing routes by it, but people and ingress controllers read it. */
export interface ServicePort {
  readonly port: number;
  readonly name?: string;
  readonly appProtocol?: string;
}

/** An ExternalName Service as we keep it: all else of the Kubernetes object is dropped on arrival. */
export interface ServiceSpec {
  /** `namespace/name`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** `metadata.creationTimestamp`, in milliseconds since the epoch. */
  readonly createdAt: number;
  /** `spec.externalName` as written. */
  readonly externalName: string;
  /** The target: lower-cased, one trailing dot removed; always queried as an absolute name. */
  readonly target: string;
  /** `spec.ports`; of more than a few dozen the first ones. */
  readonly ports: readonly ServicePort[];
  readonly settings: ServiceSettings;
  /** Annotations of ours whose value is not valid; the default is used instead. */
  readonly invalidAnnotations: readonly Annotation[];
  /** Keys of annotations that look like ours and are none; of more than a few the first ones. */
  readonly unknownAnnotations?: readonly string[];
  /** The spec has a selector. */
  readonly hasSelector?: true;
  /** Its annotations address this controller. */
  readonly controller?: Controller;
  /** Who wrote `externalName`: the field manager of `metadata.managedFields`, such as `helm`. */
  readonly editedBy?: string;
  /** Labels of the Service that are allowed on `externalname_service_info`. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Part `index`, from 0, of `total` that share the Services among them. */
export interface Shard {
  readonly index: number;
  readonly total: number;
}

/** The target of an `externalName`: DNS compares names without case, and a trailing dot only says "absolute". */
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

/** A name that every cluster has: the Service of its API server. */
export function controlName(clusterDomain: string): string {
  return aliasOf({ namespace: 'default', name: 'kubernetes' }, clusterDomain);
}

/** Whether `target` lies in the cluster's own zone, so that cluster DNS answers for it itself. */
export function isInZone(target: string, clusterDomain: string): boolean {
  return target === clusterDomain || target.endsWith(`.${clusterDomain}`);
}
