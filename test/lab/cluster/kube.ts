import { Agent, request } from 'node:https';

/** Any Kubernetes object, in the form of a manifest. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
    readonly resourceVersion?: string;
    readonly uid?: string;
    readonly ownerReferences?: readonly object[];
  };
  readonly [field: string]: unknown;
}

/** The identity of an object: its kind and its metadata. */
export type KubeRef = Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>;

/** The address and the user of a {@link Kube} client. */
export interface KubeAccess {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
}

/** A refusal of the API server. */
export class KubeError extends Error {
  /** The HTTP status code, such as 403, 404, 409. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.name = 'KubeError';
    this.status = status;
  }
}

/**
 * A small client of the real API server for tests: objects are manifests.
 *
 * @example
 * await kube.create(externalName('db', 'db.example.test'));
 * await kube.patch(externalName('db'), { spec: { externalName: 'db2.example.test' } });
 * await kube.delete(externalName('db'));
 */
export class Kube {
  readonly #access: KubeAccess;
  readonly #agent: Agent;

  constructor(access: KubeAccess) {
    this.#access = access;
    this.#agent = new Agent({ ca: access.ca, keepAlive: true });
  }

  /** Creates an object; returns the stored object. */
  create(object: KubeObject): Promise<KubeObject> {
    return this.request('POST', collection(object), object);
  }

  /** Creates the object, or changes the existing one to match it (server-side apply). */
  apply(object: KubeObject): Promise<KubeObject> {
    const path = `${pathOf(object)}?fieldManager=test&force=true`;
    return this.request('PATCH', path, object, 'application/apply-patch+yaml');
  }

  /** The current object. */
  get(ref: KubeRef): Promise<KubeObject> {
    return this.request('GET', pathOf(ref));
  }

  /** Changes the given fields, by a JSON merge patch: `null` removes a field. */
  patch(ref: KubeRef, change: object): Promise<KubeObject> {
    return this.request('PATCH', pathOf(ref), change, 'application/merge-patch+json');
  }

  /** Replaces the object with the same name. */
  replace(object: KubeObject): Promise<KubeObject> {
    return this.request('PUT', pathOf(object), object);
  }

  /** Deletes an object. */
  async delete(ref: KubeRef): Promise<void> {
    await this.request('DELETE', pathOf(ref));
  }

  /** A token of a ServiceAccount (TokenRequest), valid for an hour. */
  async token(name: string, namespace = 'default'): Promise<string> {
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } };
    const { status } = await this.request<{ status: { token: string } }>(
      'POST',
      `${pathOf(account)}/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
    );
    return status.token;
  }

  /**
   * Sends one request with a JSON body; returns the parsed reply, or its text if it is no JSON.
   *
   * @throws {KubeError} if the reply is not a success
   */
  async request<T = KubeObject>(
    method: string,
    path: string,
    body?: object,
    contentType = 'application/json',
  ): Promise<T> {
    const { status, text } = await this.#send(method, path, body, contentType);
    if (status >= 200 && status < 300) return (text.startsWith('{') ? JSON.parse(text) : text) as T;
    throw new KubeError(`Cannot ${method} ${path}: the API server refused, got ${text}`, status);
  }

  /** Ends the client's connections. */
  close(): void {
    this.#agent.destroy();
  }

  #send(
    method: string,
    path: string,
    body: object | undefined,
    contentType: string,
  ): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${this.#access.token}`,
        ...(body && { 'content-type': contentType }),
      };
      const options = { method, headers, agent: this.#agent, timeout: 10_000 };
      const outgoing = request(new URL(path, this.#access.url), options, (reply) => {
        const chunks: Buffer[] = [];
        reply.on('data', (chunk: Buffer) => chunks.push(chunk));
        reply.on('error', reject);
        reply.on('end', () =>
          resolve({ status: reply.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        );
      });
      outgoing.on('error', reject);
      outgoing.on('timeout', () =>
        outgoing.destroy(new Error(`Cannot ${method} ${path}: no reply within 10 s`)),
      );
      outgoing.end(body && JSON.stringify(body));
    });
  }
}

/** A Service of type ExternalName; without a target, a reference to one. */
export function externalName(name: string, target = '', namespace = 'default'): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { type: 'ExternalName', externalName: target },
  };
}

export function namespace(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

function collection({ apiVersion, kind, metadata }: KubeRef): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  return `${root}${scope}/${plural(kind)}`;
}

function pathOf(ref: KubeRef): string {
  return `${collection(ref)}/${ref.metadata.name}`;
}

function plural(kind: string): string {
  const word = kind.toLowerCase();
  if (word.endsWith('y')) return `${word.slice(0, -1)}ies`;
  return word.endsWith('s') ? `${word}es` : `${word}s`;
}
