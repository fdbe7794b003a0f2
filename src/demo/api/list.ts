/** LIST: one consistent view of a resource, in pages. */
import type { KubeObject, Resource } from './objects.ts';
import { type Reply, refusal } from './reply.ts';
import type { Selector } from './selector.ts';
import { statuses } from './status.ts';
import type { Store } from './store.ts';

export interface ListRequest {
  resource: Resource;
  selects: Selector;
  /** Whether there is a label or field selector: remainingItemCount is then left out. */
  selective: boolean;
  /** 0: all objects in one page. */
  limit: number;
  /** Token of the previous page; empty for the first page. */
  continue: string;
}

interface Token {
  /** The view to continue with; absent: the current one. */
  resourceVersion?: number;
  /** Position in the selected objects. */
  start: number;
}

/** Limit for the stored views of unfinished lists. */
const maxViews = 20;

/** Serves the lists of one store. All pages of a list show the state of its first page. */
export class Lists {
  #store: Store;
  #views = new Map<string, KubeObject[]>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Expires every continue token. */
  expire(): void {
    this.#views.clear();
  }

  /** The list; 400 for an invalid token, 410 for an expired one. */
  list(request: ListRequest): Reply {
    const { resource, selects, limit } = request;
    const token = request.continue === '' ? { start: 0 } : readToken(request.continue);
    if (token === undefined) return refusal(statuses.badRequest('continue key is not valid'));
    const resourceVersion = token.resourceVersion ?? this.#store.resourceVersion;
    const view = this.#view(resource, token);
    if (view === undefined)
      return refusal(statuses.continueExpired(writeToken({ start: token.start })));
    const selected = view.filter(selects);
    const end = limit > 0 ? token.start + limit : selected.length;
    const left = Math.max(selected.length - end, 0);
    if (left > 0) this.#keep(resource, resourceVersion, view);
    const body = {
      kind: `${resource.kind}List`,
      apiVersion: resource.apiVersion,
      metadata: {
        resourceVersion: String(resourceVersion),
        ...(left > 0 ? { continue: writeToken({ resourceVersion, start: end }) } : {}),
        ...(left > 0 && !request.selective ? { remainingItemCount: left } : {}),
      },
      // Items of a typed list have no kind and apiVersion.
      items: selected
        .slice(token.start, end)
        .map(({ kind: _kind, apiVersion: _apiVersion, ...item }) => item),
    };
    return { code: 200, body };
  }

  #view(resource: Resource, token: Token): KubeObject[] | undefined {
    if (token.resourceVersion === undefined) return this.#store.list(resource);
    return this.#views.get(`${resource.plural}@${token.resourceVersion}`);
  }

  #keep(resource: Resource, resourceVersion: number, view: KubeObject[]): void {
    this.#views.set(`${resource.plural}@${resourceVersion}`, view);
    const [oldest] = this.#views.keys();
    if (this.#views.size > maxViews && oldest !== undefined) this.#views.delete(oldest);
  }
}

function writeToken(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function readToken(text: string): Token | undefined {
  try {
    const token: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return isToken(token) ? token : undefined;
  } catch {
    return undefined;
  }
}

function isToken(value: unknown): value is Token {
  return typeof value === 'object' && value !== null && 'start' in value;
}
