/** `npm run simulate`: chaos over the real prober and store, on virtual time. Prints its seed and how near each bound came. */
import { parseArgs } from 'node:util';
import { randomOf } from '../random.ts';
import { Chaos } from './chaos.ts';
import { heapBytes } from './heap.ts';
import { MEASURES } from './invariants.ts';
import { addDomains, addServices } from './population.ts';
import { Simulation } from './simulation.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1000000' },
    services: { type: 'string', default: '10000' },
    servers: { type: 'string', default: '1' },
    pods: { type: 'string', default: '0' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    trace: { type: 'string', default: '' },
    'max-outstanding': { type: 'string', default: '100' },
    every: { type: 'string', default: '20' },
  },
});
const [rounds, services, pods, seed, every] = [
  values.rounds,
  values.services,
  values.pods,
  values.seed,
  values.every,
].map(Number) as [number, number, number, number, number];
const servers = values.servers === '2' ? 2 : 1;
console.log(
  `seed ${seed}: ${services} Services, ${servers} servers, ${pods} pods, ${rounds} rounds`,
);

const simulation = new Simulation({
  seed,
  servers,
  pods,
  trace: values.trace,
  config: { maxOutstanding: Number(values['max-outstanding']) },
});
const random = randomOf(seed + 1);
addDomains(simulation.world, services);
addServices(simulation.world, services, simulation.config.intervalMs, random);
simulation.list();
new Chaos(simulation, every * 1_000, random);
const startedAt = performance.now();
const virtualAt = simulation.clock.now();
const CHECKPOINTS = 10;
for (let i = 1; i <= CHECKPOINTS && simulation.invariants.violations.length === 0; i++) {
  await simulation.runRounds((rounds * i) / CHECKPOINTS);
  const seconds = (performance.now() - startedAt) / 1000;
  const hours = (simulation.clock.now() - virtualAt) / 3_600_000;
  const { core, clock } = simulation;
  console.log(
    `${core.rounds} rounds in ${hours.toFixed(2)} h, ${Math.round(core.rounds / seconds)}/s; ` +
      `${clock.pending} timers, ${core.inflight} rounds under way, ${Math.round(heapBytes() / 1e6)} MB`,
  );
}
const { invariants, wire } = simulation;
for (const measure of MEASURES) {
  const { ms, part, key } = invariants.worst[measure];
  console.log(
    `${measure.padEnd(12)} ${(ms / 1000).toFixed(1).padStart(8)} s ${Math.round(part * 100)} % of its bound, ${key}`,
  );
}
console.log(
  `outstanding  ${wire.mostPermits} permits, ${wire.mostForwarded} forwarded, allowed are ${simulation.config.maxOutstanding}`,
);
for (const violation of invariants.violations) console.error(violation);
simulation.stop();
process.exitCode = invariants.violations.length > 0 ? 1 : 0;
