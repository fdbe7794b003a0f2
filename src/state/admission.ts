import type { Annotation, ServiceSpec } from '../model/service.ts';
import { type Claim, fairShares } from './fair-shares.ts';

/** Changes of Services that are known at once: a list, or events of a watch. What is gone was there before. */
export interface ServiceChanges {
  readonly gone?: readonly string[];
  readonly seen?: readonly ServiceSpec[];
}

/** The net change of what is watched. No Service is in both. */
export interface Admitted {
  /** Watch these, or go on with their new spec. */
  readonly watch: readonly ServiceSpec[];
  /** No longer watch these, by `namespace/name`. */
  readonly unwatch: readonly string[];
}

/** Why a Service that exists is not watched. */
export const DROP_REASONS = {
  max_services: 'there are more ExternalName Services than --max-services',
} as const;

export type DropReason = keyof typeof DROP_REASONS;

/** The change of a batch, as it is being made. */
interface Net {
  readonly watch: Map<string, ServiceSpec>;
  readonly unwatch: Set<string>;
}

/** Its Services that are to be watched, by key. */
class Namespace implements Claim {
  readonly name: string;
  readonly watched = new Map<string, ServiceSpec>();
  readonly dropped = new Map<string, ServiceSpec>();

  constructor(name: string) {
    this.name = name;
  }

  get has(): number {
    return this.watched.size;
  }

  get wanted(): number {
    return this.watched.size + this.dropped.size;
  }
}

/**
 * Decides which Services are watched: not those whose annotation says no, and no more than the cap. Beyond it
 * namespaces have fair shares, and within one the oldest Services go first. What is watched stays watched, unless
 * its namespace has more than its share and another one has less.
 */
export class Admission {
  readonly #most: number;
  readonly #namespaces = new Map<string, Namespace>();
  /** Services that are to be watched. */
  #wanted = 0;
  /** Those of them that have no place. */
  #dropped = 0;
  readonly #disabled = new Set<string>();
  readonly #invalid = new Map<string, readonly Annotation[]>();

  /** `most`: 0 for no limit. */
  constructor(most: number) {
    this.#most = most || Number.POSITIVE_INFINITY;
  }

  get disabled(): number {
    return this.#disabled.size;
  }

  get dropped(): Readonly<Record<DropReason, number>> {
    return { max_services: this.#dropped };
  }

  /** How many Services have a value of an annotation that is not valid, by annotation. */
  get invalid(): Readonly<Partial<Record<Annotation, number>>> {
    const counts: Partial<Record<Annotation, number>> = {};
    for (const name of [...this.#invalid.values()].flat()) counts[name] = (counts[name] ?? 0) + 1;
    return counts;
  }

  /** Whether it is watched, dropped or disabled. */
  knows(key: string): boolean {
    const namespace = this.#namespaces.get(namespaceOf(key));
    return (
      this.#disabled.has(key) || !!namespace?.watched.has(key) || !!namespace?.dropped.has(key)
    );
  }

  apply({ gone = [], seen = [] }: ServiceChanges): Admitted {
    const net: Net = { watch: new Map(), unwatch: new Set() };
    const hadRoom = this.#dropped === 0;
    const changed = new Set<Namespace>();
    for (const key of gone) {
      this.#invalid.delete(key);
      this.#disabled.delete(key);
      this.#leave(key, net);
    }
    for (const spec of seen) {
      this.#note(spec);
      if (spec.settings.enabled) changed.add(this.#join(spec, net));
      else this.#leave(spec.key, net);
    }
    if (this.#wanted > this.#most) {
      const shares = fairShares([...this.#namespaces.values()], this.#most);
      for (const [namespace, share] of shares) this.#fit(namespace, share, net);
    } else if (this.#dropped > 0) {
      // As long as there was room, only what has just come waits.
      const waiting = hadRoom ? changed : this.#namespaces.values();
      for (const namespace of waiting) this.#fit(namespace, Number.POSITIVE_INFINITY, net);
    }
    return { watch: [...net.watch.values()], unwatch: [...net.unwatch] };
  }

  #note({ key, settings, invalidAnnotations }: ServiceSpec): void {
    if (invalidAnnotations.length > 0) this.#invalid.set(key, invalidAnnotations);
    else this.#invalid.delete(key);
    if (settings.enabled) this.#disabled.delete(key);
    else this.#disabled.add(key);
  }

  /** A new Service counts as dropped until it has a place. */
  #join(spec: ServiceSpec, { watch }: Net): Namespace {
    const { key, namespace: name } = spec;
    const namespace = this.#namespaces.get(name) ?? new Namespace(name);
    this.#namespaces.set(name, namespace);
    if (namespace.watched.has(key)) {
      namespace.watched.set(key, spec);
      watch.set(key, spec);
      return namespace;
    }
    if (!namespace.dropped.has(key)) {
      this.#wanted++;
      this.#dropped++;
    }
    namespace.dropped.set(key, spec);
    return namespace;
  }

  #leave(key: string, { watch, unwatch }: Net): void {
    const name = namespaceOf(key);
    const namespace = this.#namespaces.get(name);
    if (!namespace) return;
    if (namespace.watched.delete(key)) {
      this.#wanted--;
      watch.delete(key);
      unwatch.add(key);
    } else if (namespace.dropped.delete(key)) {
      this.#wanted--;
      this.#dropped--;
    }
    if (namespace.wanted === 0) this.#namespaces.delete(name);
  }

  /** Drops the newest Services of a namespace, or takes in the oldest, until as many are watched as its share. */
  #fit(namespace: Namespace, share: number, { watch, unwatch }: Net): void {
    const { watched, dropped, has } = namespace;
    if (has > share) {
      for (const spec of oldestFirst(watched).slice(share)) {
        watched.delete(spec.key);
        dropped.set(spec.key, spec);
        this.#dropped++;
        watch.delete(spec.key);
        unwatch.add(spec.key);
      }
    } else if (has < share && dropped.size > 0) {
      for (const spec of oldestFirst(dropped).slice(0, share - has)) {
        dropped.delete(spec.key);
        watched.set(spec.key, spec);
        this.#dropped--;
        watch.set(spec.key, spec);
        unwatch.delete(spec.key);
      }
    }
  }
}

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

function oldestFirst(specs: ReadonlyMap<string, ServiceSpec>): ServiceSpec[] {
  return [...specs.values()].sort(
    (one, other) => one.createdAt - other.createdAt || (one.uid < other.uid ? -1 : 1),
  );
}
