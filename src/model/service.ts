import { type AddressType, type Family, TYPE_OF } from './round.ts';

/** Urgency of an alert about the Service, for alert routing. */
export const SEVERITIES = ['page', 'ticket', 'none'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** The same in Prometheus: a page, a ticket, and no notification. */
export const ALERT_SEVERITIES = ['critical', 'warning', 'info'] as const;
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

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
  /** Severities of single alerts, by the alert, as `<alert>=<severity>,…`; absent unless an annotation sets it. */
  readonly alertSeverity?: string;
}

/** Settings of a Service without annotations, and the limits of annotations. */
export type DefaultSettings = Pick<ServiceSettings, 'intervalMs' | 'recordTypes'> & {
  /** The shortest interval that an annotation may set. */
  readonly minIntervalMs: number;
  /** Families that pods can use. */
  readonly families: readonly Family[];
};

/** One annotation: which setting it gives, for README.md what it may be, and how it is read. */
interface AnnotationRow<K extends keyof ServiceSettings> {
  readonly setting: K;
  readonly values: string;
  readonly fallback: string;
  /** Undefined where the text is not valid: the default is used, and the Service counted. */
  readonly read: (text: string, defaults: DefaultSettings) => ServiceSettings[K] | undefined;
  /** Without an annotation. */
  readonly usual: (defaults: DefaultSettings) => ServiceSettings[K] | undefined;
}

const row = <K extends keyof ServiceSettings>(one: AnnotationRow<K>): AnnotationRow<K> => one;

const MAX_INTERVAL_MS = 3_600_000;
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** The annotations that a Service may carry, each after the prefix. */
export const ANNOTATION_ROWS = {
  enabled: row({
    setting: 'enabled',
    values: '`true`, `false`',
    fallback: '`true`',
    read: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
    usual: () => true,
  }),
  interval: row({
    setting: 'intervalMs',
    values: '`--min-interval` (`5s`) to `1h`',
    fallback: '`--interval`',
    read: (text, { minIntervalMs }) => intervalOf(text, minIntervalMs),
    usual: ({ intervalMs }) => intervalMs,
  }),
  'record-types': row({
    setting: 'recordTypes',
    values: '`A`, `AAAA`, `A,AAAA`',
    fallback: '`--record-types`',
    read: recordTypesOf,
    usual: ({ recordTypes }) => recordTypes,
  }),
  severity: row({
    setting: 'severity',
    values: `${SEVERITIES.map((word) => `\`${word}\``).join(', ')}; shown as \`annotation_severity\` on \`externalname_service_info\`, for alert routing`,
    fallback: '',
    read: (text) => SEVERITIES.find((word) => word === text),
    usual: () => undefined,
  }),
  'alert-severity': row({
    setting: 'alertSeverity',
    values:
      'severities of single alerts, such as `ExternalNameServiceSlow=none, ExternalNameServiceUntrustedAnswer=page`; shown as `annotation_alert_severity`',
    fallback: '',
    read: alertSeverityOf,
    usual: () => undefined,
  }),
};

export type Annotation = keyof typeof ANNOTATION_ROWS;
export const ANNOTATIONS = Object.keys(ANNOTATION_ROWS) as readonly Annotation[];

/** The common prefix of the annotations. */
export const ANNOTATION_PREFIX = 'externalname-monitor/';

/** The settings that these texts give, and which of them are not valid. */
export function readSettings(
  textOf: (name: Annotation) => string | undefined,
  defaults: DefaultSettings,
): { readonly settings: ServiceSettings; readonly invalid: readonly Annotation[] } {
  const invalid: Annotation[] = [];
  const given = ANNOTATIONS.flatMap((name) => {
    const { setting, read, usual } = ANNOTATION_ROWS[name];
    const text = textOf(name);
    const value = text === undefined ? undefined : read(text.trim(), defaults);
    if (text !== undefined && value === undefined) invalid.push(name);
    const used = value ?? usual(defaults);
    return used === undefined ? [] : [[setting, used] as const];
  });
  // Each row has a value of the type of its setting, which TypeScript cannot follow through the name.
  const settings = Object.fromEntries(given) as unknown as Omit<ServiceSettings, 'families'>;
  const families = usableFamilies(defaults.families, settings.recordTypes);
  return { settings: { ...settings, families }, invalid };
}

function intervalOf(text: string, minMs: number): number | undefined {
  const [, count, unit] = /^(\d{1,6})(s|m|h)$/.exec(text) ?? [];
  if (!count || !unit) return undefined;
  const ms = Number(count) * (UNITS[unit] ?? 0);
  return ms >= minMs && ms <= MAX_INTERVAL_MS ? ms : undefined;
}

function recordTypesOf(text: string): readonly AddressType[] | undefined {
  const types = text.split(',').map((word) => word.trim());
  const known = types.filter((word): word is AddressType => word === 'A' || word === 'AAAA');
  return known.length === types.length ? [...new Set(known)] : undefined;
}

/** Enough for every alert about a Service. */
const MOST_ALERT_SEVERITIES = 20;

function alertSeverityOf(text: string): string | undefined {
  const items = text.split(',').map((item) => item.trim());
  const isValid = items.every((item) => {
    const [, severity] = /^ExternalName[A-Za-z]{1,60}=([a-z]+)$/.exec(item) ?? [];
    return SEVERITIES.some((word) => word === severity);
  });
  return isValid && items.length <= MOST_ALERT_SEVERITIES ? items.join(',') : undefined;
}

/** Families that pods can use and that are queried; if there is none, the queried families. */
function usableFamilies(
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

/** A position in a manifest. */
export interface ManifestPlace {
  readonly file: string;
  /** From 1. */
  readonly line: number;
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
