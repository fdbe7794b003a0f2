/** One watch: an open response that receives one line of JSON per change. */
import type { ServerResponse } from 'node:http';
import type { KubeObject, Resource } from './objects.ts';
import type { Selector } from './selector.ts';
import { type Status, statuses } from './status.ts';
import { type Change, type Store, withResourceVersion } from './store.ts';

export interface WatchRequest {
  resource: Resource;
  /** Namespace, labels and fields in one selector. */
  selects: Selector;
  /** As requested; empty or `0` starts with the existing objects. */
  resourceVersion: string;
  allowBookmarks: boolean;
  /** A streaming list: the existing objects, then a bookmark that marks their end. */
  sendInitialEvents: boolean;
  timeoutSeconds?: number;
}

export class Watch {
  readonly request: WatchRequest;
  #response: ServerResponse;
  #reset: () => void;
  #frozen = false;
  #timeout: NodeJS.Timeout | undefined;

  /** `reset` must break the connection with a TCP RST. */
  constructor(request: WatchRequest, response: ServerResponse, reset: () => void) {
    this.request = request;
    this.#response = response;
    this.#reset = reset;
  }

  /** Sends the headers, and the changes since the requested resourceVersion. */
  begin(store: Store): void {
    const { resource, resourceVersion, sendInitialEvents, timeoutSeconds } = this.request;
    this.#response.writeHead(200, { 'content-type': 'application/json' });
    this.#response.flushHeaders();
    if (resourceVersion === '' || resourceVersion === '0' || sendInitialEvents) {
      for (const object of store.list(resource).filter(this.request.selects)) {
        this.#event('ADDED', object);
      }
      if (sendInitialEvents) {
        this.bookmark(store.resourceVersion, { 'k8s.io/initial-events-end': 'true' });
      }
    } else {
      const changes = store.changesSince(Number(resourceVersion));
      if (changes === undefined) {
        this.fail(statuses.tooOld(Number(resourceVersion), store.compacted));
        return;
      }
      for (const change of changes) this.change(change);
    }
    if (timeoutSeconds !== undefined) {
      this.#timeout = setTimeout(() => this.close(), timeoutSeconds * 1000);
      this.#response.on('close', () => clearTimeout(this.#timeout));
    }
  }

  /**
   * Sends a change as seen through the selector. An object that no longer matches is DELETED, with
   * its earlier content and the new resourceVersion; one that begins to match is ADDED
   * (cache_watcher.go). A watch from a future resourceVersion is silent until that version is
   * reached (observed with 1.36).
   */
  change(change: Change): void {
    const { resource, selects, resourceVersion } = this.request;
    if (change.plural !== resource.plural) return;
    if (change.resourceVersion <= Number(resourceVersion)) return;
    const before = change.before && selects(change.before) ? change.before : undefined;
    const after = change.after && selects(change.after) ? change.after : undefined;
    if (after !== undefined) this.#event(before === undefined ? 'ADDED' : 'MODIFIED', after);
    else if (before !== undefined) {
      this.#event('DELETED', withResourceVersion(before, change.resourceVersion));
    }
  }

  /** Sends a bookmark, if the client requested bookmarks. */
  bookmark(resourceVersion: number, annotations?: Record<string, string>): void {
    if (!this.request.allowBookmarks || resourceVersion < Number(this.request.resourceVersion))
      return;
    const { kind, apiVersion } = this.request.resource;
    const metadata = {
      resourceVersion: String(resourceVersion),
      creationTimestamp: null,
      ...(annotations === undefined ? {} : { annotations }),
    };
    this.#event('BOOKMARK', { kind, apiVersion, metadata });
  }

  /** Sends an ERROR event with this Status, and ends the watch. */
  fail(status: Status): void {
    this.#event('ERROR', status);
    this.close();
  }

  /** Sends a line unchanged, and adds the newline. */
  line(text: string): void {
    if (!this.#frozen && !this.#response.writableEnded) this.#response.write(`${text}\n`);
  }

  close(): void {
    if (!this.#frozen) this.#response.end();
  }

  reset(): void {
    this.#reset();
  }

  /** Makes the watch half-open: no more data is sent, and the connection stays. */
  freeze(): void {
    this.#frozen = true;
  }

  #event(type: string, object: KubeObject | Status | object): void {
    this.line(JSON.stringify({ type, object }));
  }
}
