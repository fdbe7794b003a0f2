/** Plays the demo's population on the embedded servers. */
import { clusterIpService, externalNameService } from './api-objects.ts';
import type { ApiServer } from './api-server.ts';
import type { DnsServer } from './dns-server.ts';
import { type ScenarioService, scenarioInternet, scenarioServices } from './scenario-services.ts';

export interface PlayOptions {
  /** Ends the coming and going. What is there stays. */
  signal: AbortSignal;
  /** ms since the epoch; the clock if absent. */
  now?: () => number;
}

const stepMs = 500;

/**
 * Sets everything up before it returns, and from then on makes Services come and go until aborted. `dns` must look
 * up its Services in `api` (see `servicesOf`).
 */
export function playScenario(
  api: Pick<ApiServer, 'apply' | 'remove' | 'get'>,
  dns: Pick<DnsServer, 'internet' | 'pin'>,
  { signal, now = Date.now }: PlayOptions,
): void {
  const start = now();
  for (const [name, upstream] of Object.entries(scenarioInternet)) dns.internet.set(name, upstream);
  // Services of other types, which a monitor of aliases must leave alone.
  api.apply(clusterIpService('default', 'kubernetes', '10.96.0.1'));
  api.apply(clusterIpService('backend', 'catalog', '10.96.40.12'));
  for (const { namespace, name, servedAs } of scenarioServices) {
    if (servedAs === undefined) continue;
    const served = servedAs === 'nothing' ? undefined : { type: 'ExternalName', ...servedAs };
    dns.pin(namespace, name, served);
  }
  const show = (service: ScenarioService) => {
    const { namespace, name, externalName } = service;
    const wanted = isPresent(service, now() - start);
    const there = api.get(namespace, name) !== undefined;
    if (wanted && !there) api.apply(externalNameService(namespace, name, externalName));
    else if (!wanted && there) api.remove(namespace, name);
  };
  scenarioServices.forEach(show);
  // The others are left alone from now on: what a visitor deletes by hand stays deleted.
  const changing = scenarioServices.filter(({ comesAndGoes }) => comesAndGoes !== undefined);
  const timer = setInterval(() => changing.forEach(show), stepMs);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}

/** Does the Service exist this many ms after the start? */
export function isPresent({ comesAndGoes }: ScenarioService, elapsedMs: number): boolean {
  if (comesAndGoes === undefined) return true;
  const { periodMs, presentMs, offsetMs } = comesAndGoes;
  return (elapsedMs + offsetMs) % periodMs < presentMs;
}
