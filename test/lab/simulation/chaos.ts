/** Random events: faults begin and end, Services are created, edited and deleted, clocks jump. */
import type { DomainFault, Part, ServerFault } from './faults.ts';
import { settingsOf, someInterval, someTarget } from './population.ts';
import type { Simulation } from './simulation.ts';
import type { World, WorldService } from './world.ts';

/** The minimum duration of a fault; the maximum follows. */
const SHORTEST_MS = 60_000;
const LONGEST_MS = 600_000;
const LONGEST_STALL_MS = 4_000;
const HOUR_MS = 3_600_000;
/** Maximum number of Services that are created and edited at once. */
const MOST_EDITS = 20;
/** Queries per round of a Service. Slow faults may use only the share `ROOM` of the budget. */
const QUERIES_PER_ROUND = 4;
const SLOW_SECONDS = 1.2;
const SLOW_SERVER_SECONDS = 0.4;
const ROOM = 0.25;

const SERVER_FAULTS: readonly ServerFault[] = [
  'silent',
  'lossy',
  'stale',
  'servfail',
  'slow',
  'edns_dropped',
  'forwarder_hangs',
];
const DOMAIN_FAULTS: readonly DomainFault[] = [
  'hangs',
  'never',
  'slow',
  'servfail',
  'nxdomain',
  'family',
];
const UPSTREAM_FAULTS: readonly DomainFault[] = ['hangs', 'never', 'slow', 'servfail'];

interface Kind {
  readonly weight: number;
  readonly run: (chaos: Chaos) => void;
}

const KINDS: readonly Kind[] = [
  { weight: 40, run: (chaos) => chaos.breakDomain() },
  { weight: 12, run: (chaos) => chaos.breakServer() },
  { weight: 5, run: (chaos) => chaos.breakUpstream() },
  { weight: 20, run: (chaos) => chaos.edit() },
  { weight: 15, run: (chaos) => chaos.replace() },
  { weight: 4, run: (chaos) => chaos.stall() },
  { weight: 4, run: (chaos) => chaos.setWallClock() },
];
const TOTAL_WEIGHT = KINDS.reduce((sum, { weight }) => sum + weight, 0);

export class Chaos {
  readonly #simulation: Simulation;
  readonly #random: () => number;
  readonly #everyMs: number;
  readonly #without: readonly string[];
  #created = 0;

  /** An event happens about every `everyMs`. Faults in `without` are left out. */
  constructor(
    simulation: Simulation,
    everyMs: number,
    random: () => number,
    without: readonly string[],
  ) {
    this.#without = without;
    this.#simulation = simulation;
    this.#everyMs = everyMs;
    this.#random = random;
    this.#wait();
  }

  breakDomain(): void {
    const domain = this.#one([...this.#world.domains.values()]);
    const fault = this.#one(DOMAIN_FAULTS);
    if (!domain || !fault) return;
    const size = this.#simulation.sizeOf(domain);
    if (fault === 'slow' && !this.#hasRoom(size, SLOW_SECONDS)) return;
    this.#begin(domain, fault);
  }

  breakServer(): void {
    const host = this.#one(this.#world.hosts);
    const fault = this.#one(SERVER_FAULTS);
    if (!host || !fault) return;
    if (fault === 'slow' && !this.#hasRoom(this.#world.services.size, SLOW_SERVER_SECONDS)) return;
    this.#begin(host, fault);
  }

  breakUpstream(): void {
    const fault = this.#one(UPSTREAM_FAULTS);
    if (!fault) return;
    if (fault === 'slow' && !this.#hasRoom(this.#world.services.size, SLOW_SECONDS)) return;
    this.#begin(this.#world.upstream, fault);
  }

  edit(): void {
    for (const service of this.#some()) {
      this.#simulation.edit(service, someTarget(this.#world, this.#random));
    }
  }

  /** Deletes some Services, and creates as many. */
  replace(): void {
    const gone = this.#some();
    for (const service of gone) this.#simulation.remove(service);
    for (const { spec } of gone) {
      const isSameName = this.#random() < 0.3;
      const name = isSameName ? spec.name : `created${this.#created++}`;
      const interval = someInterval(this.#simulation.config.intervalMs, this.#random);
      this.#simulation.create(name, someTarget(this.#world, this.#random), settingsOf(interval));
    }
  }

  stall(): void {
    this.#simulation.stall(this.#random() * LONGEST_STALL_MS);
  }

  setWallClock(): void {
    this.#simulation.stepWallClock((this.#random() * 2 - 1) * HOUR_MS);
  }

  get #world(): World {
    return this.#simulation.world;
  }

  #wait(): void {
    const ms = -Math.log(1 - this.#random()) * this.#everyMs;
    this.#simulation.clock.after(ms, () => {
      let at = this.#random() * TOTAL_WEIGHT;
      for (const { weight, run } of KINDS) {
        at -= weight;
        if (at >= 0) continue;
        run(this);
        break;
      }
      this.#wait();
    });
  }

  #begin<Fault extends string>(part: Part<Fault>, fault: Fault): void {
    if (part.fault !== undefined || this.#without.includes(fault)) return;
    const { clock } = this.#simulation;
    this.#simulation.begin(part, fault);
    const ms = SHORTEST_MS + this.#random() * (LONGEST_MS - SHORTEST_MS);
    clock.after(ms, () => this.#simulation.end(part));
  }

  #hasRoom(services: number, seconds: number): boolean {
    const { intervalMs, maxOutstanding } = this.#simulation.config;
    const outstanding = (services * QUERIES_PER_ROUND * seconds * 1000) / intervalMs;
    return outstanding < maxOutstanding * ROOM;
  }

  /** Services that are not the target of another one. */
  #some(): WorldService[] {
    const most = Math.min(MOST_EDITS, Math.ceil(this.#world.services.size / 10));
    const count = 1 + Math.floor(this.#random() * most);
    const all = [...this.#world.services.values()];
    const some = new Set<WorldService>();
    for (let i = 0; i < count; i++) {
      const service = this.#one(all);
      if (service && !this.#simulation.isLedTo(service)) some.add(service);
    }
    return [...some];
  }

  #one<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#random() * list.length)];
  }
}
