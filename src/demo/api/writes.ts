/**
 * Create, update, patch and delete over HTTP, so that `curl` can change the embedded API server.
 */
import type { IncomingMessage } from 'node:http';
import type { KubeObject } from './objects.ts';
import { type Reply, refusal } from './reply.ts';
import type { ResourceRequest } from './request.ts';
import { statuses } from './status.ts';
import type { Store } from './store.ts';

const maxBodyBytes = 1 << 20;

/** Executes one write. Namespace and name of the path override those in the body. */
export async function write(
  store: Store,
  request: ResourceRequest,
  message: IncomingMessage,
): Promise<Reply> {
  try {
    return apply(store, request, await readBody(message));
  } catch (error) {
    return refusal(statuses.badRequest(String(error)));
  }
}

function apply(store: Store, request: ResourceRequest, input: Record<string, unknown>): Reply {
  const { verb, resource, namespace = '' } = request;
  const metadata = isRecord(input.metadata) ? input.metadata : {};
  const name = request.name ?? String(metadata.name ?? '');
  if (name === '') return refusal(statuses.badRequest('metadata.name: Required value'));
  const subject = { verb, plural: resource.plural, group: resource.group, namespace, name };
  const before = store.get(resource, namespace, name);
  const put = (object: Record<string, unknown>): KubeObject => {
    const given = isRecord(object.metadata) ? object.metadata : {};
    return store.apply({ ...object, kind: resource.kind, metadata: { ...given, name, namespace } });
  };
  if (verb === 'create') {
    if (before !== undefined) return refusal(statuses.alreadyExists(subject));
    return { code: 201, body: put(input) };
  }
  if (before === undefined) return refusal(statuses.notFound(subject));
  switch (verb) {
    case 'delete':
      store.remove(resource, namespace, name);
      return {
        code: 200,
        body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 200 },
      };
    case 'update': {
      const held = metadata.resourceVersion;
      if (held !== undefined && held !== before.metadata.resourceVersion) {
        return refusal(statuses.conflict(subject));
      }
      return { code: 200, body: put(input) };
    }
    case 'patch': {
      const merged = mergePatch(before, input);
      return { code: 200, body: put(isRecord(merged) ? merged : {}) };
    }
    default:
      return refusal(statuses.methodNotAllowed());
  }
}

async function readBody(message: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > maxBodyBytes) {
      throw new Error(`Cannot read the body: over ${maxBodyBytes} bytes, got ${length}`);
    }
    chunks.push(bytes);
  }
  const text = Buffer.concat(chunks).toString();
  const body: unknown = text === '' ? {} : JSON.parse(text);
  if (!isRecord(body)) throw new Error(`Cannot read the body: not an object, got ${text}`);
  return body;
}

/** RFC 7396. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const merged: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
