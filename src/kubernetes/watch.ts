import { ApiError, refused } from './errors.ts';
import { linesOf } from './lines.ts';
import { type KubernetesObject, keyOf } from './resource.ts';

/** Events that arrived together. Only the last state of each object matters. */
export interface Batch {
  /** The version to continue from once the events are applied. */
  readonly version: string;
  /** By key; undefined for a deleted one. */
  readonly objects: ReadonlyMap<string, KubernetesObject | undefined>;
}

interface WatchEvent {
  readonly type?: unknown;
  readonly object?: KubernetesObject & { readonly code?: unknown };
}

/**
 * The events of a watch, in batches of events that arrived together, so that thousands of events a
 * second cost the sink little. A batch with an unusable event is dropped as a whole: its events
 * come again.
 *
 * @param what for example `watch services`
 * @throws ApiError for an ERROR event, and for a line that is no event
 */
export async function* batchesOf(
  body: AsyncIterable<Uint8Array>,
  what: string,
): AsyncGenerator<Batch> {
  for await (const lines of linesOf(body)) {
    const objects = new Map<string, KubernetesObject | undefined>();
    let version = '';
    for (const line of lines) {
      const { type, object } = eventOf(line, what);
      version = object.metadata.resourceVersion;
      if (type !== 'BOOKMARK') objects.set(keyOf(object), type === 'DELETED' ? undefined : object);
    }
    yield { version, objects };
  }
}

type Versioned = KubernetesObject & { readonly metadata: { readonly resourceVersion: string } };

function eventOf(line: string, what: string): { type: string; object: Versioned } {
  const { type, object } = parse(line) ?? {};
  if (type === 'ERROR') throw refused(what, Number(object?.code) || 500, JSON.stringify(object));
  const isKnown =
    type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK';
  // An event of an unknown type may mean a change; a new list finds it.
  if (!isKnown || !hasVersion(object))
    throw new ApiError('malformed', `Cannot ${what}: no watch event, got ${line.slice(0, 200)}`);
  return { type, object };
}

function parse(line: string): WatchEvent | null {
  try {
    return JSON.parse(line) as WatchEvent | null;
  } catch {
    return null;
  }
}

function hasVersion(object: KubernetesObject | undefined): object is Versioned {
  const version = object?.metadata?.resourceVersion;
  return typeof version === 'string' && version !== '';
}
