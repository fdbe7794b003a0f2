import {
  type DefaultSettings,
  type ServicePort,
  type ServiceSpec,
  type Shard,
  targetOf,
} from '../model/service.ts';
import { controllerOf, readAnnotations, unknownAnnotations } from './annotations.ts';
import type { KubernetesObject, Resource } from './reflector.ts';

export interface ServiceSelection {
  /** Only these namespaces; empty: all. */
  readonly namespaces: readonly string[];
  readonly excludeNamespaces: readonly string[];
  /** A label selector for the API server. */
  readonly selector?: string;
  /** Only Services of this shard, by a hash of their UIDs. */
  readonly shard: Shard;
  /** Labels to keep. */
  readonly labels: readonly string[];
  readonly defaults: DefaultSettings;
}

/** Services of type ExternalName in the chosen namespaces. */
export function externalNameServices(selection: ServiceSelection): Resource<ServiceSpec> {
  const wanted = new Set(selection.namespaces);
  const excluded = new Set(selection.excludeNamespaces);
  return {
    path: '/api/v1/services',
    fieldSelector: 'spec.type=ExternalName',
    ...(selection.selector ? { labelSelector: selection.selector } : {}),
    slim(object) {
      const namespace = object.metadata?.namespace ?? '';
      if (excluded.has(namespace) || (wanted.size > 0 && !wanted.has(namespace))) return undefined;
      if (!isOurs(object.metadata?.uid ?? '', selection.shard)) return undefined;
      return specOf(object, selection);
    },
  };
}

/** An ExternalName Service that the informer sees. */
export interface SeenService {
  readonly key: string;
  /**
   * Empty without a `spec`: for a link it does not matter whether the Service was created again.
   */
  readonly uid: string;
  /** Its target, see `targetOf`. */
  readonly target: string;
  /** Absent if the Service is outside the chosen namespaces, or in another shard. */
  readonly spec?: ServiceSpec;
}

/**
 * All ExternalName Services. Of the Services that are not chosen, only the targets are kept,
 * because the chosen Services may point to them.
 */
export function chosenAndLinks(selection: ServiceSelection): Resource<SeenService> {
  const chosen = externalNameServices(selection);
  return {
    ...chosen,
    slim(object) {
      const spec = chosen.slim(object);
      if (spec) return { key: spec.key, uid: spec.uid, target: spec.target, spec };
      const link = linkOf(object);
      return link && { key: link.key, uid: '', target: link.target };
    },
  };
}

/**
 * By UID (FNV-1a), so that no Service is in two shards. A Service that is created again may change
 * its shard.
 */
function isOurs(uid: string, { index, total }: Shard): boolean {
  if (total === 1) return true;
  let hash = 0x811c9dc5;
  for (let i = 0; i < uid.length; i++) hash = Math.imul(hash ^ uid.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % total === index;
}

/**
 * Reduces a Service to a small record; undefined if it has another type, for example after a change
 * of its type.
 */
export function specOf(
  object: KubernetesObject,
  { labels, defaults }: Pick<ServiceSelection, 'labels' | 'defaults'>,
): ServiceSpec | undefined {
  const link = linkOf(object);
  if (!link) return undefined;
  const metadata: Readonly<Record<string, unknown>> & KubernetesObject['metadata'] =
    object.metadata ?? {};
  const { annotations } = metadata;
  const { settings, invalid } = readAnnotations(annotations, defaults);
  const unknown = unknownAnnotations(annotations);
  const controller = controllerOf(annotations);
  const { ports, selector } = object.spec as { ports?: unknown; selector?: unknown };
  return {
    ...link,
    createdAt: Date.parse(String(metadata.creationTimestamp)) || 0,
    ports: portsOf(ports),
    ...editorOf(metadata.managedFields),
    settings,
    invalidAnnotations: invalid,
    ...(unknown.length > 0 ? { unknownAnnotations: unknown } : {}),
    ...(hasKeys(selector) ? { hasSelector: true as const } : {}),
    ...(controller ? { controller } : {}),
    labels: pick(metadata.labels, labels),
  };
}

function hasKeys(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/** The name of an ExternalName Service and its target; undefined for any other object. */
function linkOf({
  metadata,
  spec,
}: KubernetesObject):
  | Pick<ServiceSpec, 'key' | 'namespace' | 'name' | 'uid' | 'externalName' | 'target'>
  | undefined {
  const { type, externalName } = (spec ?? {}) as { type?: unknown; externalName?: unknown };
  const { namespace, name, uid } = metadata ?? {};
  if (type !== 'ExternalName' || typeof externalName !== 'string') return undefined;
  if (!namespace || !name || !uid) return undefined;
  const key = `${namespace}/${name}`;
  return { key, namespace, name, uid, externalName, target: targetOf(externalName) };
}

/** More are useless, because the ports have no effect. */
const MOST_PORTS = 32;
/** Longer than any port name (15) or protocol in use. */
const LONGEST_WORD = 63;
/** The common case: one array for all Services without ports. */
const NO_PORTS: readonly ServicePort[] = [];

function portsOf(ports: unknown): readonly ServicePort[] {
  if (!Array.isArray(ports) || ports.length === 0) return NO_PORTS;
  return ports.slice(0, MOST_PORTS).flatMap((entry: unknown): ServicePort[] => {
    const { port, name, appProtocol } = (entry ?? {}) as Record<string, unknown>;
    if (typeof port !== 'number') return [];
    return [
      {
        port,
        ...(isWord(name) ? { name } : {}),
        ...(isWord(appProtocol) ? { appProtocol } : {}),
      },
    ];
  });
}

function isWord(text: unknown): text is string {
  return typeof text === 'string' && text !== '' && text.length <= LONGEST_WORD;
}

/**
 * The API server's limit for the name of a field manager (`fieldManager` of apimachinery's
 * validation).
 */
const LONGEST_MANAGER = 128;

/**
 * The field manager of `spec.externalName`; if there are several, the last writer (KEP-555,
 * server-side apply).
 */
function editorOf(managedFields: unknown): { editedBy?: string } {
  if (!Array.isArray(managedFields)) return {};
  let last: { manager?: unknown; time?: unknown } | undefined;
  for (const entry of managedFields) {
    const owns = entry?.fieldsV1?.['f:spec']?.['f:externalName'] !== undefined;
    if (owns && String(entry.time ?? '') >= String(last?.time ?? '')) last = entry;
  }
  return typeof last?.manager === 'string'
    ? { editedBy: last.manager.slice(0, LONGEST_MANAGER) }
    : {};
}

function pick(all: unknown, names: readonly string[]): Record<string, string> {
  if (typeof all !== 'object' || all === null) return {};
  const found = names.flatMap((name): [string, string][] => {
    const value: unknown = Object.hasOwn(all, name) ? Reflect.get(all, name) : undefined;
    return typeof value === 'string' ? [[name, value]] : [];
  });
  return Object.fromEntries(found);
}
