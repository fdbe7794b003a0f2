/** A target that is asked again and again, and what it may answer. */
import { type DriftLimits, observe, type TargetMemory } from '../../../src/diagnosis/drift.ts';
import type { ChangeKind } from '../../../src/model/drift.ts';
import { NO_CHANGES } from '../../../src/state/answers.ts';

export const HOUR = 3_600_000;
export const LIMITS: DriftLimits = { entries: 64, windowMs: 24 * HOUR };
export const STEP = 30_000;

export interface Answer {
  readonly addresses: readonly string[];
  readonly chain?: readonly string[];
}

/** A target that is asked once an interval. */
export class Target {
  memory: TargetMemory | undefined;
  now = 0;
  readonly #limits: DriftLimits;
  readonly counts: Record<ChangeKind, number> = { ...NO_CHANGES };

  constructor(limits = LIMITS) {
    this.#limits = limits;
  }

  answer(given: Answer | readonly string[]): readonly ChangeKind[] {
    const { addresses, chain = [] } = 'addresses' in given ? given : { addresses: given };
    const { memory, changes } = observe(this.memory, { addresses, chain }, this.#limits, this.now);
    this.memory = memory;
    for (const kind of changes) this.counts[kind]++;
    this.now += STEP;
    return changes;
  }

  settle(answer: Answer | readonly string[], rounds = 60): this {
    for (let round = 0; round < rounds; round++) this.answer(answer);
    return this;
  }

  /** As many answers of a rotation. */
  rotate(next: (round: number) => Answer | readonly string[], rounds: number): this {
    for (let round = 0; round < rounds; round++) this.answer(next(round));
    return this;
  }

  /** All but `addresses`, which any rotation moves. */
  get alarms(): number {
    return this.counts.replaced + this.counts.network + this.counts.chain;
  }
}

export function pick<T>(pool: readonly T[], count: number, random: () => number): T[] {
  const chosen = new Set<number>();
  while (chosen.size < count) chosen.add(Math.floor(random() * pool.length));
  return [...chosen].flatMap((i) => pool.slice(i, i + 1));
}

export const poolIn = (network: string, size: number): readonly string[] =>
  Array.from({ length: size }, (_, i) => `${network}.${i + 1}`);

export const DB = ['198.51.100.10'];
export const IN_PLACE = ['addresses', 'replaced'];
export const ELSEWHERE = ['addresses', 'replaced', 'network'];

/** Addresses over 25 networks. */
export function storage(size: number): readonly string[] {
  return Array.from({ length: size }, (_, i) => `${20 + (i % 25)}.1.${i >> 8}.${i & 255}`);
}
