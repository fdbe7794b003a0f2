import type { ProbeConfig } from '../model/messages.ts';
import type { Hop } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import { firstTurn, phaseOf, type Turn } from './schedule.ts';
import type { Settling } from './settling.ts';

/** What the prober keeps of a Service, changed in place. */
export interface Watched {
  spec: ServiceSpec;
  intervalMs: number;
  phase: number;
  turn: Turn;
  busy: boolean;
  gone: boolean;
  /** The last round was bad: a bad one is then no news, and needs no second look. */
  wasBad: boolean;
  /** The last round waited long for cluster DNS to forward. */
  wasSlow: boolean;
  /** It was not asked about on its last turn, as cluster DNS was silent. */
  wasSilent: boolean;
  /** The hop that failed while another did not, also when all were asked again. */
  oddHop?: Hop | undefined;
  /** A server, by label, that did worse than the others when it was asked on its own. */
  worseServer?: string | undefined;
  rounds: number;
  settling?: Settling | undefined;
}

type Pace = Pick<Watched, 'intervalMs' | 'phase' | 'turn'>;

export function newWatched(spec: ServiceSpec, config: ProbeConfig, now: number): Watched {
  return {
    spec,
    ...paceOf(spec, config, now),
    busy: false,
    gone: false,
    wasBad: false,
    wasSlow: false,
    wasSilent: false,
    rounds: 0,
  };
}

/** When a Service has its turns. */
export function paceOf(spec: ServiceSpec, config: ProbeConfig, now: number): Pace {
  const intervalMs = spec.settings.intervalMs;
  const phase = phaseOf(spec.uid, config.salt, intervalMs);
  return { intervalMs, phase, turn: firstTurn(now, phase, intervalMs, Math.random()) };
}
