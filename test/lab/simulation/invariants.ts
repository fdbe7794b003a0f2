/**
 * Conditions that must hold at every moment of a simulation, and how close each came to its bound.
 */
import type { ServiceRecord } from '../../../src/state/record.ts';
import { blamesOf, changesOf, type Expectation, expectationOf, isSplit } from './expectation.ts';
import type { World, WorldService } from './world.ts';

export interface Bounds {
  latenessMs(intervalMs: number): number;
  /** `hanging`: number of Services with hanging targets. */
  detectionMs(intervalMs: number, hanging: number): number;
  recoveryMs(intervalMs: number): number;
  /** How long cluster DNS may take to serve a new or edited Service. */
  readonly convergenceMs: number;
}

export interface Worst {
  /** The measured milliseconds as a share of their bound. */
  part: number;
  ms: number;
  key: string;
}

export const MEASURES = ['lateness', 'detection', 'recovery'] as const;
export type Measure = (typeof MEASURES)[number];

/**
 * Alternating rounds count as `degraded` for as long as a record remembers them: eight rounds,
 * which take longer if rounds are skipped while no server answers.
 */
const REMEMBERED_INTERVALS = 25;
/** This many changes (one fault that begins and ends) do not make rounds alternate. */
const FEW_CHANGES = 2;
/**
 * This many bad rounds in a row may be caused by one broken server of several, see
 * docs/verdicts.md.
 */
const CHANCE_ROUNDS = 8;
const MOST_VIOLATIONS = 20;
/** The queue of hanging Services may need this many sweeps to become empty. */
const BACKLOG_SWEEPS = 60;

interface Seen {
  uid: string;
  /** When the Service was created, or when the pods' query for it was last sent. */
  askedAt: number;
  wasHealthy: boolean;
}

export class Invariants {
  readonly violations: string[] = [];
  readonly worst: Record<Measure, Worst> = {
    lateness: { part: 0, ms: 0, key: '' },
    detection: { part: 0, ms: 0, key: '' },
    recovery: { part: 0, ms: 0, key: '' },
  };
  readonly #world: World;
  readonly #bounds: Bounds;
  readonly #prefix: () => string;
  readonly #seen = new Map<string, Seen>();
  /** The values of the last sweeps. */
  readonly #hangingOf: number[] = [];
  /** Times before this are not checked: the event loop stalled, or the simulation began. */
  #resumedAt: number;

  constructor(world: World, bounds: Bounds, now: number, prefix: () => string) {
    this.#world = world;
    this.#bounds = bounds;
    this.#prefix = prefix;
    this.#resumedAt = now;
  }

  get size(): number {
    return this.#seen.size;
  }

  resumed(now: number): void {
    this.#resumedAt = now;
  }

  violated(text: string): void {
    if (this.violations.length < MOST_VIOLATIONS) this.violations.push(`${this.#prefix()} ${text}`);
  }

  watch(service: WorldService, now: number): void {
    const { key, uid } = service.spec;
    this.#seen.set(key, { uid, askedAt: now, wasHealthy: true });
  }

  unwatch(key: string): void {
    this.#seen.delete(key);
  }

  /** The pods' query for a Service was sent. */
  asked(service: WorldService, now: number): void {
    const seen = this.#seen.get(service.spec.key);
    if (!seen) return;
    const { intervalMs } = service.spec.settings;
    const bound = this.#bounds.latenessMs(intervalMs);
    if ((now - seen.askedAt) / bound > this.worst.lateness.part) {
      this.#late(service, seen, now, bound);
    }
    seen.askedAt = now;
  }

  changed(key: string, record: ServiceRecord, now: number): void {
    const service = this.#world.services.get(key);
    const seen = this.#seen.get(key);
    if (!service || !seen || record.spec.uid !== service.spec.uid) return;
    const { verdict } = record.diagnosis;
    if (verdict === 'pending') return;
    const healthy = verdict === 'healthy';
    if (healthy === seen.wasHealthy) return;
    seen.wasHealthy = healthy;
    const expected = this.#expected(service);
    const { intervalMs } = service.spec.settings;
    if (expected.healthy !== healthy) return;
    const measure = healthy ? 'recovery' : 'detection';
    const bound = healthy
      ? this.#bounds.recoveryMs(intervalMs)
      : this.#detectionMs(service, expected, now);
    const isConverging = now - service.changedAt < this.#bounds.convergenceMs + bound;
    const isExempt = healthy ? this.#isUnsteady(service, now) : isConverging;
    if (!isExempt) this.#measure(measure, now - expected.since, bound, key);
  }

