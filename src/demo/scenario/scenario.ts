/** Plays the demo's population and its events on the embedded servers. */

import { clusterIpService, externalNameService } from '../api/objects.ts';
import type { ApiServer } from '../api/server.ts';
import type { DnsServer } from '../dns/server.ts';
import { type ScenarioEvent, scenarioEvents } from './events.ts';
import { scenarioInternet, scenarioNotValidating, scenarioReference } from './internet.ts';
import { type ScenarioService, scenarioServices } from './services.ts';
import { isChanging, isOn, momentOf } from './time.ts';
import { scenarioZone } from './zone.ts';

export interface PlayOptions {
  /** Ends all changes. What is there stays. */
  signal: AbortSignal;
  /** ms since the epoch; the clock if absent. */
  now?: () => number;
  /** Hears when an event that reaches many Services begins and ends. */
  announce?: (line: string) => void;
}

/** The policy that is in force unless a file of `--config` has another. */
export const scenarioPolicy = { deniedCidrs: ['203.0.113.128/25'], namespaces: new Map() };

/** Scripts a resolver outside the cluster, which sees what cluster DNS forwards for, but for what it knows better. */
export function playReference(dns: Pick<DnsServer, 'internet'>): void {
  for (const [name, upstream] of Object.entries({ ...scenarioInternet, ...scenarioReference }))
    dns.internet.set(name, upstream);
}

/** Scripts one of two resolvers behind cluster DNS, the one that does not validate; the other one is scripted as cluster DNS is. */
export function playNotValidating(dns: Pick<DnsServer, 'internet'>): void {
  for (const [name, upstream] of Object.entries(scenarioNotValidating))
    dns.internet.set(name, upstream);
}

type Api = Pick<ApiServer, 'apply' | 'remove' | 'get'>;
type Dns = Pick<DnsServer, 'internet' | 'pin' | 'tamper'>;
type End = () => void;

/** The cluster domain; targets within the cluster have it in their names. */

const stepMs = 500;

/**
 * Sets everything up before it returns, and from then on plays what changes until aborted. `dns` must look up its
 * Services in `api` (see `servicesOf`).
 */
export function playScenario(
  api: Api,
  dns: Dns,
  { signal, now = Date.now, announce = () => {} }: PlayOptions,
): void {
  const start = now();
  for (const [name, upstream] of Object.entries(scenarioInternet)) dns.internet.set(name, upstream);
  // Services of other types, which a monitor of aliases must leave alone.
  api.apply(clusterIpService('default', 'kubernetes', '10.96.0.1'));
  api.apply(clusterIpService('backend', 'catalog', '10.96.40.12'));
  for (const service of scenarioServices) {
    breakDns(dns, service);
    if (isChanging(service)) continue;
    // Left alone from now on: what a visitor edits or deletes by hand stays so.
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

/** What is wrong with the alias at cluster DNS at all times. */
function breakDns(dns: Dns, { namespace, name, servedAs, tampers = {} }: ScenarioService): void {
  if (servedAs !== undefined) {
    const served = servedAs === 'nothing' ? undefined : { type: 'ExternalName', ...servedAs };
    dns.pin(namespace, name, served);
  }
  for (const [type, tamper] of Object.entries(tampers)) {
    dns.tamper(tamper, { name: `${name}.${namespace}.svc.${scenarioZone}`, type });
  }
}

/** Makes the Service at each step what it is to be at that time. */
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
      // Before the edit, so that cluster DNS at no moment serves the new target too early.
      unpin ??= dns.pin(namespace, name, { type: 'ExternalName', externalName: behind });
    }
    if (incarnation === played && held === externalName) return;
    played = incarnation;
    api.apply(objectOf(service, externalName));
  };
}

/** Begins and ends the event when its time has come. */
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
