import type { InformerStatus, RelistReason, RestartReason } from '../model/informer.ts';

/** An object of the API server, before it is slimmed: hostile in all but its outer shape. */
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
  /** Collection over all namespaces, as `/api/v1/services`. */
  readonly path: string;
  /** Tried first; API servers that do not know it are asked for everything. */
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** Our own small record, or undefined for an object that we do not want: it then counts as gone. */
  readonly slim: (object: KubernetesObject) => T | undefined;
}

/** What a resource is slimmed to: `key` is `namespace/name`; the rest is compared to see what has changed. */
export interface Slim {
  readonly key: string;
  readonly uid: string;
}

/** Gets everything, and only what changes. What it throws is reported to `failed`. */
export interface Sink<T> {
  /** `listed`: found by the first list, so it may have existed for long; else seen being created or edited. */
  upsert(items: readonly T[], listed: boolean): void;
  /** By `namespace/name`. A Service that was deleted and made again is gone first, then new. */
  gone(keys: readonly string[]): void;
  status(status: InformerStatus): void;
  /** A list or watch failed and will be retried. */
  failed(error: unknown, reason: RestartReason, retryMs: number): void;
  /** Everything is listed again. */
  relisting?(reason: RelistReason): void;
  /** `slim` threw: the object counts as gone. */
  rejected?(key: string, error: unknown): void;
}

/** The identity of an object: `namespace/name`. */
export function keyOf(object: KubernetesObject): string {
  return `${object.metadata?.namespace}/${object.metadata?.name}`;
}

/** As RBAC names it: `services`, `endpointslices.discovery.k8s.io`. */
export function nameOf({ path }: Pick<Resource<unknown>, 'path'>): string {
  const [root, group, , plural] = path.split('/').slice(1);
  return root === 'apis' ? `${plural}.${group}` : (path.split('/').at(-1) ?? path);
}
