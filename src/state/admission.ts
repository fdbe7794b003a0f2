import type { Annotation, ServiceSpec } from '../model/service.ts';

/** What a change of one Service means for what is watched. */
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

/**
 * Decides which Services are watched: not those whose annotation says no, and no more than the cap.
 * First come, first served; when one goes, the first of those that were dropped takes its place.
 */
export class Admission {
  readonly #most: number;
  readonly #watched = new Set<string>();
  readonly #disabled = new Set<string>();
  readonly #dropped = new Map<string, ServiceSpec>();
  readonly #invalid = new Map<string, readonly Annotation[]>();

  /** `most`: 0 for no limit. */
  constructor(most: number) {
    this.#most = most || Number.POSITIVE_INFINITY;
  }

  get disabled(): number {
    return this.#disabled.size;
  }

  get dropped(): Readonly<Record<DropReason, number>> {
    return { max_services: this.#dropped.size };
  }

  /** How many Services have a value of an annotation that is not valid, by annotation. */
  get invalid(): Readonly<Partial<Record<Annotation, number>>> {
    const counts: Partial<Record<Annotation, number>> = {};
    for (const name of [...this.#invalid.values()].flat()) counts[name] = (counts[name] ?? 0) + 1;
    return counts;
  }

  seen(spec: ServiceSpec): Admitted {
    const { key, settings, invalidAnnotations } = spec;
    if (invalidAnnotations.length > 0) this.#invalid.set(key, invalidAnnotations);
    else this.#invalid.delete(key);
    if (!settings.enabled) {
      const admitted = this.#leave(key);
      this.#disabled.add(key);
      return admitted;
    }
    this.#disabled.delete(key);
    if (!this.#watched.has(key) && this.#watched.size >= this.#most) {
      this.#dropped.set(key, spec);
      return { watch: [], unwatch: [] };
    }
    this.#watched.add(key);
    return { watch: [spec], unwatch: [] };
  }

  gone(key: string): Admitted {
    this.#invalid.delete(key);
    this.#disabled.delete(key);
    return this.#leave(key);
  }

  #leave(key: string): Admitted {
    this.#dropped.delete(key);
    if (!this.#watched.delete(key)) return { watch: [], unwatch: [] };
    const [next] = this.#dropped.values();
    if (!next) return { watch: [], unwatch: [key] };
    this.#dropped.delete(next.key);
    this.#watched.add(next.key);
    return { watch: [next], unwatch: [key] };
  }
}
