/** What follows from the time since the start, in ms: pure functions. */
import type { ScenarioEvent } from './events.ts';
import type { ScenarioService } from './services.ts';

export interface Moment {
  externalName: string;
  /** Grows when the Service is deleted and made anew. */
  incarnation: number;
  /** What cluster DNS still serves after an edit; absent once it has caught up. */
  behind?: string;
}

/** The Service as it is at this time; undefined while there is none. */
export function momentOf(service: ScenarioService, elapsedMs: number): Moment | undefined {
  const { externalName, comesAndGoes, recreatedEveryMs, edits } = service;
  if (comesAndGoes !== undefined) {
    const { periodMs, presentMs } = comesAndGoes;
    if (elapsedMs % periodMs >= presentMs) return undefined;
    return { externalName, incarnation: Math.floor(elapsedMs / periodMs) };
  }
  if (recreatedEveryMs !== undefined) {
    const incarnation = Math.floor(elapsedMs / recreatedEveryMs);
    // Already there when the monitor starts, it would be an old Service that cluster DNS ought to know.
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

/** When a Service that is made anew all the time is made first. */
const firstCreatedMs = 1_500;

/** Whether the Service is any different at another time. */
export function isChanging(service: ScenarioService): boolean {
  const { comesAndGoes, recreatedEveryMs, edits } = service;
  return [comesAndGoes, recreatedEveryMs, edits].some((change) => change !== undefined);
}

export function isOn({ periodMs, fromMs, untilMs }: ScenarioEvent, elapsedMs: number): boolean {
  const at = elapsedMs % periodMs;
  return at >= fromMs && at < untilMs;
}
