/** The core cannot starve: the real prober and store on virtual time, see test/lab/simulation. */
import { env } from 'node:process';
import { afterEach, describe, expect, it } from 'vitest';
import type { ServiceRecord } from '../../../src/state/record.ts';
import { IS_THOROUGH } from '../../fixtures/thorough.ts';
import { detectionMs, sweepMs } from '../../lab/simulation/bounds.ts';
import { heapBytes } from '../../lab/simulation/heap.ts';
import { settingsOf } from '../../lab/simulation/population.ts';
import { LOSS } from '../../lab/simulation/replies.ts';
import { type ChaosOptions, startChaos } from '../../lab/simulation/run.ts';
import { Simulation, type SimulationOptions } from '../../lab/simulation/simulation.ts';
import { CLUSTER_DOMAIN } from '../../lab/simulation/world.ts';

const SEED = Number(env.SIMULATION_SEED ?? 20_260_101);
const INTERVAL_MS = 30_000;
const MINUTE_MS = 60_000;
/** In a fault of all at once. */
const MANY = IS_THOROUGH ? 3_000 : 150;
/** Of ten times `TENTH` targets, three times as many hang. */
const TENTH = IS_THOROUGH ? 100 : 10;
/** Beside a fault that concerns few or none of them. */
const SOME = IS_THOROUGH ? 300 : 80;
/** Each with a domain of its own. */
const SEPARATE = IS_THOROUGH ? 600 : 150;
/** How long a fault lasts that delays nothing. */
const WHILE_MS = (IS_THOROUGH ? 5 : 2) * MINUTE_MS;
/** How many minutes a fault lasts in which nothing may flap. */
const LONG = IS_THOROUGH ? 10 : 4;

/**
 * A path that begins to drop EDNS delays each running round once. With many Services and single servers to look at, that delays
 * others by up to a second more than two intervals.
 */
const EDNS_DROPPED = 'edns_dropped';

const running: Simulation[] = [];

afterEach(() => {
  for (const simulation of running.splice(0)) simulation.stop();
});

describe('chaos', () => {
  type World = Omit<ChaosOptions, 'seed'> & { readonly rounds: number };
  const some: readonly World[] = [
    { services: 1, servers: 2, pods: 0, rounds: 50 },
    { services: 100, servers: 1, pods: 3, rounds: 400 },
    { services: 100, servers: 2, pods: 0, rounds: 400 },
  ];
  const all: readonly World[] = [
    { services: 1, servers: 1, pods: 0, rounds: 1_000 },
    { services: 1, servers: 2, pods: 0, rounds: 1_000 },
    { services: 100, servers: 1, pods: 0, rounds: 8_000 },
    { services: 100, servers: 2, pods: 0, rounds: 6_000 },
    { services: 100, servers: 1, pods: 3, rounds: 4_000 },
    { services: 3_000, servers: 1, pods: 0, rounds: 30_000 },
    { services: 3_000, servers: 2, pods: 2, rounds: 15_000, without: [EDNS_DROPPED] },
    { services: 10_000, servers: 1, pods: 0, rounds: 60_000, everyMs: 5_000 },
    { services: 10_000, servers: 2, pods: 0, rounds: 30_000, everyMs: 5_000 },
  ];
  it.for(IS_THOROUGH ? all : some)(
    '$services Services, $servers servers, $pods pods',
    async (options) => {
      const simulation = startChaos({ seed: SEED, ...options });
      running.push(simulation);
      await simulation.runRounds(options.rounds / 2);
      const halfway = { bytes: heapBytes(), timers: simulation.clock.pending };
      await simulation.runRounds(options.rounds);
      expect(simulation.invariants.violations).toEqual([]);
      expect(simulation.invariants.size).toBe(options.services);
      // What a Service has been through is part of its record, and bounded.
      const perService = 4_096 * options.services;
      expect(heapBytes()).toBeLessThan(halfway.bytes * 1.2 + perService + 4_000_000);
      expect(simulation.clock.pending).toBeLessThan(100 + 4 * options.services);
    },
  );

  it('comes out the same for the same seed', async () => {
    const run = async (): Promise<unknown> => {
      const simulation = startChaos({ seed: SEED, services: 30, servers: 2 });
      await simulation.runRounds(IS_THOROUGH ? 2_000 : 100);
      simulation.stop();
      const { wire, invariants, clock } = simulation;
      return { ...wire, ...invariants.worst, now: clock.now() };
    };
    expect(JSON.stringify(await run())).toBe(JSON.stringify(await run()));
  });
});