  /** Checks every Service against its record in the store. */
  sweep(records: ReadonlyMap<string, ServiceRecord>, now: number): void {
    this.#countHanging();
    for (const service of this.#world.services.values()) {
      if (this.violations.length >= MOST_VIOLATIONS) return;
      const { key, settings } = service.spec;
      const seen = this.#seen.get(key);
      const record = records.get(key);
      if (!seen || !record) {
        this.violated(`${key} is not watched`);
        continue;
      }
      this.#late(service, seen, now, this.#bounds.latenessMs(settings.intervalMs));
      this.#judge(service, record, now);
    }
    for (const key of records.keys()) {
      if (!this.#world.services.has(key)) this.violated(`${key} is gone and still has a record`);
    }
  }

  #countHanging(): void {
    let hanging = 0;
    for (const service of this.#world.services.values())
      if (this.#expected(service).hangs) hanging++;
    this.#hangingOf.push(hanging);
    if (this.#hangingOf.length > BACKLOG_SWEEPS) this.#hangingOf.shift();
  }

  /** Number of Services that were hanging recently, which queue before a hanging Service. */
  #hanging({ hangs }: Expectation): number {
    return hangs ? Math.max(0, ...this.#hangingOf) : 0;
  }

  #detectionMs({ spec: { settings } }: WorldService, expected: Expectation, now: number): number {
    const { intervalMs } = settings;
    const rememberedMs = CHANCE_ROUNDS * 1.1 * intervalMs;
    const chanceMs = isSplit(this.#world, now - 2 * rememberedMs) ? rememberedMs : 0;
    return this.#bounds.detectionMs(intervalMs, this.#hanging(expected)) + chanceMs;
  }

  #judge(service: WorldService, record: ServiceRecord, now: number): void {
    const { key, settings } = service.spec;
    const { recoveryMs, convergenceMs } = this.#bounds;
    const expected = this.#expected(service);
    const { up, verdict, blame } = record.diagnosis;
    const steadyMs = now - expected.since;
    const says = `${verdict} ${blame}, up ${up}`;
    const recoveredMs = recoveryMs(settings.intervalMs);
    const isFresh = expected.healthy !== undefined && steadyMs > recoveredMs;
    const memoryMs =
      isFresh && verdict !== 'degraded' ? recoveredMs : REMEMBERED_INTERVALS * settings.intervalMs;
    const allowed = blamesOf(this.#world, service, now - memoryMs);
    if (!allowed.has(blame) && steadyMs > 0) {
      this.violated(`${key} is ${says}, allowed are ${[...allowed].join(' ')}`);
    }
    const detectedMs = this.#detectionMs(service, expected, now);
    const isConverging = now - service.changedAt < convergenceMs + detectedMs;
    const isLasting = steadyMs > detectedMs && !isConverging;
    if (expected.healthy === false && isLasting) {
      const isRight = verdict !== 'healthy' && verdict !== 'pending' && up === expected.up;
      if (!isRight) this.violated(`${key} is ${says}, but fails since ${seconds(steadyMs)}`);
    }
    if (expected.up === 1 && steadyMs > recoveredMs) {
      const isWell = !expected.healthy || verdict === 'healthy' || this.#isUnsteady(service, now);
      if (up !== 1 || !isWell) {
        this.violated(`${key} is ${says}, but works since ${seconds(steadyMs)}`);
      }
    }
  }

  /** Several faults began and ended, or messages were lost by chance, so its rounds may alternate. */
  #isUnsteady(service: WorldService, now: number): boolean {
    const { intervalMs } = service.spec.settings;
    const since = now - REMEMBERED_INTERVALS * intervalMs;
    const wasLossy = this.#world.hosts.some((host) => host.faults(since).includes('lossy'));
    return wasLossy || changesOf(this.#world, service, since) > FEW_CHANGES;
  }

  #late(service: WorldService, seen: Seen, now: number, bound: number): void {
    if (now - seen.askedAt <= bound * this.worst.lateness.part) return;
    const { askable, since } = this.#expected(service);
    if (!askable) return;
    this.#measure('lateness', now - Math.max(seen.askedAt, since), bound, service.spec.key);
  }

  #measure(measure: Measure, ms: number, bound: number, key: string): void {
    const part = ms / bound;
    if (part > 1) this.violated(`${measure} of ${key} is ${seconds(ms)}, over ${seconds(bound)}`);
    if (part > this.worst[measure].part) this.worst[measure] = { part, ms, key };
  }

  #expected(service: WorldService): Expectation {
    const expected = expectationOf(this.#world, service);
    return { ...expected, since: Math.max(expected.since, this.#resumedAt) };
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
