import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { externalNameService } from '../../src/demo/api-objects.ts';
import { ApiServer } from '../../src/demo/api-server.ts';
import { resolveInCluster } from '../../src/demo/dns-cluster.ts';
import { DnsServer } from '../../src/demo/dns-server.ts';
import { isPresent, playScenario } from '../../src/demo/scenario.ts';
import {
  failoverMs,
  type ScenarioService,
  scenarioInternet,
  scenarioServices,
} from '../../src/demo/scenario-services.ts';
import { servicesOf } from '../../src/demo/service-view.ts';
import { ask, said } from './_dns-client.ts';

function named(key: string): ScenarioService {
  const found = scenarioServices.find(({ namespace, name }) => `${namespace}/${name}` === key);
  if (found === undefined) throw new Error(`Cannot find the Service, got ${key}`);
  return found;
}

describe('the population', () => {
  test('is of distinct Services under names and addresses reserved for examples', () => {
    const keys = scenarioServices.map(({ namespace, name }) => `${namespace}/${name}`);
    expect(new Set(keys).size).toBe(keys.length);
    const names = [
      ...scenarioServices.map(({ externalName }) => externalName),
      ...Object.keys(scenarioInternet),
    ];
    const reserved = /(\.example\.(com|net|org)|\.svc\.cluster\.local|^192\.0\.2\.\d+)$/;
    expect(names.filter((name) => !reserved.test(name))).toEqual([]);
    for (const upstream of Object.values(scenarioInternet)) {
      const held = typeof upstream === 'function' ? upstream('A', 0) : upstream;
      for (const address of [...(held.a ?? []), ...(held.aaaa ?? [])]) {
        expect(address).toMatch(/^(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+$|^2001:db8:/);
      }
    }
  });

  test('has the verdicts that the demo promises, and an explanation for each', () => {
    expect(new Set(scenarioServices.map(({ expected }) => expected.verdict))).toEqual(
      new Set([
        'healthy',
        'target_nxdomain',
        'target_no_address',
        'target_failing',
        'alias_mismatch',
        'alias_missing',
        'invalid_target',
      ]),
    );
    for (const { look } of scenarioServices) expect(look).toMatch(/^[A-Z].{20,}\.$/);
  });
});

describe('played', () => {
  let api: ApiServer;
  let dns: DnsServer;
  let abort: AbortController;

  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
    api = new ApiServer();
    dns = new DnsServer({ services: servicesOf(api) });
    abort = new AbortController();
    playScenario(api, dns, { signal: abort.signal });
  });

  afterEach(() => {
    abort.abort();
    vi.useRealTimers();
  });

  const there = () => api.list().map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);

  test('is complete at once, with Services of other types among it', () => {
    const wanted = scenarioServices.filter((service) => isPresent(service, 0));
    expect(there()).toHaveLength(wanted.length + 2);
    expect(there()).toContain('backend/catalog');
  });

  test('Services come and go until aborted', () => {
    expect(there()).toContain('ci/preview-417');
    vi.advanceTimersByTime(8_500);
    expect(there()).not.toContain('ci/preview-417');
    expect(there()).toContain('ci/preview-418');
    vi.advanceTimersByTime(4_000);
    expect(there()).toContain('ci/preview-417');
    abort.abort();
    const before = there();
    vi.advanceTimersByTime(60_000);
    expect(there()).toEqual(before);
    expect(vi.getTimerCount()).toBe(0);
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
    expect(at(0)).toEqual(at(2 * failoverMs));
  });
});

test('presence repeats with its period', () => {
  const service = { ...named('ci/preview-418') };
  const at = [0, 1_999, 2_000, 6_000, 11_999, 18_000].map((ms) => isPresent(service, ms));
  expect(at).toEqual([true, true, false, true, true, true]);
});

/**
 * Verdicts again, by the shortest reading of the design's table over honest answers: it holds the expectations of
 * the population against what the embedded DNS really says.
 */
function verdictOf(dns: DnsServer, api: ApiServer, service: ScenarioService): string {
  const { namespace, name, externalName } = service;
  const lookup = servicesOf(api);
  const world = {
    zone: 'cluster.local',
    services: (ns: string, svc: string) =>
      ns === namespace && svc === name && service.servedAs !== undefined
        ? service.servedAs === 'nothing'
          ? undefined
          : { type: 'ExternalName', ...service.servedAs }
        : lookup(ns, svc),
    internet: dns.internet,
    forwardTimeoutMs: 2000,
  };
  const resolve = (question: string, type: string) => resolveInCluster(world, question, type, 0);
  if (externalName.split('.').some((label) => label.length > 63)) return 'invalid_target';
  if (/^[\d.]+$/.test(externalName)) return 'invalid_target';
  const alias = resolve(`${name}.${namespace}.svc.cluster.local`, 'CNAME');
  const [cname] = alias.answers;
  if (cname === undefined) return 'alias_missing';
  if (cname.type === 'CNAME' && cname.data !== externalName) return 'alias_mismatch';
  const targets = ['A', 'AAAA'].map((type) => resolve(externalName, type));
  if (targets.some(({ rcode }) => rcode === 'NXDOMAIN')) return 'target_nxdomain';
  if (targets.some(({ rcode }) => rcode !== 'NOERROR')) return 'target_failing';
  const addresses = targets.flatMap(({ answers }) =>
    answers.filter(({ type }) => type !== 'CNAME'),
  );
  return addresses.length === 0 ? 'target_no_address' : 'healthy';
}

test.each(
  scenarioServices.map((service) => [`${service.namespace}/${service.name}`, service] as const),
)('%s is what it is said to be', (_, service) => {
  const api = new ApiServer();
  const dns = new DnsServer({ services: servicesOf(api) });
  const abort = new AbortController();
  playScenario(api, dns, { signal: abort.signal });
  abort.abort();
  expect(verdictOf(dns, api, service)).toBe(service.expected.verdict);
});

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
  expect(await app('checkout/catalog')).toEqual([
    'CNAME catalog.backend.svc.cluster.local',
    'A 10.96.40.12',
  ]);
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
