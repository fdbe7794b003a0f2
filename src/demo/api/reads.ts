/** Answers to GET: lists, single objects, the start of a watch, and paths without a resource. */
import type { Lists } from './list.ts';
import { type Reply, refusal } from './reply.ts';
import { isTrue, type ResourceRequest, selectorOf, type Verb } from './request.ts';
import { type Selector, SelectorError } from './selector.ts';
import { statuses } from './status.ts';
import type { Store } from './store.ts';
import type { WatchRequest } from './watch.ts';

export interface ReadContext {
  store: Store;
  lists: Lists;
  /** Minor version of Kubernetes 1. */
  minor: number;
  /** See `ApiServer.goneAs`. */
  goneAs: 'event' | 'http';
}

export function isRead(verb: Verb): boolean {
  return verb === 'list' || verb === 'watch' || verb === 'get';
}

/** `/version` and the health endpoints; 404 for any other path. */
export function answerPath(path: string, minor: number): Reply {
  if (path === '/version') {
    return { code: 200, body: { major: '1', minor: String(minor), gitVersion: `v1.${minor}.0` } };
  }
  if (['/readyz', '/livez', '/healthz'].includes(path)) return { code: 200, body: 'ok' };
  return refusal(statuses.noSuchPath());
}

/** The reply, or the watch to open. */
export function read(context: ReadContext, request: ResourceRequest): Reply | WatchRequest {
  if (request.verb === 'get') return get(context.store, request);
  let selects: Selector;
  try {
    selects = selectorOf(request, context.minor);
  } catch (error) {
    if (error instanceof SelectorError) return refusal(statuses.badRequest(error.message));
    throw error;
  }
  const asked = Number(request.query.get('resourceVersion') ?? 0);
  const current = context.store.resourceVersion;
  if (request.verb === 'list') {
    if (asked > current) return refusal(statuses.tooLarge(asked, current));
    return list(context.lists, request, selects);
  }
  if (asked > 0 && asked < context.store.compacted && context.goneAs === 'http') {
    return refusal(statuses.tooOld(asked, context.store.compacted));
  }
  return watch(request, selects);
}

function get(store: Store, request: ResourceRequest): Reply {
  const { resource, namespace = '', name = '', verb } = request;
  const object = store.get(resource, namespace, name);
  if (object !== undefined) return { code: 200, body: object };
  const { plural, group } = resource;
  return refusal(statuses.notFound({ verb, plural, group, name }));
}

function list(lists: Lists, { resource, query }: ResourceRequest, selects: Selector): Reply {
  return lists.list({
    resource,
    selects,
    selective: query.has('fieldSelector') || query.has('labelSelector'),
    limit: Number(query.get('limit') ?? 0),
    continue: query.get('continue') ?? '',
  });
}

function watch({ resource, query }: ResourceRequest, selects: Selector): WatchRequest {
  const timeoutSeconds = Number(query.get('timeoutSeconds') ?? 0);
  return {
    resource,
    selects,
    resourceVersion: query.get('resourceVersion') ?? '',
    allowBookmarks: isTrue(query.get('allowWatchBookmarks')),
    sendInitialEvents: isTrue(query.get('sendInitialEvents')),
    ...(timeoutSeconds > 0 ? { timeoutSeconds } : {}),
  };
}
