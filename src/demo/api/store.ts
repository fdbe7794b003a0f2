/**
 * Objects, their resourceVersion and the bounded log of their changes: etcd and watch cache in one.
 */
import { randomUUID } from 'node:crypto';
import { type KubeObject, type ObjectInput, type Resource, resourceOfKind } from './objects.ts';

/** One change. `before` is absent on a creation, `after` on a deletion. */
export interface Change {
  plural: string;
  resourceVersion: number;
  before?: KubeObject;
  after?: KubeObject;
}

/** The input of `restore`. */
export interface Backup {
  resourceVersion: number;
  objects: ReadonlyMap<string, KubeObject>;
}

export class Store {
  /**
   * The version of the latest change. It starts well above 0, like in a cluster that has run for a
   * while.
   */
  resourceVersion = 1000;
  /** Changes up to and including this version are forgotten. */
  compacted = 1000;
  #objects = new Map<string, KubeObject>();
  #log: Change[] = [];
  #keepChanges: number;
  #listeners = new Set<(change: Change) => void>();

  constructor(keepChanges: number) {
    this.#keepChanges = keepChanges;
  }

  /** Creates or replaces an object. An unchanged object is written again as well. */
  apply(input: ObjectInput): KubeObject {
    const { kind = 'Service', ...rest } = input;
    const resource = resourceOfKind(kind);
    const key = keyOf(resource, input.metadata.namespace, input.metadata.name);
    const before = this.#objects.get(key);
    const resourceVersion = this.resourceVersion + 1;
    const after: KubeObject = {
      ...rest,
      apiVersion: resource.apiVersion,
      kind,
      metadata: {
        ...input.metadata,
        uid: before?.metadata.uid ?? randomUUID(),
        resourceVersion: String(resourceVersion),
        creationTimestamp: before?.metadata.creationTimestamp ?? timestamp(new Date()),
      },
    };
    this.#objects.set(key, after);
    this.#append({
      plural: resource.plural,
      resourceVersion,
      after,
      ...(before === undefined ? {} : { before }),
    });
    return after;
  }

  /** Returns the removed object, with the resourceVersion of the deletion. */
  remove(resource: Resource, namespace: string, name: string): KubeObject | undefined {
    const key = keyOf(resource, namespace, name);
    const before = this.#objects.get(key);
    if (before === undefined) return undefined;
    this.#objects.delete(key);
    const resourceVersion = this.resourceVersion + 1;
    this.#append({ plural: resource.plural, resourceVersion, before });
    return withResourceVersion(before, resourceVersion);
  }

  get(resource: Resource, namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(keyOf(resource, namespace, name));
  }

  /** In the order of etcd's keys: by namespace, then name. */
  list(resource: Resource, namespace?: string): KubeObject[] {
    const prefix = `${resource.plural}/${namespace === undefined ? '' : `${namespace}/`}`;
    return [...this.#objects]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);
  }

  /** The changes after a resourceVersion, oldest first. Undefined if some of them are forgotten. */
  changesSince(resourceVersion: number): readonly Change[] | undefined {
    if (resourceVersion < this.compacted) return undefined;
    return this.#log.filter((change) => change.resourceVersion > resourceVersion);
  }

  /**
   * Forgets all changes so far. The version increases, so that every earlier version is expired.
   */
  compact(): void {
    this.resourceVersion++;
    this.#log = [];
    this.compacted = this.resourceVersion;
  }

  backup(): Backup {
    return { resourceVersion: this.resourceVersion, objects: new Map(this.#objects) };
  }

  /** Restores objects and resourceVersion from a backup, like a restore of etcd from a snapshot. */
  restore(backup: Backup): void {
    this.resourceVersion = backup.resourceVersion;
    this.compacted = backup.resourceVersion;
    this.#objects = new Map(backup.objects);
    this.#log = [];
  }

  /** Returns a function that ends it. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #append(change: Change): void {
    this.resourceVersion = change.resourceVersion;
    this.#log.push(change);
    if (this.#log.length > this.#keepChanges) {
      this.compacted = this.#log.shift()?.resourceVersion ?? this.compacted;
    }
    for (const listener of this.#listeners) listener(change);
  }
}

/** A copy of the object with another resourceVersion. */
export function withResourceVersion(object: KubeObject, resourceVersion: number): KubeObject {
  const metadata = { ...object.metadata, resourceVersion: String(resourceVersion) };
  return { ...object, metadata };
}

function keyOf(resource: Resource, namespace: string, name: string): string {
  return `${resource.plural}/${namespace}/${name}`;
}

/** Kubernetes writes times in whole seconds. */
function timestamp(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}
