/** The real prober and the real store with a simulated cluster, on virtual time. */
import type { ProbeConfig, Server } from '../../../src/model/messages.ts';
import type { ServiceSettings } from '../../../src/model/service.ts';
import { randomOf } from '../../fixtures/random.ts';
import { SimulatedAsker, type Wire } from './asker.ts';
import { detectionMs, recoveryMs } from './bounds.ts';
import { Core } from './core.ts';
import type { Part } from './faults.ts';
import { Invariants } from './invariants.ts';
import { FAMILIES, RECORD_TYPES } from './population.ts';
import { VirtualClock } from './virtual-clock.ts';
import { CLUSTER_DOMAIN, type Domain, World, type WorldService } from './world.ts';

export interface SimulationOptions {
  readonly seed: number;
  /** Addresses in resolv.conf. */
  readonly servers?: 1 | 2;
  /** DNS pods behind each address; without them an address is a server itself. */
  readonly pods?: number;
  /** Whether the monitor has discovered the pods; true by default. */
  readonly arePodsKnown?: boolean;
  readonly config?: Partial<ProbeConfig>;
  /** Receives the faults with their times; with the key of a Service also everything about it. */
  readonly log?: (line: string) => void;
  readonly trace?: string;
}

const START = Date.UTC(2030, 0, 1);
const SWEEP_MS = 5_000;
/**
 * A Service must be queried within this many of its intervals, or of the timeouts of its two hops.
 */
const LATE_INTERVALS = 2;

export class Simulation {
  readonly seed: number;
  readonly config: ProbeConfig;
  readonly clock: VirtualClock;
  readonly world: World;
  readonly core: Core;
  readonly invariants: Invariants;
  readonly wire: Wire;
  readonly #dateNow = Date.now;
  readonly #onRejection = (reason: unknown): void =>
    this.invariants.violated(`unhandled rejection: ${describe(reason)}`);
  readonly #log: (text: string) => void;
  #wallOffsetMs = 0;

