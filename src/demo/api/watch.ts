/** One watch: an open response to which changes are written as a line of JSON each. */
import type { ServerResponse } from 'node:http';
import type { KubeObject, Resource } from './objects.ts';
import type { Selector } from './selector.ts';
import { type Status, statuses } from './status.ts';
import { type Change, type Store, withResourceVersion } from './store.ts';

export interface WatchRequest {
  resource: Resource;
  /** Namespace, labels and fields in one. */
  selects: Selector;
  /** As asked; empty or `0` begins with what is there. */
  resourceVersion: string;
  allowBookmarks: boolean;
  /** A streaming list: what is there, then a bookmark that says so. */
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

  /** Sends the headers and what has happened since the asked resourceVersion. */
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
   * Sends a change as seen through the selector: an object that ceases to match is DELETED, with its earlier
   * content and the new resourceVersion; one that begins to match is ADDED (cache_watcher.go). A watch from a
   * resourceVersion that is yet to come is silent until then (seen at 1.36).
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

  /** Sends a bookmark, if they were asked for. */
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

  /** Sends an ERROR event with this Status, and ends. */
  fail(status: Status): void {
    this.#event('ERROR', status);
    this.close();
  }

  /** Sends a line as it is; the newline is added. */
  line(text: string): void {
    if (!this.#frozen && !this.#response.writableEnded) this.#response.write(`${text}\n`);
  }

  close(): void {
    if (!this.#frozen) this.#response.end();
  }

  reset(): void {
    this.#reset();
  }

  /** Half-open from now on: nothing more is sent, and the connection stays. */
  freeze(): void {
    this.#frozen = true;
  }

  #event(type: string, object: KubeObject | Status | object): void {
    this.line(JSON.stringify({ type, object }));
  }
}
