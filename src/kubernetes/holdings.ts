import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject, Resource, Sink, Slim } from './resource.ts';

/**
 * What the sink has been told, and so what is news to it. Contents are compared and not
 * resourceVersions: those say nothing after etcd was restored from a backup, and most edits of an
 * object do not touch what we keep of it.
 */
export class Holdings<T extends Slim> {
  readonly #resource: Resource<T>;
  readonly #sink: Sink<T>;
  /** Told of what the sink throws. */
  readonly #report: (error: unknown) => void;
  readonly #held = new Map<string, T>();

  constructor(resource: Resource<T>, sink: Sink<T>, report: (error: unknown) => void) {
    this.#resource = resource;
    this.#sink = sink;
    this.#report = report;
  }

  /** Objects as they now are, by key; undefined where there is none any more. */
  apply(objects: ReadonlyMap<string, KubernetesObject | undefined>, listed: boolean): void {
    const gone: string[] = [];
    const news: T[] = [];
    for (const [key, object] of objects) {
      const held = this.#held.get(key);
      const item = object && this.#slim(key, object);
      if (held && held.uid !== item?.uid) gone.push(key);
      if (item && !isDeepStrictEqual(item, held)) news.push(item);
    }
    this.#tell(gone, (keys) => {
      this.#sink.gone(keys);
      for (const key of keys) this.#held.delete(key);
    });
    this.#tell(news, (items) => {
      this.#sink.upsert(items, listed);
      for (const item of items) this.#held.set(item.key, item);
    });
  }

  /** Drops all but these. */
  retain(keys: ReadonlySet<string>): void {
    const gone = [...this.#held.keys()].filter((key) => !keys.has(key));
    this.apply(new Map(gone.map((key) => [key, undefined])), false);
  }

  /**
   * What the sink throws at does not keep the rest from it, nor stop the watch. It is held only once
   * the sink has taken it, and so is told again after the next list.
   */
  #tell<I>(items: readonly I[], tell: (items: readonly I[]) => void): void {
    if (items.length === 0) return;
    try {
      tell(items);
    } catch (error) {
      if (items.length === 1) this.#report(error);
      else for (const item of items) this.#tell([item], tell);
    }
  }

  #slim(key: string, object: KubernetesObject): T | undefined {
    try {
      return this.#resource.slim(object);
    } catch (error) {
      this.#sink.rejected?.(key, error);
      return undefined;
    }
  }
}
