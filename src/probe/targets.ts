import type { ServiceSpec } from '../model/service.ts';
import type { TargetHop } from './round.ts';
import type { Watched } from './watched.ts';

/** Answers older than this part of the asking Service's interval are not shared with it. */
const FRESH = 0.9;

interface Answer {
  readonly at: number;
  /** The Service that asked. */
  readonly by: string;
  readonly hop: TargetHop;
}

interface Shared {
  services: number;
  answer: Answer | undefined;
}

/**
 * The last answers of targets that several Services have, so that each of those is asked once a round.
 * Most targets have one Service only: of them no answer is kept.
 */
export class SharedTargets {
  readonly #targets = new Map<string, Shared>();

  /** A Service is watched from now on. */
  add(spec: ServiceSpec): void {
    const key = keyOf(spec);
    const found = this.#targets.get(key);
    if (found) found.services++;
    else this.#targets.set(key, { services: 1, answer: undefined });
  }

  /** It no longer is, as it was last added. */
  remove(spec: ServiceSpec): void {
    const key = keyOf(spec);
    const found = this.#targets.get(key);
    if (!found) return;
    found.services--;
    if (found.services < 2) found.answer = undefined;
    if (found.services === 0) this.#targets.delete(key);
  }

  /** What another Service was answered. A Service's own last answer is for it to renew. */
  get({ spec, pace: { intervalMs } }: Watched, now: number): TargetHop | undefined {
    const answer = this.#targets.get(keyOf(spec))?.answer;
    const isFresh = answer && now - answer.at < intervalMs * FRESH;
    return isFresh && answer.by !== spec.key ? answer.hop : undefined;
  }

  /** What a Service was answered, for the target that it had then. */
  set(spec: ServiceSpec, hop: TargetHop, now: number): void {
    const found = this.#targets.get(keyOf(spec));
    if (found && found.services > 1) found.answer = { at: now, by: spec.key, hop };
  }
}

/** Services that ask for other types have another answer. */
function keyOf({ target, settings: { recordTypes } }: ServiceSpec): string {
  return `${target} ${recordTypes}`;
}
