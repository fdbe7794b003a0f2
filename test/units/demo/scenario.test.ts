import { decode } from 'dns-packet';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { externalNameService } from '../../../src/demo/api/objects.ts';
import { ApiServer } from '../../../src/demo/api/server.ts';
import { resolveInCluster } from '../../../src/demo/dns/cluster.ts';
import { DnsServer } from '../../../src/demo/dns/server.ts';
import { scenarioEvents } from '../../../src/demo/scenario/events.ts';
import { failoverMs, scenarioInternet } from '../../../src/demo/scenario/internet.ts';
import { playScenario, scenarioPolicy } from '../../../src/demo/scenario/scenario.ts';
import { type ScenarioService, scenarioServices } from '../../../src/demo/scenario/services.ts';
import { servicesOf } from '../../../src/demo/service-view.ts';
import { isWithinAny, parseCidr } from '../../../src/diagnosis/address.ts';
import { VERDICTS } from '../../../src/model/verdict.ts';
import { ask, question, said } from './_dns-client.ts';

const keyOf = ({ namespace, name }: ScenarioService) => `${namespace}/${name}`;

function named(key: string): ScenarioService {
  const found = scenarioServices.find((service) => keyOf(service) === key);
  if (found === undefined) throw new Error(`Cannot find the Service, got ${key}`);
  return found;
}

