import { isDeepStrictEqual } from 'node:util';
import { type KubernetesObject, keyOf, type Resource, type Sink, type Slim } from './resource.ts';

/**
 * The objects that the sink knows, used to detect changes. Contents are compared, not
 * resourceVersions: resourceVersions prove nothing after a restore of etcd, and most edits of an
 * object change no field that is kept.
 */
export class Holdings<T extends Slim> {
  readonly #resource: Resource<T>;
  readonly #sink: Sink<T>;
  /** Receives errors of the sink. */
  readonly #report: (error: unknown) => void;
  readonly #held = new Map<string, T>();
  /**
   * Keys that the watch has changed since the current list began, because the list may be older.
   */
  #watched: Set<string> | undefined;

  constructor(resource: Resource<T>, sink: Sink<T>, report: (error: unknown) => void) {
    this.#resource = resource;
    this.#sink = sink;
    this.#report = report;
  }

  /** Applies objects from the watch, by key; undefined for a deleted object. */
  watched(objects: ReadonlyMap<string, KubernetesObject | undefined>): void {
    for (const key of objects.keys()) this.#watched?.add(key);
    this.#apply(objects, false);
  }

  /**
   * Applies the pages of a list, and drops all objects that are in none of them. The watch may run
   * at the same time: its changes since the start of the list stay, because the list may be older.
   * Only one list runs at a time. Returns whether the list has changed anything. `isFirst`: the
   * objects may have existed for a long time.
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

  /** Returns whether anything changed. */
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
   * An error of the sink stops neither the other items nor the watch. An item counts as known only
   * once the sink has accepted it, so a failed item is passed again after the next list.
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
