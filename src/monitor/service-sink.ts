import type { Logger } from 'pino';
import type { Sink } from '../kubernetes/reflector.ts';
import type { SeenService } from '../kubernetes/services.ts';
import type { MonitorMetrics } from '../metrics/monitor.ts';
import type { InformerStatus, RelistReason, RestartReason } from '../model/informer.ts';
import type { ServiceSpec } from '../model/service.ts';
import { steadyNow } from '../model/time.ts';
import type { ProbeClient } from '../probe/client.ts';
import type { Admission, Admitted } from '../state/admission.ts';
import type { Store } from '../state/store.ts';

interface Parts {
  readonly admission: Admission;
  /** The target of each Service that the informer sees, for the store: about 240 bytes each. */
  readonly links: Map<string, string>;
  readonly store: Store;
  readonly worker: ProbeClient;
  readonly metrics: MonitorMetrics;
  readonly logger: Logger;
  readonly convergenceDeadlineMs: number;
}

/**
 * Kubernetes ─▶ state ─▶ worker: Services from the informer pass admission into both, and their
 * aliases go into the links.
 */
export class ServiceSink implements Sink<SeenService> {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  upsert(services: readonly SeenService[], listed: boolean): void {
    const { admission, links, metrics, logger } = this.#parts;
    for (const { key, target } of services) links.set(key, target);
    const specs = services.flatMap(({ spec }) => spec ?? []);
    if (specs.length === 0) return;
    for (const { namespace, name: service, invalidAnnotations } of specs) {
      if (invalidAnnotations.length === 0) continue;
      logger.warn(
        { namespace, service, invalidAnnotations },
        'annotations with a bad value: the defaults are used',
      );
    }
    this.#carryOut(admission.apply({ seen: specs }), listed);
    metrics.informerEvent('upsert', specs.length);
  }

  gone(all: readonly string[]): void {
    const { admission, links, metrics } = this.#parts;
    for (const key of all) links.delete(key);
    const keys = all.filter((key) => admission.knows(key));
    if (keys.length === 0) return;
    // The Services that are admitted in their place have existed for a long time.
    this.#carryOut(admission.apply({ gone: keys }), true);
    metrics.informerEvent('gone', keys.length);
  }

  status(status: InformerStatus): void {
    const { store, worker, metrics, logger } = this.#parts;
    if (status.synced && !store.informer.synced) {
      logger.info({ services: store.records.size }, 'first list complete');
    }
    worker.again(store.informerChanged(status));
    metrics.informer(status);
  }

  failed(error: unknown, reason: RestartReason, retryMs: number): void {
    const { metrics, logger } = this.#parts;
    metrics.informerRestart(reason);
    const why = error instanceof Error ? error.message : String(error);
    // A quiet cluster delivers no events, so its watch is renewed every few minutes.
    const level = reason === 'silence' ? 'debug' : 'warn';
    logger[level](
      { reason, why, retryMs: Math.round(retryMs) },
      'a list or watch of Services failed, retrying',
    );
  }

  relisting(reason: RelistReason): void {
    const { metrics, logger } = this.#parts;
    metrics.informerRelist(reason);
    const level = reason === 'doubt' || reason === 'periodic' ? 'debug' : 'info';
    logger[level]({ reason }, 'listing all Services again');
  }

  rejected(key: string, error: unknown): void {
    this.#parts.logger.error({ key, err: error }, 'a Service could not be read and is left out');
  }

  #logEdit({ key, uid, namespace, name: service, externalName, editedBy }: ServiceSpec): void {
    const old = this.#parts.store.records.get(key)?.spec;
    if (old?.uid !== uid || old.externalName === externalName) return;
    const edit = { namespace, service, from: old.externalName, externalName, editedBy };
    this.#parts.logger.info(edit, 'externalName edited');
  }

  #carryOut({ watch, unwatch }: Admitted, listed: boolean): void {
    const { store, worker, metrics, admission } = this.#parts;
    const now = steadyNow();
    for (const key of unwatch) store.gone(key, now);
    // A Service that was created just before the first list is as new to cluster DNS as one with an
    // observed creation.
    const { convergenceDeadlineMs } = this.#parts;
    const wallNow = Date.now();
    const isNew = ({ createdAt }: ServiceSpec): boolean =>
      wallNow - createdAt < convergenceDeadlineMs;
    for (const spec of watch) {
      this.#logEdit(spec);
      store.seen(spec, !listed || isNew(spec), now);
    }
    // Services that cluster DNS may not serve yet are queried with care. The worker detects edited
    // targets itself.
    const isFresh = (spec: ServiceSpec): boolean => !listed || isNew(spec);
    if (unwatch.length > 0) worker.unwatch(unwatch);
    worker.watch(
      watch.filter((spec) => !isFresh(spec)),
      'known',
    );
    worker.watch(watch.filter(isFresh), listed ? 'listed' : 'fresh');
    metrics.services(store.records.size, admission);
  }
}
