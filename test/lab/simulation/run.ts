/** One run of chaos over a population. */
import { randomOf } from '../../fixtures/random.ts';
import { Chaos } from './chaos.ts';
import { addDomains, addServices } from './population.ts';
import { Simulation, type SimulationOptions } from './simulation.ts';

/** Nothing happens until all Services have been asked. */
const CALM_INTERVALS = 2;

export interface ChaosOptions extends SimulationOptions {
  readonly services: number;
  /** How often something happens, on average. */
  readonly everyMs?: number;
  /** Faults that are left out. */
  readonly without?: readonly string[];
}

/** Chaos that has begun; what is drawn for it does not depend on what the core draws. */
export function startChaos(options: ChaosOptions): Simulation {
  const simulation = new Simulation(options);
  const random = randomOf(options.seed + 1);
  addDomains(simulation.world, options.services);
  addServices(simulation.world, options.services, simulation.config.intervalMs, random);
  simulation.list();
  const { clock, config } = simulation;
  const { everyMs = 20_000, without = [] } = options;
  clock.after(CALM_INTERVALS * config.intervalMs, () => {
    new Chaos(simulation, everyMs, random, without);
  });
  return simulation;
}
