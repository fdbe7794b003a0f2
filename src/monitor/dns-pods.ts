import type { Logger } from 'pino';
import { serverOf } from '../config/values.ts';
import { type DnsPods, MOST_PODS, type ServiceName } from '../kubernetes/endpoint-slices.ts';
import type { Sink } from '../kubernetes/reflector.ts';
import type { InformerStatus, RestartReason } from '../model/informer.ts';
import type { Server } from '../model/messages.ts';
import type { Family } from '../model/round.ts';

interface Parts {
  readonly service: ServiceName;
  /** Families that the monitor can reach; for a pod with both, the first one applies. */
  readonly families: readonly Family[];
  readonly logger: Logger;
  readonly onPods: (servers: readonly Server[]) => void;
}

/** Kubernetes ─▶ worker, state: the pods of cluster DNS. */
export class DnsPodSink implements Sink<DnsPods> {
  readonly #parts: Parts;
  readonly #slices = new Map<string, DnsPods>();
  #told = '';
  #isSynced = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  upsert(slices: readonly DnsPods[]): void {
    for (const slice of slices) this.#slices.set(slice.key, slice);
    this.#tell();
  }

  gone(keys: readonly string[]): void {
    for (const key of keys) this.#slices.delete(key);
    this.#tell();
  }

  status({ synced }: InformerStatus): void {
    if (!synced || this.#isSynced) return;
    this.#isSynced = true;
    const { service, logger } = this.#parts;
    // Not an error: a cluster may run its DNS elsewhere.
    if (this.#slices.size === 0)
      logger.warn(service, 'the DNS Service has no EndpointSlices: no single pods to query');
  }

  failed(error: unknown, reason: RestartReason, retryMs: number): void {
    const why = error instanceof Error ? error.message : String(error);
    const level = reason === 'silence' ? 'debug' : 'warn';
    this.#parts.logger[level](
      { reason, why, retryMs: Math.round(retryMs) },
      'a list or watch of EndpointSlices failed, retrying',
    );
  }

  /** A pod may be in several slices while they are rebalanced; it is queried once. */
  #tell(): void {
    const { families, logger, onPods } = this.#parts;
    const byName = new Map<string, Server>();
    for (const family of families) {
      for (const slice of this.#slices.values()) {
        if (slice.family !== family) continue;
        for (const { name, address, port } of slice.pods) {
          if (!byName.has(name)) byName.set(name, serverOf(address, port));
        }
      }
    }
    const servers = [...byName.values()].sort((a, b) => (a.label < b.label ? -1 : 1));
    const asked = servers.slice(0, MOST_PODS);
    const labels = asked.map(({ label }) => label);
    if (labels.join() === this.#told) return;
    this.#told = labels.join();
    logger.info(
      { pods: labels, beyondLimit: servers.length - asked.length },
      'pods of cluster DNS',
    );
    onPods(asked);
  }
}
