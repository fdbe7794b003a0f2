import type { ServiceSpec } from '../model/service.ts';
import type { Get, KubernetesApi } from './api.ts';
import { ApiError } from './errors.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { pagesOf, textOf } from './list.ts';
import { nameOf, type Resource } from './resource.ts';
import { externalNameServices, type ServiceSelection } from './services.ts';

/** A Service is far smaller; objects may have 1.5 MiB. */
const MAX_OBJECT_BYTES = 4 * 1024 * 1024;

/**
 * The current ExternalName Services. If namespaces are chosen, each one is listed separately, which
 * needs no rights beyond them.
 *
 * @throws ApiError
 */
export async function listServices(
  api: KubernetesApi,
  selection: ServiceSelection,
  signal: AbortSignal,
): Promise<ServiceSpec[]> {
  const resource = externalNameServices(selection);
  const { namespaces } = selection;
  const paths = namespaces.map((namespace) => pathOf(namespace));
  return api.session(signal, async (get) => {
    const found: ServiceSpec[] = [];
    for (const path of paths.length > 0 ? paths : [resource.path])
      found.push(...(await listOne(get, { ...resource, path }, signal)));
    return found;
  });
}

/**
 * The Services with these names, by `namespace/name`; undefined for one that does not exist or has
 * another type.
 *
 * @throws ApiError
 */
export async function getServices(
  api: KubernetesApi,
  names: readonly { readonly namespace: string; readonly name: string }[],
  selection: ServiceSelection,
  signal: AbortSignal,
): Promise<Map<string, ServiceSpec | undefined>> {
  const { slim } = externalNameServices(selection);
  return api.session(signal, async (get) => {
    const found = new Map<string, ServiceSpec | undefined>();
    for (const { namespace, name } of names) {
      const text = await getOne(get, `${pathOf(namespace)}/${name}`, signal);
      found.set(`${namespace}/${name}`, text === undefined ? undefined : slim(JSON.parse(text)));
    }
    return found;
  });
}

async function listOne(
  get: Get,
  resource: Resource<ServiceSpec>,
  signal: AbortSignal,
): Promise<ServiceSpec[]> {
  const { path, labelSelector, fieldSelector, slim } = resource;
  const selectors = {
    ...(labelSelector ? { labelSelector } : {}),
    ...(fieldSelector ? { fieldSelector } : {}),
  };
  const what = `list ${nameOf(resource)}`;
  const found: ServiceSpec[] = [];
  try {
    const pages = pagesOf(what, (query) =>
      get({ what, path, query: { ...query, ...selectors }, signal, ...limits() }),
    );
    for await (const { items } of pages) found.push(...items.flatMap((item) => slim(item) ?? []));
    return found;
  } catch (error) {
    // API servers before Kubernetes 1.31 do not support the field.
    if (!(error instanceof ApiError) || error.status !== 400 || !fieldSelector) throw error;
    const { fieldSelector: _unknown, ...rest } = resource;
    return listOne(get, rest, signal);
  }
}

/** Undefined if the object does not exist. */
async function getOne(get: Get, path: string, signal: AbortSignal): Promise<string | undefined> {
  const what = 'get services';
  try {
    const text = await textOf(
      await get({ what, path, query: {}, signal, ...limits() }),
      MAX_OBJECT_BYTES,
    );
    if (text?.startsWith('{')) return text;
    throw new ApiError('malformed', `Cannot ${what}: no object, got ${text?.slice(0, 200)}`);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

function limits(): { answerMs: number; silenceMs: number } {
  const { answerMs } = DEFAULT_LIMITS;
  return { answerMs, silenceMs: answerMs };
}

function pathOf(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/services`;
}
