import type { KubernetesApi } from './api.ts';
import { ApiError } from './errors.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { textOf } from './list.ts';

/** A ConfigMap has at most 1 MiB of data (`MaxSecretSize`); its JSON may be longer. */
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * The texts of a ConfigMap, by key; undefined if it does not exist.
 *
 * @throws ApiError
 */
export async function getConfigMap(
  api: KubernetesApi,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>> | undefined> {
  const what = `get configmaps ${namespace}/${name}`;
  const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
  const { answerMs } = DEFAULT_LIMITS;
  try {
    const text = await api.session(signal, async (get) =>
      textOf(
        await get({ what, path, query: {}, signal, answerMs, silenceMs: answerMs }),
        MAX_BYTES,
      ),
    );
    return dataOf(text, what);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

function dataOf(text: string | undefined, what: string): Record<string, string> {
  try {
    const { data }: { data?: unknown } = JSON.parse(text ?? '');
    const entries = Object.entries(data ?? {});
    return Object.fromEntries(entries.filter(([, value]) => typeof value === 'string'));
  } catch {
    throw new ApiError('malformed', `Cannot ${what}: no object, got ${text?.slice(0, 200)}`);
  }
}