  constructor(options: SimulationOptions) {
    const { seed, servers = 1, pods = 0, arePodsKnown = true, config = {}, trace, log } = options;
    this.seed = seed;
    this.clock = new VirtualClock(START, randomOf(seed));
    const { clock } = this;
    this.world = new World(clock);
    const addresses = Array.from({ length: servers }, (_, i) => serverOf(`10.96.0.${10 + i}`));
    const podServers: Server[] = [];
    for (const { address, label } of addresses) {
      const names = Array.from({ length: pods }, (_, i) => `10.244.${address.slice(8)}.${i}`);
      const known = names.map((name) => serverOf(name));
      const hosts = (pods > 0 ? known : [serverOf(address)]).map((one) => {
        const host = this.world.addHost(one.label);
        this.world.addresses.set(one.label, { label: one.label, hosts: [host] });
        return host;
      });
      this.world.addresses.set(label, { label, hosts });
      podServers.push(...known);
    }
    this.config = { ...DEFAULTS, servers: addresses, ...config };
    const bounds = {
      latenessMs: (intervalMs: number): number =>
        LATE_INTERVALS * Math.max(intervalMs, 2 * this.config.timeoutMs * this.config.attempts),
      detectionMs: (intervalMs: number, hanging: number): number =>
        detectionMs(this.config, intervalMs, hanging),
      convergenceMs: this.config.convergenceDeadlineMs,
      recoveryMs: (intervalMs: number): number => recoveryMs(this.config, intervalMs),
    };
    this.#log = (text) => log?.(`${this.#at()} ${text}`);
    this.invariants = new Invariants(this.world, bounds, clock.now(), () => this.#at());
    this.wire = {
      forwarded: 0,
      mostForwarded: 0,
      queries: 0,
      onQuery: ({ name, type }, { outcome, afterMs }) => {
        if (trace && (type === 'NS' || this.#concerns(trace, name))) {
          this.#log(`${name} ${type}: ${outcome} after ${afterMs} ms`);
        }
        const service = type === 'CNAME' ? undefined : this.world.aliases.get(name);
        if (service) this.invariants.asked(service, clock.now());
      },
    };
    this.core = new Core({
      config: this.config,
      clock,
      open: (options) => new SimulatedAsker(this.world, clock, this.wire, options),
      onChange: (key, record) => {
        if (key === trace) {
          const { diagnosis, failingServers } = record;
          this.#log(`${key}: ${JSON.stringify({ ...diagnosis, failingServers })}`);
        }
        this.invariants.changed(key, record, clock.now());
      },
      onFault: (text) => this.invariants.violated(text),
    });
    if (pods > 0 && arePodsKnown) this.core.setPods(podServers);
    // Only displayed times may use the wall clock.
    Date.now = () => Math.round(clock.now()) + this.#wallOffsetMs;
    process.on('unhandledRejection', this.#onRejection);
    this.#sweep();
  }

  /** Lists Services of the world that the core does not have yet. */
  list(): void {
    const all = [...this.world.services.values()];
    for (const service of all) this.invariants.watch(service, this.clock.now());
    this.core.watch(
      all.map(({ spec }) => spec),
      'known',
    );
  }

  begin<Fault extends string>(part: Part<Fault> | undefined, fault: Fault): void {
    if (!part) throw new Error(`Cannot begin a fault: there is no such part, got ${fault}`);
    part.begin(fault, this.clock.now());
    this.#log(`${part.name} begins: ${fault}`);
  }

  end(part: Part<string> | undefined): void {
    if (!part) throw new Error('Cannot end a fault: there is no such part');
    this.#log(`${part.name} ends: ${part.fault}`);
    part.end(this.clock.now());
  }

  create(name: string, externalName: string, settings: ServiceSettings): WorldService {
    const service = this.world.create(name, externalName, settings);
    this.invariants.watch(service, this.clock.now());
    this.core.watch([service.spec], 'fresh');
    return service;
  }

  edit(service: WorldService, externalName: string): void {
    this.#log(`${service.spec.key} is edited`);
    this.world.edit(service, externalName);
    this.core.watch([service.spec], 'fresh');
  }

  remove(service: WorldService): void {
    this.#log(`${service.spec.key} is deleted`);
    this.world.remove(service);
    this.invariants.unwatch(service.spec.key);
    this.core.unwatch([service.spec.key]);
  }

  stall(ms: number): void {
    this.#log(`the event loop stalls for ${Math.round(ms)} ms`);
    this.clock.stall(ms);
    this.invariants.resumed(this.clock.now());
  }

  stepWallClock(ms: number): void {
    this.#log(`the wall clock is set by ${Math.round(ms)} ms`);
    this.#wallOffsetMs += Math.round(ms);
  }

  /** Number of Services with a target in a domain. */
  sizeOf(domain: Domain): number {
    return [...this.world.services.values()].filter(
      (service) => this.world.domainOf(this.world.finalTarget(service)) === domain,
    ).length;
  }

  isLedTo({ alias }: WorldService): boolean {
    return this.world.isTarget(alias);
  }

  async runFor(ms: number): Promise<void> {
    await this.clock.runFor(ms);
    this.#checkLimits();
  }

  /** Runs until this many rounds have been judged in total, or an invariant is broken. */
  async runRounds(rounds: number): Promise<void> {
    await this.clock.run(() => this.core.rounds >= rounds || this.invariants.violations.length > 0);
    this.#checkLimits();
  }

  stop(): void {
    this.core.stop();
    Date.now = this.#dateNow;
    process.off('unhandledRejection', this.#onRejection);
  }

  #at(): string {
    return `seed ${this.seed}, ${((this.clock.now() - START) / 1000).toFixed(3)} s:`;
  }

  #concerns(key: string, name: string): boolean {
    const service = this.world.services.get(key);
    return service?.alias === name || service?.spec.target === name;
  }

  #sweep(): void {
    this.clock.after(SWEEP_MS, () => {
      this.invariants.sweep(this.core.records, this.clock.now());
      this.#sweep();
    });
  }

  #checkLimits(): void {
    const { mostForwarded } = this.wire;
    const { maxOutstanding } = this.config;
    if (mostForwarded <= maxOutstanding) return;
    this.invariants.violated(
      `${mostForwarded} forwarded queries were outstanding at once, allowed are ${maxOutstanding}`,
    );
  }
}

const DEFAULTS: Omit<ProbeConfig, 'servers'> = {
  clusterDomain: CLUSTER_DOMAIN,
  isOwnDomain: true,
  intervalMs: 30_000,
  timeoutMs: 5_000,
  attempts: 2,
  families: FAMILIES,
  recordTypes: RECORD_TYPES,
  hops: 'all',
  concurrency: 1_000,
  maxOutstanding: 100,
  convergenceDeadlineMs: 60_000,
  searchDomains: [],
  upstreamCanary: '.',
  salt: 'simulation',
};

function serverOf(address: string): Server {
  return { address, port: 53, label: `${address}:53` };
}

function describe(reason: unknown): string {
  return reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
}
