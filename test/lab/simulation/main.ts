/**
 * `npm run simulate`: random faults for the real prober and store, on virtual time. Prints its seed
 * and how close each bound came.
 */
import { parseArgs } from 'node:util';
import { heapBytes } from './heap.ts';
import { MEASURES } from './invariants.ts';
import { startChaos } from './run.ts';
import type { Simulation } from './simulation.ts';

const REPORTS = 10;
const HOUR_MS = 3_600_000;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1000000' },
    services: { type: 'string', default: '10000' },
    servers: { type: 'string', default: '1' },
    pods: { type: 'string', default: '0' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    /** Seconds between two events. */
    every: { type: 'string', default: '20' },
    /** Faults to leave out, comma-separated. */
    without: { type: 'string', default: '' },
    'max-outstanding': { type: 'string', default: '100' },
    /** Prints the faults. */
    log: { type: 'boolean', default: false },
    /** The key of a Service: also prints everything about it. */
    trace: { type: 'string', default: '' },
  },
});
const [rounds, services, servers, pods] = [
  Number(values.rounds),
  Number(values.services),
  values.servers === '2' ? 2 : 1,
  Number(values.pods),
] as const;
const seed = Number(values.seed);
const maxOutstanding = Number(values['max-outstanding']);

console.log(
  `seed ${seed}: ${services} Services, ${servers} servers, ${pods} pods, ${rounds} rounds`,
);
const simulation = startChaos({
  seed,
  services,
  servers,
  pods,
  everyMs: Number(values.every) * 1_000,
  without: values.without.split(','),
  trace: values.trace,
  ...(values.log || values.trace !== '' ? { log: console.log } : {}),
  config: { maxOutstanding },
});
const { invariants } = simulation;
const startedAt = performance.now();
const virtualAt = simulation.clock.now();
for (let i = 1; i <= REPORTS && invariants.violations.length === 0; i++) {
  await simulation.runRounds((rounds * i) / REPORTS);
  console.log(progressOf(simulation));
}
for (const line of worstOf(simulation)) console.log(line);
for (const violation of invariants.violations) console.error(violation);
simulation.stop();
process.exitCode = invariants.violations.length > 0 ? 1 : 0;

function progressOf({ core, clock }: Simulation): string {
  const seconds = (performance.now() - startedAt) / 1000;
  const hours = (clock.now() - virtualAt) / HOUR_MS;
  return (
    `${core.rounds} rounds, ${hours.toFixed(2)} h, ${Math.round(core.rounds / seconds)} rounds/s; ` +
    `${clock.pending} timers, ${core.inflight} under way, ${Math.round(heapBytes() / 1e6)} MB`
  );
}

function worstOf({ wire }: Simulation): string[] {
  const lines = MEASURES.map((measure) => {
    const { ms, part, key } = invariants.worst[measure];
    const time = (ms / 1000).toFixed(1).padStart(8);
    return `${measure.padEnd(12)}${time} s, ${Math.round(part * 100)} % of its bound, ${key}`;
  });
  return [
    ...lines,
    `outstanding ${wire.mostForwarded} forwarded queries, ${maxOutstanding} allowed`,
  ];
}
