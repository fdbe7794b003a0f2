import { ApiError } from './errors.ts';
import type { KubernetesObject } from './resource.ts';

export interface ListPage {
  /** The version of the whole list, the same on each page. */
  readonly version: string;
  readonly items: readonly KubernetesObject[];
  /** Token of the next page; empty on the last page. */
  readonly next: string;
}

/** GETs a page with `limit` and `continue`; the caller adds the rest of the query. */
export type GetPage = (
  query: Readonly<Record<string, string>>,
) => Promise<AsyncIterable<Uint8Array>>;

/** The largest first page; about 1 MiB of ordinary Services. */
const PAGE = 500;
/**
 * Limit for the size of a page. Objects may have 1.5 MiB each; large objects are requested in
 * smaller pages.
 */
const MAX_PAGE_BYTES = 16 * 1024 * 1024;

/**
 * The pages of one list. The request has no resourceVersion, so the API server answers from a
 * quorum (or from a cache that is as new): a lagging API server cannot bring back deleted objects.
 * All pages show the version of the first page. If the pages take too long, one ends with 410.
 *
 * @param what for example `list services`
 * @throws ApiError for an answer that is no list
 */
export async function* pagesOf(what: string, get: GetPage, limit = PAGE): AsyncGenerator<ListPage> {
  let next = '';
  for (;;) {
    const query = { limit: String(limit), ...(next ? { continue: next } : {}) };
    const text = await textOf(await get(query), MAX_PAGE_BYTES);
    if (text === undefined && limit > 1) {
      limit = Math.max(1, limit >> 3);
      continue;
    }
    const page = pageOf(what, text ?? '');
    yield page;
    next = page.next;
    if (!next) return;
  }
}

function pageOf(what: string, text: string): ListPage {
  try {
    const { metadata, items } = JSON.parse(text) as {
      readonly metadata?: { readonly resourceVersion?: unknown; readonly continue?: unknown };
      readonly items?: unknown;
    };
    const { resourceVersion: version, continue: next = '' } = metadata ?? {};
    // Go encodes an empty list as null.
    const list: unknown = items ?? [];
    if (typeof version === 'string' && version && typeof next === 'string' && Array.isArray(list)) {
      return { version, next, items: list.filter(isObject) };
    }
  } catch {
    // Not JSON: the answer came from a proxy in front of the API server.
  }
  throw new ApiError('malformed', `Cannot ${what}: no list, got ${text.slice(0, 200)}`);
}

function isObject(item: unknown): item is KubernetesObject {
  return typeof item === 'object' && item !== null;
}

/** The whole text, or undefined if it is longer than `maxBytes`. */
export async function textOf(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBytes) return undefined;
  }
  return Buffer.concat(chunks).toString();
}
