/**
 * The Services of a simulated cluster: a few providers with many Services, many providers with few.
 */
import type { AddressType, Family } from '../../../src/model/round.ts';
import type { ServiceSettings } from '../../../src/model/service.ts';
import { BACKEND, CLUSTER_DOMAIN, type World } from './world.ts';

export const RECORD_TYPES: readonly AddressType[] = ['A', 'AAAA'];
export const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

/** The share of Services with another interval, a shared target, and so on. */
const OTHER_INTERVAL = 0.1;
const SHARED = 0.1;
const IN_ZONE = 0.05;
const ALIAS = 0.05;
const MISSING = 0.01;
const PER_DOMAIN = 20;
const SHARED_TARGETS = 5;

export function settingsOf(intervalMs: number): ServiceSettings {
  return { enabled: true, intervalMs, recordTypes: RECORD_TYPES, families: FAMILIES };
}

export function addDomains(world: World, services: number): void {
  const count = Math.max(4, Math.ceil(services / PER_DOMAIN));
  for (let i = 0; i < count; i++) world.addDomain(`provider${i}.test`);
}

/** A random target; the first domains are much more frequent than the last ones. */
export function someTarget(world: World, random: () => number): string {
  const domains = [...world.domains.keys()];
  const domain = domains[Math.floor(domains.length * random() ** 3)];
  const share = random();
  if (share < MISSING) return `missing${Math.floor(random() * 1e6)}.${domain}`;
  if (share < SHARED) return `shared${Math.floor(random() * SHARED_TARGETS)}.${domain}`;
  return `db${Math.floor(random() * 1e9)}.${domain}`;
}

export function addServices(
  world: World,
  services: number,
  intervalMs: number,
  random: () => number,
): void {
  for (let i = 0; i < services; i++) {
    const kind = random();
    const target =
      kind < IN_ZONE
        ? BACKEND
        : kind < IN_ZONE + ALIAS && i > 0
          ? `service${Math.floor(random() * i)}.shop.svc.${CLUSTER_DOMAIN}`
          : someTarget(world, random);
    world.add(`service${i}`, target, settingsOf(someInterval(intervalMs, random)));
  }
}

export function someInterval(intervalMs: number, random: () => number): number {
  if (random() >= OTHER_INTERVAL) return intervalMs;
  return random() < 0.5 ? intervalMs * 4 : Math.max(10_000, intervalMs / 2);
}
