/** One random run over a population. */
import { randomOf } from '../../fixtures/random.ts';
import { Chaos } from './chaos.ts';
import { addDomains, addServices } from './population.ts';
import { Simulation, type SimulationOptions } from './simulation.ts';

/** There are no events until all Services have been queried. */
const CALM_INTERVALS = 2;

export interface ChaosOptions extends SimulationOptions {
  readonly services: number;
  /** Average time between two events. */
  readonly everyMs?: number;
  /** Faults to leave out. */
  readonly without?: readonly string[];
}

/** Starts the random events. Their random numbers do not depend on those of the core. */
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
