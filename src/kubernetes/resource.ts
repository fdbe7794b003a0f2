import type { InformerStatus, RelistReason, RestartReason } from '../model/informer.ts';

/**
 * An object of the API server before it is reduced to a record: untrusted, except for its outer
 * shape.
 */
export interface KubernetesObject {
  readonly metadata?: {
    readonly namespace?: string;
    readonly name?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly creationTimestamp?: string;
  };
  readonly [field: string]: unknown;
}

export interface Resource<T> {
  /** The collection over all namespaces, such as `/api/v1/services`. */
  readonly path: string;
  /** Tried first; without support by the API server, all objects are requested. */
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /**
   * Reduces an object to a small record; undefined for an object that is not wanted, which then
   * counts as deleted.
   */
  readonly slim: (object: KubernetesObject) => T | undefined;
}

/**
 * The small record of an object: `key` is `namespace/name`; the other fields are compared to detect
 * changes.
 */
export interface Slim {
  readonly key: string;
  readonly uid: string;
}

/** Receives all objects at first, and then only changes. Its errors are reported to `failed`. */
export interface Sink<T> {
  /**
   * `listed`: found by the first list, so it may have existed for a long time; else its creation or
   * edit was seen.
   */
  upsert(items: readonly T[], listed: boolean): void;
  /**
   * By `namespace/name`. A Service that was deleted and created again is first deleted, then new.
   */
  gone(keys: readonly string[]): void;
  status(status: InformerStatus): void;
  /** A list or watch failed and will be retried. */
  failed(error: unknown, reason: RestartReason, retryMs: number): void;
  /** All objects are listed again. */
  relisting?(reason: RelistReason): void;
  /** `slim` threw an error: the object counts as deleted. */
  rejected?(key: string, error: unknown): void;
}

/** The identity of an object: `namespace/name`. */
export function keyOf(object: KubernetesObject): string {
  return `${object.metadata?.namespace}/${object.metadata?.name}`;
}

/** The name in RBAC rules: `services`, `endpointslices.discovery.k8s.io`. */
export function nameOf({ path }: Pick<Resource<unknown>, 'path'>): string {
  const [root, group, , plural] = path.split('/').slice(1);
  return root === 'apis' ? `${plural}.${group}` : (path.split('/').at(-1) ?? path);
}
