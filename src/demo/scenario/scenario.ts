/** Plays the demo's Services and events on the embedded servers. */

import { clusterIpService, externalNameService } from '../api/objects.ts';
import type { ApiServer } from '../api/server.ts';
import type { DnsServer } from '../dns/server.ts';
import { type ScenarioEvent, scenarioEvents } from './events.ts';
import { scenarioInternet, scenarioNotValidating, scenarioReference } from './internet.ts';
import { type ScenarioService, scenarioServices } from './services.ts';
import { isChanging, isOn, momentOf } from './time.ts';
import { scenarioZone } from './zone.ts';

export interface PlayOptions {
  /** Ends all changes. The present state stays. */
  signal: AbortSignal;
  /** ms since the epoch; the system clock if absent. */
  now?: () => number;
  /** Called when an event that affects many Services begins and ends. */
  announce?: (line: string) => void;
}

/** The policy of the demo, unless a file of `--config` has one. */
export const scenarioPolicy = { deniedCidrs: ['203.0.113.128/25'], namespaces: new Map() };

/**
 * Scripts a resolver outside the cluster. It answers like cluster DNS, except for the names with
 * different data.
 */
export function playReference(dns: Pick<DnsServer, 'internet'>): void {
  for (const [name, upstream] of Object.entries({ ...scenarioInternet, ...scenarioReference }))
    dns.internet.set(name, upstream);
}

/**
 * Scripts the one of two resolvers behind cluster DNS that does not validate. The other one has the
 * same data as cluster DNS.
 */
export function playNotValidating(dns: Pick<DnsServer, 'internet'>): void {
  for (const [name, upstream] of Object.entries(scenarioNotValidating))
    dns.internet.set(name, upstream);
}

type Api = Pick<ApiServer, 'apply' | 'remove' | 'get'>;
type Dns = Pick<DnsServer, 'internet' | 'pin' | 'tamper'>;
type End = () => void;

/** Interval between two updates of the scenario, in ms. */

const stepMs = 500;

/**
 * Sets up everything before it returns, and then plays the changes until the signal aborts. `dns`
 * must look up its Services in `api` (see `servicesOf`).
 */
export function playScenario(
  api: Api,
  dns: Dns,
  { signal, now = Date.now, announce = () => {} }: PlayOptions,
): void {
  const start = now();
  for (const [name, upstream] of Object.entries(scenarioInternet)) dns.internet.set(name, upstream);
  // Services of other types, which the monitor must ignore.
  api.apply(clusterIpService('default', 'kubernetes', '10.96.0.1'));
  api.apply(clusterIpService('backend', 'catalog', '10.96.40.12'));
  for (const service of scenarioServices) {
    breakDns(dns, service);
    if (isChanging(service)) continue;
    // Not touched again, so that edits and deletions by a visitor stay.
    api.apply(objectOf(service, service.externalName));
  }
  const players = [
    ...scenarioServices.filter(isChanging).map((service) => playService(api, dns, service)),
    ...scenarioEvents.map((event) => playEvent(dns, event, announce)),
  ];
  const step = () => {
    const elapsedMs = now() - start;
    for (const play of players) play(elapsedMs);
  };
  step();
  const timer = setInterval(step, stepMs);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}

function objectOf(
  { namespace, name, annotations, selector }: ScenarioService,
  externalName: string,
) {
  const metadata = annotations ? { annotations: { ...annotations } } : {};
  return externalNameService(namespace, name, externalName, metadata, selector && { selector });
}

/** Permanent faults of the alias at cluster DNS. */
function breakDns(dns: Dns, { namespace, name, servedAs, tampers = {} }: ScenarioService): void {
  if (servedAs !== undefined) {
    const served = servedAs === 'nothing' ? undefined : { type: 'ExternalName', ...servedAs };
    dns.pin(namespace, name, served);
  }
  for (const [type, tamper] of Object.entries(tampers)) {
    dns.tamper(tamper, { name: `${name}.${namespace}.svc.${scenarioZone}`, type });
  }
}

/** Returns a step function that gives the Service its state at a time. */
function playService(api: Api, dns: Dns, service: ScenarioService): (elapsedMs: number) => void {
  const { namespace, name } = service;
  let played = -1;
  let unpin: End | undefined;
  return (elapsedMs) => {
    const moment = momentOf(service, elapsedMs);
    const held = api.get(namespace, name)?.spec?.externalName;
    if (held !== undefined && moment?.incarnation !== played) api.remove(namespace, name);
    if (moment === undefined) return;
    const { externalName, incarnation, behind } = moment;
    if (behind === undefined) {
      unpin?.();
      unpin = undefined;
    } else {
      // Before the edit, so that cluster DNS never serves the new target too early.
      unpin ??= dns.pin(namespace, name, { type: 'ExternalName', externalName: behind });
    }
    if (incarnation === played && held === externalName) return;
    played = incarnation;
    api.apply(objectOf(service, externalName));
  };
}

/** Returns a step function that begins and ends the event on time. */
function playEvent(
  dns: Dns,
  event: ScenarioEvent,
  announce: (line: string) => void,
): (elapsedMs: number) => void {
  let ends: End[] | undefined;
  return (elapsedMs) => {
    if (isOn(event, elapsedMs) === (ends !== undefined)) return;
    if (ends === undefined) {
      ends = begin(dns, event);
      if (event.announced) announce(event.announced.begins);
    } else {
      for (const end of ends) end();
      ends = undefined;
      if (event.announced) announce(event.announced.ends);
    }
  };
}

function begin(dns: Dns, { upstreams = {}, tamper }: ScenarioEvent): End[] {
  const tampered = tamper ? [dns.tamper(...tamper)] : [];
  const changed = Object.entries(upstreams).map(([name, upstream]) => {
    dns.internet.set(name, upstream);
    return () => dns.internet.set(name, scenarioInternet[name] ?? { rcode: 'NXDOMAIN' });
  });
  return [...tampered, ...changed];
}
