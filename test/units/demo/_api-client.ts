/** A bare API client for tests: fetch, and a watch that keeps its events. */
import type { ApiServer } from '../../../src/demo/api/server.ts';

export interface Body {
  kind: string;
  message?: string;
  reason?: string;
  code?: number;
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  items?: {
    metadata: { name: string; resourceVersion: string };
    spec: { externalName?: string };
  }[];
}

export async function get(
  api: ApiServer,
  path: string,
  init: RequestInit = {},
): Promise<{ code: number; headers: Headers; body: Body }> {
  const response = await fetch(api.url + path, init);
  return { code: response.status, headers: response.headers, body: bodyOf(await response.json()) };
}

export function bodyOf(json: unknown): Body {
  return json as Body;
}

export function namesIn({ items = [] }: Body): string[] {
  return items.map((item) => item.metadata.name);
}

export interface Event {
  type: string;
  object: {
    kind: string;
    code?: number;
    message?: string;
    metadata: {
      name?: string;
      uid?: string;
      resourceVersion?: string;
      annotations?: Record<string, string>;
    };
    spec?: { type?: string; externalName?: string };
  };
}

/** An open watch of Services. */
export class WatchClient {
  readonly #lines: AsyncIterator<string>;
  readonly #abort: AbortController;

  private constructor(lines: AsyncIterator<string>, abort: AbortController) {
    this.#lines = lines;
    this.#abort = abort;
  }

  /** Returns once the server has answered with headers. */
  static async open(api: ApiServer, query: string): Promise<WatchClient> {
    const abort = new AbortController();
    const response = await fetch(`${api.url}/api/v1/services?watch=true&${query}`, {
      signal: abort.signal,
    });
    if (response.status !== 200) throw new Error(`Cannot watch: got ${response.status}`);
    return new WatchClient(linesOf(response), abort);
  }

  /** The next line; undefined at a clean end. Throws if the connection breaks. */
  async line(): Promise<string | undefined> {
    const { value, done } = await this.#lines.next();
    return done ? undefined : value;
  }

  async next(): Promise<Event> {
    const line = await this.line();
    if (line === undefined) throw new Error('Cannot read an event: the watch has ended');
    return JSON.parse(line) as Event;
  }

  /** The next events as `TYPE name`. */
  async take(count: number): Promise<string[]> {
    const shown: string[] = [];
    while (shown.length < count) {
      const { type, object } = await this.next();
      shown.push(`${type} ${object.metadata.name ?? ''}`.trim());
    }
    return shown;
  }

  close(): void {
    this.#abort.abort();
  }
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body ?? []) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
