/** The true state of a Service, and so the verdicts that the monitor may report. */
import type { Blame } from '../../../src/model/verdict.ts';
import type { DomainFault } from './faults.ts';
import type { Domain, Host, World, WorldService } from './world.ts';

export interface Expectation {
  /**
   * Whether pods get an address: at every server, or at none; undefined if it depends on chance.
   */
  readonly up: 0 | 1 | undefined;
  /** Whether every family works at every server; undefined if it depends on chance. */
  readonly healthy: boolean | undefined;
  /**
   * Whether the Service must be queried: cluster DNS serves it and answers reliably, upstream works
   * as a whole, and its own domain does not hang.
   */
  readonly askable: boolean;
  /** Queries for its target are answered late or never. */
  readonly hangs: boolean;
  /** When the present state of all its dependencies began. */
  readonly since: number;
}

/** A server counts as lossy for as long as messages to it are remembered. */
const LOSS_REMEMBERED_MS = 120_000;
/** The last results of Services with long intervals count until their next round. */
const EPIDEMIC_REMEMBERED_MS = 300_000;
const NO_ADDRESS: ReadonlySet<DomainFault> = new Set(['hangs', 'never', 'servfail', 'nxdomain']);
const HANGING: ReadonlySet<DomainFault> = new Set(['hangs', 'never']);

export function expectationOf(world: World, service: WorldService): Expectation {
  const path = pathOf(world, service);
  const { outside, services } = path;
  let since = Math.max(...services.map(({ changedAt }) => changedAt));
  for (const { changedAt } of outside) since = Math.max(since, changedAt);
  const has = (faults: ReadonlySet<DomainFault>): boolean =>
    outside.some(({ fault }) => fault !== undefined && faults.has(fault));
  const resolves = !has(NO_ADDRESS) && !isMissing(path.target) && !world.muted.has(service.alias);
  let serving = 0;
  let failing = 0;
  let answering = 0;
  let hanging = 0;
  let refusing = 0;
  let knowing = 0;
  for (const host of world.hosts) {
    since = Math.max(since, host.changedAt);
    const isKnown = services.every(({ alias, spec }) => host.served.get(alias) === spec.target);
    const state = stateAt(host, path, resolves, isKnown);
    if (isKnown) knowing++;
    if (state === 'serves') serving++;
    else if (state === 'fails') failing++;
    const hangs = outside.length > 0 && host.fault === 'forwarder_hangs';
    if (hangs) hanging++;
    else if (host.fault !== 'silent' && host.fault !== 'lossy') answering++;
    if (host.fault === 'servfail') refusing++;
  }
  const { length } = world.hosts;
  const up = serving === length ? 1 : failing === length ? 0 : undefined;
  const isHalf = outside.some(({ fault }) => fault === 'family');
  // Behind another alias only NODATA is left of the family's error.
  const isHidden = isHalf && services.length > 1;
  const healthy = up === undefined || isHidden ? undefined : up === 1 && !isHalf;
  // One server hangs and the others answer nothing but errors: that is what a silent upstream looks like.
  const isCutOff =
    outside.length > 0 && (world.isCutOff || (hanging > 0 && answering === refusing));
  // The queried pod behind an address is random.
  const isAnswered = world.isFailover ? answering > 0 : answering === length;
  const askable = isAnswered && knowing === length && !isCutOff && !has(HANGING);
  return { up, healthy, askable, hangs: has(HANGING), since };
}

/**
 * The components that a verdict on the Service may name: all components at fault, now or since
 * `since`.
 */
export function blamesOf(world: World, service: WorldService, since: number): ReadonlySet<Blame> {
  const blames = new Set<Blame>(['none']);
  const { outside, services, target } = pathOf(world, service);
  if (isMissing(target)) blames.add('target');
  if (world.muted.has(service.alias)) blames.add('cluster_dns');
  for (const host of world.hosts) {
    if (host.wasFaulty(since - LOSS_REMEMBERED_MS)) blames.add('cluster_dns');
    if (host.faults(since).includes('forwarder_hangs')) blames.add('upstream_dns');
  }
  for (const part of outside) {
    if (part.wasFaulty(since)) blames.add(part.blame);
  }
  for (const { changedAt, formerTarget } of services) {
    if (changedAt < since) continue;
    blames.add('cluster_dns');
    if (formerTarget === undefined) continue;
    const formerly = world.domainOf(formerTarget);
    if (isMissing(formerTarget) || formerly?.wasFaulty(since)) blames.add('target');
    if (formerly && world.upstream.wasFaulty(since)) blames.add('upstream_dns');
  }
  // Several domains that fail at the same time look the same as a failing upstream resolver.
  const recently = since - EPIDEMIC_REMEMBERED_MS;
  if (blames.has('target') && isEpidemic(world, recently)) blames.add('upstream_dns');
  if (blames.has('upstream_dns')) blames.add('target');
  return blames;
}

/** Whether one of several servers was broken since `since`, so that it may explain bad rounds. */
export function isSplit(world: World, since: number): boolean {
  return world.hosts.length > 1 && world.hosts.some((host) => host.wasFaulty(since));
}

/** Number of starts and ends of harmful faults on the path of a Service. */
export function changesOf(world: World, service: WorldService, since: number): number {
  const { outside, services } = pathOf(world, service);
  const edits = services.filter(({ changedAt }) => changedAt >= since).length;
  return [...world.hosts, ...outside].reduce((sum, part) => sum + part.changes(since), edits);
}

interface Path {
  /** The Service, and the Services that its alias leads to. */
  readonly services: readonly WorldService[];
  /**
   * The domain of its provider, and the upstream resolver; empty if the target is in the cluster.
   */
  readonly outside: readonly Domain[];
  /** The last name. */
  readonly target: string;
}

function pathOf(world: World, service: WorldService): Path {
  const services = [service];
  let { target } = service.spec;
  for (let next = world.aliases.get(target); next; next = world.aliases.get(target)) {
    if (services.includes(next)) break;
    services.push(next);
    target = next.spec.target;
  }
  const domain = world.domainOf(target);
  return {
    services,
    outside: domain ? [domain, world.upstream] : [],
    target,
  };
}

/** The domain works, but has no such name. */
function isMissing(target: string): boolean {
  return target.startsWith('missing');
}

function stateAt(
  host: Host,
  path: Path,
  resolves: boolean,
  isKnown: boolean,
): 'serves' | 'fails' | 'by chance' {
  const { fault } = host;
  if (fault === 'silent' || fault === 'servfail') return 'fails';
  if (fault === 'forwarder_hangs' && path.outside.length > 0) return 'fails';
  if (fault === 'lossy' || !isKnown) return 'by chance';
  return resolves ? 'serves' : 'fails';
}

const SEVERAL = 3;

function isEpidemic(world: World, since: number): boolean {
  let faulty = 0;
  for (const domain of world.domains.values()) {
    if (domain.wasFaulty(since) && ++faulty >= SEVERAL) return true;
  }
  return false;
}