/** Services `s0`, `s1`, …, with one target each, in the domains that `domainOf` names. */
function start(
  services: number,
  domainOf: (i: number) => string,
  options: Partial<SimulationOptions> = {},
): Simulation {
  const simulation = new Simulation({ seed: SEED, ...options });
  running.push(simulation);
  for (let i = 0; i < services; i++) {
    const name = domainOf(i);
    if (!simulation.world.domains.has(name)) simulation.world.addDomain(name);
    simulation.world.add(`s${i}`, `db${i}.${name}`, settingsOf(INTERVAL_MS));
  }
  simulation.list();
  return simulation;
}

/** Runs until all Services are healthy; two intervals, which also warm up what the core learns. */
async function warmUp(simulation: Simulation): Promise<void> {
  await simulation.runFor(2 * INTERVAL_MS);
  expect(summary(simulation)).toEqual({ 'healthy none': simulation.world.services.size });
}

/** How many Services have each verdict and blame, of those whose number is wanted. */
function summary(
  { core }: Simulation,
  isWanted: (i: number) => boolean = () => true,
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [i, { diagnosis }] of [...core.records.values()].entries()) {
    if (!isWanted(i)) continue;
    const says = `${diagnosis.verdict} ${diagnosis.blame}`;
    counts[says] = (counts[says] ?? 0) + 1;
  }
  return counts;
}

function seconds(simulation: Simulation, measure: 'lateness' | 'detection' | 'recovery'): number {
  return simulation.invariants.worst[measure].ms / 1_000;
}

function recordOf(simulation: Simulation, name: string): ServiceRecord {
  const record = simulation.core.records.get(`shop/${name}`);
  if (!record) throw new Error(`Cannot find the record of a Service, got ${name}`);
  return record;
}

const own = (i: number): string => `provider${i}.test`;
const oneOf =
  (domains: number) =>
  (i: number): string =>
    own(i % domains);

