import { isDeepStrictEqual } from 'node:util';
import { type KubernetesObject, keyOf, type Resource, type Sink, type Slim } from './resource.ts';

/**
 * What the sink knows, and so what is news to it. Contents are compared and not
 * resourceVersions: those say nothing after etcd was restored from a backup, and most edits of an
 * object do not touch what we keep of it.
 */
export class Holdings<T extends Slim> {
  readonly #resource: Resource<T>;
  readonly #sink: Sink<T>;
  /** Gets what the sink throws. */
  readonly #report: (error: unknown) => void;
  readonly #held = new Map<string, T>();
  /** What the watch has changed since the list under way began: the list may be older. */
  #watched: Set<string> | undefined;

  constructor(resource: Resource<T>, sink: Sink<T>, report: (error: unknown) => void) {
    this.#resource = resource;
    this.#sink = sink;
    this.#report = report;
  }

  /** Objects as the watch shows them, by key; undefined where there is none any more. */
  watched(objects: ReadonlyMap<string, KubernetesObject | undefined>): void {
    for (const key of objects.keys()) this.#watched?.add(key);
    this.#apply(objects, false);
  }

  /**
   * Applies the pages of a list, and drops what is in none of them. The watch may go on meanwhile: what it has
   * changed since the list began stays, since the list may be older. Returns whether the list has changed anything.
   * There is one list at a time. `isFirst`: what it has may have existed for long.
   */
  async listed(
    pages: AsyncIterable<readonly KubernetesObject[]>,
    isFirst: boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    const watched = new Set<string>();
    this.#watched = watched;
    const keys = new Set<string>();
    let hasChanged = false;
    try {
      for await (const items of pages) {
        signal.throwIfAborted();
        const objects = new Map(items.map((object) => [keyOf(object), object]));
        for (const key of objects.keys()) keys.add(key);
        for (const key of watched) objects.delete(key);
        hasChanged = this.#apply(objects, isFirst) || hasChanged;
      }
      signal.throwIfAborted();
      const gone = [...this.#held.keys()].filter((key) => !keys.has(key) && !watched.has(key));
      return this.#apply(new Map(gone.map((key) => [key, undefined])), false) || hasChanged;
    } finally {
      if (this.#watched === watched) this.#watched = undefined;
    }
  }

  /** Returns whether this was news. */
  #apply(objects: ReadonlyMap<string, KubernetesObject | undefined>, listed: boolean): boolean {
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
    return gone.length > 0 || news.length > 0;
  }

  /**
   * What the sink throws at does not keep the rest from it, nor stop the watch. It is held only once
   * the sink has taken it, and so is given again after the next list.
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
