/** The state of the scenario as pure functions of the time since the start, in ms. */
import type { ScenarioEvent } from './events.ts';
import type { ScenarioService } from './services.ts';

export interface Moment {
  externalName: string;
  /** Increases when the Service is deleted and created again. */
  incarnation: number;
  /** The target that cluster DNS still serves after an edit; absent once it serves the new one. */
  behind?: string;
}

/** The Service at this time; undefined while it does not exist. */
export function momentOf(service: ScenarioService, elapsedMs: number): Moment | undefined {
  const { externalName, comesAndGoes, recreatedEveryMs, edits } = service;
  if (comesAndGoes !== undefined) {
    const { periodMs, presentMs } = comesAndGoes;
    if (elapsedMs % periodMs >= presentMs) return undefined;
    return { externalName, incarnation: Math.floor(elapsedMs / periodMs) };
  }
  if (recreatedEveryMs !== undefined) {
    const incarnation = Math.floor(elapsedMs / recreatedEveryMs);
    // If it existed at the monitor's start, it would be an old Service that cluster DNS should
    // know.
    return elapsedMs < firstCreatedMs ? undefined : { externalName, incarnation };
  }
  if (edits !== undefined) {
    const { everyMs, lagMs, to } = edits;
    const edit = Math.floor(elapsedMs / everyMs);
    const [now, before] = edit % 2 === 0 ? [externalName, to] : [to, externalName];
    const isBehind = edit > 0 && elapsedMs % everyMs < lagMs;
    return { externalName: now, incarnation: 0, ...(isBehind ? { behind: before } : {}) };
  }
  return { externalName, incarnation: 0 };
}

/** First creation of a Service that is deleted and created repeatedly. */
const firstCreatedMs = 1_500;

/** Whether the Service changes over time. */
export function isChanging(service: ScenarioService): boolean {
  const { comesAndGoes, recreatedEveryMs, edits } = service;
  return [comesAndGoes, recreatedEveryMs, edits].some((change) => change !== undefined);
}

export function isOn({ periodMs, fromMs, untilMs }: ScenarioEvent, elapsedMs: number): boolean {
  const at = elapsedMs % periodMs;
  return at >= fromMs && at < untilMs;
}