describe('the population', () => {
  test('is of distinct Services under names and addresses reserved for examples', () => {
    const keys = scenarioServices.map(keyOf);
    expect(new Set(keys).size).toBe(keys.length);
    const names = [
      ...scenarioServices.map(({ externalName }) => externalName),
      ...Object.keys(scenarioInternet),
    ];
    const reserved = /(\.example(\.(com|net|org))?|\.svc|\.cluster\.local|^192\.0\.2\.\d+)$/;
    // One must lie where anyone may claim it, one where anyone may register it; no server outside is asked for them.
    expect([...new Set(names.filter((name) => !reserved.test(name)))]).toEqual([
      'localhost',
      'api.lapsed-brand-417.com',
      'summer-campaign-417.azurewebsites.net',
    ]);
    // Metadata of clouds, to be found.
    const addressesToFind = ['169.254.169.254'];
    for (const upstream of Object.values(scenarioInternet)) {
      const held = typeof upstream === 'function' ? upstream('A', 0) : upstream;
      for (const address of [...(held.a ?? []), ...(held.aaaa ?? [])]) {
        if (addressesToFind.includes(address)) continue;
        expect(address).toMatch(/^(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+$|^2001:db8:/);
      }
    }
  });

  test('has every verdict but that of a monitor that cannot tell, at all times or in an event', () => {
    const promised = [
      ...scenarioServices.map(({ expected }) => expected.verdict),
      ...scenarioEvents.flatMap(({ shows }) => Object.values(shows).map(({ verdict }) => verdict)),
    ];
    const { unknown: _, ...others } = VERDICTS;
    expect(new Set(promised)).toEqual(new Set(Object.keys(others)));
  });
});

describe('played', () => {
  let api: ApiServer;
  let dns: DnsServer;
  let abort: AbortController;
  let announced: string[];

  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
    api = new ApiServer();
    dns = new DnsServer({ services: servicesOf(api) });
    abort = new AbortController();
    announced = [];
    playScenario(api, dns, {
      signal: abort.signal,
      announce: (line) => announced.push(line),
    });
  });

  afterEach(() => {
    abort.abort();
    vi.useRealTimers();
  });

  const there = () => api.list().map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  const uid = (namespace: string, name: string) => api.get(namespace, name)?.metadata.uid;

  test('is complete at once but for what is made later, with Services of other types', () => {
    const later = scenarioServices.filter(({ recreatedEveryMs }) => recreatedEveryMs !== undefined);
    expect(there()).toHaveLength(scenarioServices.length - later.length + 2);
    expect(there()).toContain('backend/catalog');
  });

  test('Services come and go until aborted', () => {
    expect(there()).toContain('ci/preview-417');
    vi.advanceTimersByTime(8_500);
    expect(there()).not.toContain('ci/preview-417');
    vi.advanceTimersByTime(4_000);
    expect(there()).toContain('ci/preview-417');
    abort.abort();
    const before = there();
    vi.advanceTimersByTime(60_000);
    expect(there()).toEqual(before);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('one is made anew all the time, with another UID', () => {
    expect(there()).not.toContain('ci/smoke-test');
    const seen = [2_000, 1_500, 4_000, 4_000].map((ms) => {
      vi.advanceTimersByTime(ms);
      return uid('ci', 'smoke-test');
    });
    expect(seen).not.toContain(undefined);
    expect(seen[1]).toBe(seen[0]);
    expect(new Set(seen).size).toBe(3);
  });

  test('one is edited to and fro, and remains the same Service', () => {
    const first = uid('shop', 'storefront');
    const target = () => api.get('shop', 'storefront')?.spec?.externalName;
    const seen = [0, 15_000, 15_000].map((ms) => {
      vi.advanceTimersByTime(ms);
      return target();
    });
    expect(seen).toEqual(
      ['blue', 'green', 'blue'].map((colour) => `${colour}.storefront.example.com`),
    );
    expect(uid('shop', 'storefront')).toBe(first);
  });

  test('cluster DNS goes on with the old target for a while after an edit', () => {
    const unpin = vi.fn();
    const pin = vi.spyOn(dns, 'pin').mockReturnValue(unpin);
    vi.advanceTimersByTime(15_000);
    const old = { type: 'ExternalName', externalName: 'blue.storefront.example.com' };
    expect(pin.mock.calls).toEqual([['shop', 'storefront', old]]);
    vi.advanceTimersByTime(2_500);
    expect(unpin).not.toHaveBeenCalled();
    vi.advanceTimersByTime(500);
    expect(unpin).toHaveBeenCalledOnce();
  });

  test('an event breaks what it says, is announced, and mends it', () => {
    vi.advanceTimersByTime(43_500);
    const mend = vi.fn();
    const tamper = vi.spyOn(dns, 'tamper').mockReturnValue(mend);
    vi.advanceTimersByTime(500);
    expect(tamper.mock.calls.map(([, match]) => match)).toEqual([{ outside: 'cluster.local' }]);
    vi.advanceTimersByTime(9_500);
    expect(mend).not.toHaveBeenCalled();
    vi.advanceTimersByTime(500);
    expect(mend).toHaveBeenCalledOnce();
    expect(announced.slice(-2)).toEqual([
      expect.stringContaining('all targets fail'),
      expect.stringContaining('resolved again'),
    ]);
  });

  test('what a visitor deletes stays deleted', () => {
    api.remove('orders', 'legacy-db');
    vi.advanceTimersByTime(30_000);
    expect(there()).not.toContain('orders/legacy-db');
  });

  test('the failing-over target changes its address', () => {
    const { externalName } = named('billing/ledger-db');
    const at = (now: number) => dns.internet.resolve(externalName, 'A', now).answers[0];
    expect(at(0)).not.toEqual(at(failoverMs));
    const turns = Array.from({ length: 60 }, (_, i) => JSON.stringify(at(i * failoverMs)));
    expect(new Set(turns).size).toBe(60);
  });
});

/** What one question gets, as a client sees it that waits as long as the monitor in the demo. */
type Said = 'timeout' | { rcode: string; cname?: string; addresses: number; isDenied?: boolean };

const demoTimeoutMs = 500;

function worldOf(api: ApiServer, dns: DnsServer, service: ScenarioService) {
  const { namespace, name, servedAs, tampers = {} } = service;
  const lookup = servicesOf(api);
  const world = {
    zone: 'cluster.local',
    services: (ns: string, svc: string) => {
      if (servedAs === undefined || ns !== namespace || svc !== name) return lookup(ns, svc);
      return servedAs === 'nothing' ? undefined : { type: 'ExternalName', ...servedAs };
    },
    internet: dns.internet,
    forwardTimeoutMs: 2000,
  };
  const alias = `${name}.${namespace}.svc.cluster.local`;
  return (asked: string, type: 'A' | 'AAAA' | 'CNAME'): Said => {
    const tamper = asked === alias ? tampers[type] : undefined;
    if (tamper !== undefined) {
      const sent = tamper({ query: question(asked, type), reply: Buffer.of(1), transport: 'udp' });
      const [message] = sent === undefined || 'messages' in sent ? [] : sent;
      return message === undefined
        ? 'timeout'
        : { rcode: 'NOERROR', addresses: addressesIn(message) };
    }
    const { rcode, answers, delayMs } = resolveInCluster(world, asked, type, 0);
    if (delayMs > demoTimeoutMs) return 'timeout';
    const cname = answers.find((answer) => answer.type === 'CNAME');
    const addresses = answers.filter((answer) => answer.type === type && type !== 'CNAME').length;
    const denied = parseCidr(scenarioPolicy.deniedCidrs[0] ?? '');
    const isDenied = answers.some(({ data }) => isWithinAny(String(data), [denied]));
    return {
      rcode,
      ...(cname?.type === 'CNAME' ? { cname: cname.data } : {}),
      addresses,
      isDenied,
    };
  };
}

function addressesIn(message: Buffer): number {
  return (decode(message).answers ?? []).filter(({ type }) => type === 'A' || type === 'AAAA')
    .length;
}

const hasAddress = (said: Said) => said !== 'timeout' && said.addresses > 0;
const isError = (said: Said) =>
  said === 'timeout' || (said.rcode !== 'NOERROR' && said.rcode !== 'NXDOMAIN');

/**
 * Verdicts again, by the shortest reading of the design's table: it holds the expectations of the population
 * against what the embedded DNS really says.
 */
function verdictOf(api: ApiServer, dns: DnsServer, service: ScenarioService): string {
  const { namespace, name, externalName } = service;
  const ask = worldOf(api, dns, service);
  const alias = `${name}.${namespace}.svc.cluster.local`;
  const cname = ask(alias, 'CNAME');
  const app = [ask(alias, 'A'), ask(alias, 'AAAA')];
  const target = [ask(externalName, 'A'), ask(externalName, 'AAAA')];
  const served = cname === 'timeout' ? undefined : cname.cname;
  if (app.some(hasAddress)) {
    if (app.some((said) => said !== 'timeout' && said.isDenied)) return 'untrusted_answer';
    if (served !== externalName) return 'alias_mismatch';
    if (app.some(isError)) return 'family_failing';
    return target.some(isError) ? 'degraded' : 'healthy';
  }
  if (externalName.split('.').some((label) => label.length > 63)) return 'invalid_target';
  if (/^([\d.]+|localhost)$/.test(externalName)) return 'invalid_target';
  const next = ask(externalName, 'CNAME');
  if (next !== 'timeout' && next.cname === alias) return 'invalid_target';
  if (hasAddress(ask(`${externalName}.cluster.local`, 'A'))) return 'invalid_target';
  // Without svc, or in the domain of another cluster.
  if (/^\w+\.\w+(\.cluster\.local|\.svc\.cluster\.example)$/.test(externalName)) {
    return 'invalid_target';
  }
  if (isError(cname)) return 'cluster_dns_failing';
  if (served === undefined) return service.recreatedEveryMs ? 'pending' : 'alias_missing';
  if (target.some(hasAddress)) return 'app_view_broken';
  if (target.some(isError)) return 'target_failing';
  const isNowhere = target.some((said) => said !== 'timeout' && said.rcode === 'NXDOMAIN');
  return isNowhere ? 'target_nxdomain' : 'target_no_address';
}

test.each(scenarioServices.map((service) => [keyOf(service), service] as const))(
  '%s is what it is said to be',
  (_, service) => {
    const api = new ApiServer();
    const dns = new DnsServer({ services: servicesOf(api) });
    playScenario(api, dns, { signal: AbortSignal.abort() });
    expect(verdictOf(api, dns, service)).toBe(service.expected.verdict);
  },
);

test('on real sockets, from the API server to a DNS answer', async () => {
  await using api = new ApiServer();
  await using dns = new DnsServer({ services: servicesOf(api) });
  const abort = new AbortController();
  playScenario(api, dns, { signal: abort.signal });
  await dns.start();
  const app = async (key: string) =>
    said(await ask(dns.port, `${key.split('/').reverse().join('.')}.svc.cluster.local`));
  expect(await app('orders/search')).toEqual(['CNAME search-v1.shop.example.com', 'A 192.0.2.41']);
  expect(await app('orders/gift-cards')).toEqual([]);
  expect(await app('orders/legacy-db')).toEqual(['CNAME db-old.warehouse.example.com']);
  expect(await app('network/webhooks')).toEqual(['CNAME hooks.partner.example.net']);
  expect(await app('checkout/catalog')).toEqual([
    'CNAME catalog.backend.svc.cluster.local',
    'A 10.96.40.12',
  ]);
  const mirrors = await ask(dns.port, 'mirrors.media.svc.cluster.local');
  expect(mirrors).toMatchObject({ flag_tc: true });
  abort.abort();
});

describe('the view that DNS has of the Services', () => {
  test('follows at once, or after the lag with each change in its turn', () => {
    const api = new ApiServer();
    let now = 0;
    const prompt = servicesOf(api);
    const late = servicesOf(api, { lagMs: 100, now: () => now });
    const targets = () => [prompt('a', 'x')?.externalName, late('a', 'x')?.externalName];
    api.apply(externalNameService('a', 'x', 'one.test'));
    expect(targets()).toEqual(['one.test', undefined]);
    now = 50;
    api.apply(externalNameService('a', 'x', 'two.test'));
    expect(targets()).toEqual(['two.test', undefined]);
    now = 99;
    expect(targets()).toEqual(['two.test', undefined]);
    now = 100;
    expect(targets()).toEqual(['two.test', 'one.test']);
    now = 150;
    expect(targets()).toEqual(['two.test', 'two.test']);
    api.remove('a', 'x');
    expect(targets()).toEqual([undefined, 'two.test']);
    now = 250;
    expect(targets()).toEqual([undefined, undefined]);
  });
});
