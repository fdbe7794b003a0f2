import { KubeConfig } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { ApiServer, type ApiServerOptions } from '../../../src/demo/api/server.ts';
import { KubernetesApi } from '../../../src/kubernetes/api.ts';
import type { Limits } from '../../../src/kubernetes/limits.ts';
import { Reflector, type Resource, type Sink } from '../../../src/kubernetes/reflector.ts';
import type { InformerStatus, RelistReason, RestartReason } from '../../../src/model/informer.ts';
import { until } from '../../lab/cluster/until.ts';

export interface Alias {
  readonly key: string;
  readonly uid: string;
  readonly target: string;
}

/** ExternalName Services, as little of them as will do. */
export const ALIASES: Resource<Alias> = {
  path: '/api/v1/services',
  fieldSelector: 'spec.type=ExternalName',
  slim: ({ metadata, spec }) => {
    const { type, externalName } = spec as { type: string; externalName: string };
    if (type !== 'ExternalName') return undefined;
    const { namespace, name, uid = '' } = metadata ?? {};
    return { key: `${namespace}/${name}`, uid, target: externalName.toLowerCase() };
  },
};

/** Short, so that failures are over soon. */
export const HASTY: Partial<Limits> = { settledMs: 0, backoffMs: 20, longestBackoffMs: 100 };

/** A reflector at work, and what its sink has been told, folded into what it holds. */
export class Watching implements Sink<Alias> {
  readonly held = new Map<string, Alias>();
  readonly log: string[] = [];
  readonly reasons: RestartReason[] = [];
  readonly relists: RelistReason[] = [];
  readonly errors: string[] = [];
  readonly waits: number[] = [];
  readonly rejections: string[] = [];
  readonly statuses: InformerStatus[] = [];
  calls = 0;
  readonly #abort = new AbortController();
  readonly #running: Promise<void>;
  readonly #reflector: Reflector<Alias>;

  constructor(
    kubeconfig: string | KubeConfig,
    limits: Partial<Limits> = HASTY,
    resource: Resource<Alias> = ALIASES,
    sink: (self: Watching) => Sink<Alias> = (self) => self,
  ) {
    const api = new KubernetesApi(configOf(kubeconfig));
    this.#reflector = new Reflector(api, resource, sink(this), limits);
    this.#running = this.#reflector.run(this.#abort.signal);
  }

  relist(): void {
    this.#reflector.relist();
  }

  upsert(aliases: readonly Alias[], listed: boolean): void {
    this.calls++;
    for (const alias of aliases) {
      this.held.set(alias.key, alias);
      this.log.push(`${listed ? 'listed' : 'seen'} ${alias.key} ${alias.target}`);
    }
  }

  gone(keys: readonly string[]): void {
    this.calls++;
    for (const key of keys) {
      expect(this.held.delete(key)).toBe(true);
      this.log.push(`gone ${key}`);
    }
  }

  status(status: InformerStatus): void {
    this.statuses.push(status);
  }

  failed(error: unknown, reason: RestartReason, retryMs: number): void {
    this.errors.push(error instanceof Error ? error.message : String(error));
    this.reasons.push(reason);
    this.waits.push(retryMs);
  }

  relisting(reason: RelistReason): void {
    this.relists.push(reason);
  }

  rejected(key: string): void {
    this.rejections.push(key);
  }

  get now(): InformerStatus {
    return this.statuses.at(-1) ?? { synced: false, connected: false };
  }

  /** What is held, as `key target`. */
  get targets(): string[] {
    return [...this.held.values()].map(({ key, target }) => `${key} ${target}`).sort();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }
}

/** What the embedded API server holds, as `targets` has it. */
export function truth(api: ApiServer): string[] {
  return api
    .list()
    .filter(({ spec }) => spec?.type === 'ExternalName')
    .map(({ metadata, spec }) => {
      return `${metadata.namespace}/${metadata.name} ${String(spec?.externalName).toLowerCase()}`;
    })
    .sort();
}

export function configOf(kubeconfig: string | KubeConfig): KubeConfig {
  if (typeof kubeconfig !== 'string') return kubeconfig;
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  return config;
}

/** Every API server and reflector of a test, and what must hold of them at its end. */
export class Bench {
  readonly #servers: ApiServer[] = [];
  readonly #watchings: Watching[] = [];
  readonly #unhandled: unknown[] = [];
  readonly #onUnhandled = (error: unknown): void => void this.#unhandled.push(error);

  constructor() {
    for (const event of ['unhandledRejection', 'uncaughtExceptionMonitor', 'warning'])
      process.on(event, this.#onUnhandled);
  }

  async serve(options: ApiServerOptions = {}): Promise<ApiServer> {
    const api = new ApiServer(options);
    this.#servers.push(api);
    await api.start();
    return api;
  }

  watch(
    ...[api, ...rest]: [
      ApiServer | KubeConfig,
      ...(Partial<Limits> | Resource<Alias> | undefined)[],
    ]
  ): Watching {
    const [limits, resource] = rest as [Partial<Limits> | undefined, Resource<Alias> | undefined];
    const config = api instanceof ApiServer ? api.kubeconfig() : api;
    return this.add(new Watching(config, limits, resource));
  }

  add(watching: Watching): Watching {
    this.#watchings.push(watching);
    return watching;
  }

  /** Waits until there is one watch, and both of its ends know. */
  connected(api: ApiServer, watching: Watching): Promise<unknown> {
    return until('a watch', () => watching.now.connected && api.openWatches() === 1);
  }

  /** Waits until what is held is what the API server holds. */
  agreed(api: ApiServer, watching: Watching): Promise<unknown> {
    return until(
      'what the API server holds',
      () => watching.now.synced && JSON.stringify(watching.targets) === JSON.stringify(truth(api)),
    );
  }

  async end(): Promise<void> {
    await Promise.all(this.#watchings.map((watching) => watching.stop()));
    for (const watching of this.#watchings) expect(watching.now.connected).toBe(false);
    for (const api of this.#servers) {
      await until('no watch', () => api.openWatches() === 0);
      await api.stop();
      expect(api.maxOpenWatches).toBeLessThanOrEqual(1);
    }
    for (const event of ['unhandledRejection', 'uncaughtExceptionMonitor', 'warning'])
      process.off(event, this.#onUnhandled);
    expect(this.#unhandled).toEqual([]);
  }
}