describe('a fault', () => {
  it('of the forwarder of one DNS pod is reported by that, and delays no round', async () => {
    const simulation = start(SOME, oneOf(20), { pods: 2 });
    const { world, core } = simulation;
    const [broken] = world.hosts;
    // The address of the DNS Service leads to the other one.
    for (const [label, { hosts }] of world.addresses) {
      if (hosts.length > 1) world.addresses.set(label, { label, hosts: hosts.slice(1) });
    }
    await warmUp(simulation);
    const before = core.rounds;
    simulation.begin(broken, 'forwarder_hangs');
    await simulation.runFor(2 * WHILE_MS);
    expect(core.rounds - before).toBeGreaterThan(SOME * 0.95 * ((2 * WHILE_MS) / INTERVAL_MS));
    expect(seconds(simulation, 'lateness')).toBeLessThan(1.3 * 30);
    for (const { diagnosis } of core.records.values()) {
      expect(diagnosis).toMatchObject({ up: 1 });
      expect(['healthy', 'degraded']).toContain(diagnosis.verdict);
    }
    expect(core.brokenServers()).toEqual([broken?.name]);
    simulation.end(broken);
    await simulation.runFor(2 * INTERVAL_MS);
    expect(summary(simulation)).toEqual({ 'healthy none': SOME });
    expect(core.brokenServers()).toEqual([]);
  });

  it.for([
    { fault: 'forwarder_hangs', services: 300 },
    { fault: 'silent', services: 300 },
    { fault: 'edns_dropped', services: 1_000 },
    { fault: 'lossy', services: 2_000 },
  ] as const)(
    'of the first of two servers, $fault, delays no round of $services Services',
    async ({ fault, services }) => {
      const simulation = start(services, oneOf(20), { servers: 2 });
      const { world, core } = simulation;
      await warmUp(simulation);
      const before = core.rounds;
      simulation.begin(world.hosts[0], fault);
      await simulation.runFor(WHILE_MS);
      expect(core.rounds - before).toBeGreaterThan(services * 0.9 * (WHILE_MS / INTERVAL_MS));
      expect(seconds(simulation, 'lateness')).toBeLessThan(1.5 * 30);
      expect(simulation.invariants.violations).toEqual([]);
    },
  );

  it('of the only server, which loses messages, delays rounds by what the budget lacks', async () => {
    const simulation = start(2_000, oneOf(20));
    const { world, core, config } = simulation;
    await warmUp(simulation);
    const before = core.rounds;
    simulation.begin(world.hosts[0], 'lossy');
    await simulation.runFor(WHILE_MS);
    const everyMs = sweepMs(config, 2_000, LOSS * config.timeoutMs);
    expect(everyMs).toBeGreaterThan(INTERVAL_MS);
    expect(core.rounds - before).toBeGreaterThan((2_000 * WHILE_MS) / everyMs);
    expect(simulation.invariants.violations).toEqual([]);
  });

  it('of the wall clock changes nothing', async () => {
    const simulation = start(30, oneOf(10));
    await warmUp(simulation);
    const before = simulation.core.rounds;
    for (const ms of [-60_000, 3_600_000, -86_400_000]) {
      simulation.stepWallClock(ms);
      await simulation.runFor(2 * MINUTE_MS);
    }
    expect(simulation.core.rounds - before).toBeGreaterThan(30 * 12 * 0.95);
    expect(seconds(simulation, 'lateness')).toBeLessThan(1.3 * 30);
    expect(summary(simulation)).toEqual({ 'healthy none': 30 });
    expect(simulation.invariants.violations).toEqual([]);
  });

  it('of the machine, asleep for an hour, is followed by no burst', async () => {
    const simulation = start(SOME, oneOf(30));
    await warmUp(simulation);
    const before = simulation.core.rounds;
    simulation.stall(60 * MINUTE_MS);
    await simulation.runFor(INTERVAL_MS);
    expect(simulation.core.rounds - before).toBeLessThan(SOME * 2.1);
    await simulation.runFor(INTERVAL_MS);
    expect(simulation.core.rounds - before).toBeGreaterThan(SOME * 1.5);
    expect(summary(simulation)).toEqual({ 'healthy none': SOME });
    expect(simulation.invariants.violations).toEqual([]);
  });

  it('of upstream, SERVFAIL for many Services at once, takes an interval to report', async () => {
    const services = MANY;
    const simulation = start(services, oneOf(150));
    const { world } = simulation;
    await warmUp(simulation);
    simulation.begin(world.upstream, 'servfail');
    await simulation.runFor(1.1 * INTERVAL_MS + 3_000);
    expect(summary(simulation)).toEqual({ 'target_failing upstream_dns': services });
    simulation.end(world.upstream);
    await simulation.runFor(1.1 * INTERVAL_MS + 3_000);
    expect(summary(simulation)).toEqual({ 'healthy none': services });
    expect(simulation.invariants.violations).toEqual([]);
  });

  it.for([
    { what: 'separate domains', domainOf: own },
    { what: 'one domain', domainOf: (i: number) => (i < 3 * TENTH ? 'hangs.test' : own(i)) },
  ])(
    'of three targets of ten that hang, in $what, does not delay the others',
    async ({ domainOf }) => {
      const simulation = start(10 * TENTH, domainOf);
      const { world, core, config } = simulation;
      await warmUp(simulation);
      for (let i = 0; i < 3 * TENTH; i++) {
        const domain = world.domains.get(domainOf(i));
        if (domain?.fault === undefined) simulation.begin(domain, 'hangs');
      }
      await simulation.runFor(detectionMs(config, INTERVAL_MS, 3 * TENTH));
      const verdicts = [...core.records.values()].map(({ diagnosis }) => diagnosis.verdict);
      expect(verdicts.filter((verdict) => verdict === 'target_failing')).toHaveLength(3 * TENTH);
      expect(summary(simulation, (i) => i >= 3 * TENTH)).toEqual({ 'healthy none': 7 * TENTH });
      await simulation.runFor(WHILE_MS);
      expect(seconds(simulation, 'lateness')).toBeLessThan(1.5 * 30);
      expect(simulation.invariants.violations).toEqual([]);
    },
  );

  it('of a flood of new domains that hang does not delay the others', async () => {
    const simulation = start(SOME, own);
    const { world, clock } = simulation;
    await warmUp(simulation);
    for (let i = 0; i < 300 * (IS_THOROUGH ? 60 : 1); i++) {
      clock.after(i * (1_000 / 300), () => {
        const domain = world.addDomain(`flood${i}.test`);
        simulation.begin(domain, 'hangs');
        simulation.create(`flood${i}`, `db.${domain.name}`, settingsOf(INTERVAL_MS));
        const old = world.services.get(`shop/flood${i - 3_000}`);
        if (old) simulation.remove(old);
      });
    }
    await simulation.runFor(2 * MINUTE_MS);
    expect(summary(simulation, (i) => i < SOME)).toEqual({ 'healthy none': SOME });
    expect(seconds(simulation, 'lateness')).toBeLessThan(1.5 * 30);
  });

  it.for(['hangs', 'never', 'servfail'] as const)(
    'of upstream that is there at the start, %s, is reported of many Services',
    async (fault) => {
      const services = MANY;
      const simulation = new Simulation({ seed: SEED });
      running.push(simulation);
      const { world } = simulation;
      simulation.begin(world.upstream, fault);
      for (let i = 0; i < services; i++) {
        const domain = `d${i % 150}.test`;
        if (!world.domains.has(domain)) world.addDomain(domain);
        world.add(`s${i}`, `db${i}.${domain}`, settingsOf(INTERVAL_MS));
      }
      simulation.list();
      await simulation.runFor(2 * INTERVAL_MS);
      expect(summary(simulation)).toEqual({ 'target_failing upstream_dns': services });
      simulation.end(world.upstream);
      await simulation.runFor(1.1 * INTERVAL_MS + 3_000);
      expect(summary(simulation)).toEqual({ 'healthy none': services });
      expect(simulation.invariants.violations).toEqual([]);
    },
  );

  it('of an upstream that takes 1.2 s for everything delays no round', async () => {
    const simulation = start(SOME, oneOf(30));
    const { world, core } = simulation;
    await warmUp(simulation);
    simulation.begin(world.upstream, 'slow');
    const before = core.rounds;
    await simulation.runFor(WHILE_MS);
    expect(core.rounds - before).toBeGreaterThan(SOME * 0.97 * (WHILE_MS / INTERVAL_MS));
    expect(seconds(simulation, 'lateness')).toBeLessThan(1.3 * 30);
    expect(summary(simulation)).toEqual({ 'healthy none': SOME });
    expect(simulation.invariants.violations).toEqual([]);
  });

  it('of what aliases of aliases lead to keeps to the budget', async () => {
    const simulation = start(1, () => 'hangs.test');
    const { world, wire } = simulation;
    for (let i = 0; i < SOME; i++) {
      world.add(`alias${i}`, `s0.shop.svc.${CLUSTER_DOMAIN}`, settingsOf(INTERVAL_MS));
    }
    simulation.list();
    await warmUp(simulation);
    simulation.begin(world.domains.get('hangs.test'), 'hangs');
    await simulation.runFor(WHILE_MS);
    expect(wire.mostForwarded).toBeLessThanOrEqual(simulation.config.maxOutstanding);
    expect(simulation.invariants.violations).toEqual([]);
  });

  it.for([1, 2] as const)(
    'of upstream is not put down to targets, with %i servers',
    async (servers) => {
      const simulation = start(MANY, oneOf(6), { servers });
      const { world } = simulation;
      await warmUp(simulation);
      simulation.begin(world.upstream, 'servfail');
      await simulation.runFor(2 * INTERVAL_MS);
      expect(summary(simulation)).toEqual({ 'target_failing upstream_dns': MANY });
      simulation.end(world.upstream);
      await simulation.runFor(1.1 * INTERVAL_MS + 3_000);
      expect(summary(simulation)).toEqual({ 'healthy none': MANY });
      expect(simulation.invariants.violations).toEqual([]);
    },
  );

  it('of the way, which drops EDNS, is not put down to targets', async () => {
    const simulation = start(3, own);
    const { world } = simulation;
    await warmUp(simulation);
    simulation.begin(world.hosts[0], 'edns_dropped');
    await simulation.runFor(5 * MINUTE_MS);
    expect(summary(simulation)).toEqual({ 'healthy none': 3 });
    expect(simulation.invariants.violations).toEqual([]);
  });

  it('of the way, which drops EDNS, delays no round of many separate domains', async () => {
    const simulation = start(SEPARATE, own);
    const { world } = simulation;
    await warmUp(simulation);
    simulation.begin(world.hosts[0], 'edns_dropped');
    await simulation.runFor(3 * MINUTE_MS);
    expect(seconds(simulation, 'lateness')).toBeLessThan(1.3 * 30);
    expect(simulation.invariants.violations).toEqual([]);
  });

  it('of upstream, silence for many separate domains, takes three intervals to report', async () => {
    const simulation = start(SEPARATE, own);
    await warmUp(simulation);
    simulation.begin(simulation.world.upstream, 'never');
    await simulation.runFor(3 * INTERVAL_MS);
    expect(summary(simulation)).toEqual({ 'target_failing upstream_dns': SEPARATE });
    expect(simulation.invariants.violations).toEqual([]);
  });

  it.for([true, false])(
    'of one of two DNS pods makes no Service flap, pods known: %s',
    async (arePodsKnown) => {
      const simulation = start(90, own, { pods: 2, arePodsKnown });
      const { world, core } = simulation;
      await warmUp(simulation);
      for (let i = 0; i < 9; i++) simulation.begin(world.domains.get(own(i)), 'nxdomain');
      await simulation.runFor(2 * MINUTE_MS);
      expect(summary(simulation)).toEqual({ 'target_nxdomain target': 9, 'healthy none': 81 });
      simulation.begin(world.hosts[0], 'silent');
      for (let minute = 0; minute < LONG; minute++) {
        await simulation.runFor(MINUTE_MS);
        for (let i = 0; i < 90; i++) {
          const { diagnosis } = recordOf(simulation, `s${i}`);
          if (i < 9) expect(diagnosis.verdict).toBe('target_nxdomain');
          else expect(['healthy', 'degraded']).toContain(diagnosis.verdict);
        }
      }
      expect(core.changes('target_nxdomain')).toBe(9);
      expect(simulation.invariants.violations).toEqual([]);
    },
  );

  it('of replies to what pods ask of one alias is found after some rounds', async () => {
    const simulation = start(10, own);
    const { world } = simulation;
    await warmUp(simulation);
    world.muted.add(`s0.shop.svc.${CLUSTER_DOMAIN}`);
    await simulation.runFor(10 * MINUTE_MS);
    expect(recordOf(simulation, 's0').diagnosis).toEqual({
      up: 0,
      verdict: 'app_view_broken',
      blame: 'cluster_dns',
    });
    expect(summary(simulation)).toMatchObject({ 'healthy none': 9 });
  });

  it('in a spec is gone with the first good round after the edit', async () => {
    const simulation = start(10, own);
    const { world } = simulation;
    await warmUp(simulation);
    simulation.begin(world.domains.get(own(0)), 'hangs');
    await simulation.runFor(5 * MINUTE_MS);
    expect(recordOf(simulation, 's0').diagnosis.verdict).toBe('target_failing');
    const service = world.services.get('shop/s0');
    if (service) simulation.edit(service, `db0.${own(1)}`);
    await simulation.runFor(2_000);
    expect(summary(simulation)).toEqual({ 'healthy none': 10 });
    expect(simulation.invariants.violations).toEqual([]);
  });
});
