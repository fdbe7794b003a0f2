/** Parses the method and URL of a request to the API server. */
import { type KubeObject, type Resource, resources } from './objects.ts';
import { fieldSelector, labelSelector, type Selector } from './selector.ts';

export type Verb = 'list' | 'watch' | 'get' | 'create' | 'update' | 'patch' | 'delete';

export interface ResourceRequest {
  verb: Verb;
  resource: Resource;
  namespace?: string;
  name?: string;
  query: URLSearchParams;
}

/** Without verb: the method does not fit the path. */
export type ParsedRequest = Omit<ResourceRequest, 'verb'> & { verb?: Verb };

/** Undefined if the path belongs to no served resource. */
export function readRequest(method: string, url: URL): ParsedRequest | undefined {
  for (const resource of resources) {
    if (!url.pathname.startsWith(`${resource.root}/`)) continue;
    const path = url.pathname
      .slice(resource.root.length + 1)
      .split('/')
      .map(decodeURIComponent);
    const scoped = path[0] === 'namespaces' && path.length > 2;
    const namespace = scoped ? path[1] : undefined;
    const [plural, name, ...more] = scoped ? path.slice(2) : path;
    if (plural !== resource.plural || more.length > 0) continue;
    const verb = verbOf(method, name, namespace, url.searchParams);
    return {
      resource,
      ...(verb === undefined ? {} : { verb }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
      query: url.searchParams,
    };
  }
  return undefined;
}

function verbOf(
  method: string,
  name: string | undefined,
  namespace: string | undefined,
  query: URLSearchParams,
): Verb | undefined {
  if (name === undefined) {
    if (method === 'GET') return isTrue(query.get('watch')) ? 'watch' : 'list';
    return method === 'POST' && namespace !== undefined ? 'create' : undefined;
  }
  if (namespace === undefined) return undefined;
  const verbs: Record<string, Verb> = {
    GET: 'get',
    PUT: 'update',
    PATCH: 'patch',
    DELETE: 'delete',
  };
  return verbs[method];
}

/** Parses a boolean of a query by the rules of Kubernetes. */
export function isTrue(value: string | null): boolean {
  return value !== null && !['', '0', 'false'].includes(value);
}

/**
 * Namespace, labels and fields in one selector.
 *
 * @throws SelectorError
 */
export function selectorOf(
  { resource, namespace, query }: ResourceRequest,
  minor: number,
): Selector {
  const fields = fieldSelector(query.get('fieldSelector') ?? '', resource, minor);
  const labels = labelSelector(query.get('labelSelector') ?? '');
  return (object: KubeObject) =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    fields(object) &&
    labels(object);
}
