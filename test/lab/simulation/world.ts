/**
 * The simulated cluster: its Services, its DNS servers and the Internet behind them. Each part can
 * break.
 */
import { aliasOf, type ServiceSpec, targetOf } from '../../../src/model/service.ts';
import { type DomainFault, Part, type ServerFault } from './faults.ts';

export const CLUSTER_DOMAIN = 'cluster.local';
/** A cluster-internal target that every server serves. */
export const BACKEND = `backend.infra.svc.${CLUSTER_DOMAIN}`;

export type Domain = Part<DomainFault>;

/** One DNS server, or one pod behind the address of a DNS Service. */
export class Host extends Part<ServerFault> {
  /** The served records: the target by alias. */
  readonly served = new Map<string, string>();
  readonly #late = new Map<string, string | undefined>();

  /** Applies a change from the API server: the new target of an alias, or its deletion. */
  learn(alias: string, target: string | undefined): void {
    if (this.fault === 'stale') this.#late.set(alias, target);
    else if (target === undefined) this.served.delete(alias);
    else this.served.set(alias, target);
  }

  override end(now: number): void {
    super.end(now);
    for (const [alias, target] of this.#late) this.learn(alias, target);
    this.#late.clear();
  }
}

export interface WorldService {
  spec: ServiceSpec;
  readonly alias: string;
  /** When it was created or edited, or when a server last applied that change. */
  changedAt: number;
  /** The last name of its target's chain before the last edit. */
  formerTarget: string | undefined;
}

export interface Address {
  readonly label: string;
  /** The servers that a new socket may reach: several behind the address of a DNS Service. */
  readonly hosts: readonly Host[];
}

/** How long a server takes to receive a change. */
const LAG_MS = 50;

export class World {
  readonly addresses = new Map<string, Address>();
  readonly hosts: Host[] = [];
  readonly upstream: Domain;
  /** By name. */
  readonly domains = new Map<string, Domain>();
  /** By key. */
  readonly services = new Map<string, WorldService>();
  /** By alias. */
  readonly aliases = new Map<string, WorldService>();
  readonly #after: (ms: number, run: () => void) => void;
  readonly #now: () => number;
  /** Aliases: every reply with addresses for one of them is lost. */
  readonly muted = new Set<string>();
  /** Number of Services by target. */
  readonly #targets = new Map<string, number>();
  #uids = 0;

  constructor(clock: { now(): number; after(ms: number, run: () => void): () => void }) {
    this.#now = () => clock.now();
    this.#after = (ms, run) => clock.after(ms, run);
    this.upstream = new Part('upstream', 'upstream_dns', clock.now());
  }

  addHost(name: string): Host {
    const host = new Host(name, 'cluster_dns', this.#now());
    this.hosts.push(host);
    return host;
  }

  addDomain(name: string): Domain {
    const domain: Domain = new Part(name, 'target', this.#now());
    this.domains.set(name, domain);
    return domain;
  }

  /** Each address is one server, so pods fail over to the next one. */
  get isFailover(): boolean {
    return [...this.addresses.values()].every(({ hosts }) => hosts.length === 1);
  }

  /**
   * All names outside the cluster fail at the same time, so the recovery of any name proves the
   * end.
   */
  get isCutOff(): boolean {
    return this.upstream.fault !== undefined && this.upstream.fault !== 'slow';
  }

  /** Every server serves the Service from the start. */
  add(name: string, externalName: string, settings: ServiceSpec['settings']): WorldService {
    const spec = this.#specOf(name, externalName, settings);
    const alias = aliasOf(spec, CLUSTER_DOMAIN);
    const service: WorldService = { spec, alias, changedAt: this.#now(), formerTarget: undefined };
    this.services.set(spec.key, service);
    this.aliases.set(alias, service);
    this.#count(spec.target, 1);
    for (const host of this.hosts) host.served.set(alias, spec.target);
    return service;
  }

  /** A Service that the servers do not have yet. */
  create(name: string, externalName: string, settings: ServiceSpec['settings']): WorldService {
    const service = this.add(name, externalName, settings);
    for (const host of this.hosts) host.served.delete(service.alias);
    this.#spread(service);
    return service;
  }

  edit(service: WorldService, externalName: string): void {
    service.formerTarget = this.finalTarget(service);
    this.#count(service.spec.target, -1);
    service.spec = { ...service.spec, externalName, target: targetOf(externalName) };
    this.#count(service.spec.target, 1);
    service.changedAt = this.#now();
    this.#spread(service);
  }

  remove(service: WorldService): void {
    this.services.delete(service.spec.key);
    this.aliases.delete(service.alias);
    this.#count(service.spec.target, -1);
    this.#after(LAG_MS, () => {
      if (this.aliases.has(service.alias)) return;
      for (const host of this.hosts) host.learn(service.alias, undefined);
    });
  }

  /** The last name of its target's chain through other Services. */
  finalTarget({ spec }: WorldService): string {
    let { target } = spec;
    for (let i = 0; i < 8; i++) {
      const next = this.aliases.get(target)?.spec.target;
      if (next === undefined) break;
      target = next;
    }
    return target;
  }

  /** Whether another Service has this alias as its target. */
  isTarget(alias: string): boolean {
    return (this.#targets.get(alias) ?? 0) > 0;
  }

  /** The provider's domain of a target; undefined in the cluster's own zone. */
  domainOf(target: string): Domain | undefined {
    return this.domains.get(target.slice(target.indexOf('.') + 1));
  }

  #count(target: string, step: 1 | -1): void {
    const count = (this.#targets.get(target) ?? 0) + step;
    if (count === 0) this.#targets.delete(target);
    else this.#targets.set(target, count);
  }

  #spread(service: WorldService): void {
    const { spec, alias } = service;
    for (const [i, host] of this.hosts.entries()) {
      this.#after(LAG_MS * (1 + 10 * i), () => {
        if (this.aliases.get(alias)?.spec !== spec) return;
        host.learn(alias, spec.target);
        service.changedAt = this.#now();
      });
    }
  }

  #specOf(name: string, externalName: string, settings: ServiceSpec['settings']): ServiceSpec {
    return {
      key: `shop/${name}`,
      namespace: 'shop',
      name,
      uid: `${name}-${this.#uids++}`,
      createdAt: this.#now(),
      externalName,
      target: targetOf(externalName),
      ports: [],
      settings,
      invalidAnnotations: [],
      labels: {},
    };
  }
}
