import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parseTlsServers } from '../../../src/config/values.ts';
import type { Round } from '../../../src/model/round.ts';
import type { ServiceSpec } from '../../../src/model/service.ts';
import type { Store } from '../../../src/state/store.ts';
import { commandsFor } from '../../../src/views/services/commands.ts';
import type { Wanted } from '../../../src/views/services/list.ts';
import type { ServiceViews } from '../../../src/views/services/views.ts';
import {
  FAILING,
  HEALTHY,
  MISSING,
  ok,
  reportOf,
  result,
  silentOf,
  untimed,
} from '../../fixtures/rounds.ts';
import { specOf } from '../../fixtures/spec.ts';
import { holdWithViews } from '../../fixtures/views.ts';

const NOW = Date.UTC(2026, 10, 24);
const serverOf = (address: string) => ({ address, port: 53, label: `${address}:53` });
const REFERENCE = { servers: [serverOf('9.9.9.9')], intervalMs: 300_000, zones: [] };

interface Held {
  readonly store: Store;
  readonly views: ServiceViews;
  /** One round of each that has one, in that order. */
  readonly watch: (...services: readonly (readonly [ServiceSpec, (Round | undefined)?])[]) => void;
  readonly control: (server: string, round: 'ok' | 'timeout' | 'servfail' | 'nxdomain') => void;
}

function hold(addresses: readonly string[] = ['10.96.0.10']): Held {
  const servers = addresses.map(serverOf);
  const { store, views } = holdWithViews({ servers, reference: REFERENCE });
  store.informerChanged({ synced: true, connected: true, lastContactAt: NOW, lastListAt: NOW });
  return {
    store,
    views,
    watch: (...services) => {
      for (const [spec, round] of services) {
        store.seen(spec, false, NOW);
        if (round) store.round(reportOf(spec, round, NOW), NOW);
      }
    },
    control: (server, outcome) => {
      store.sensed({ type: 'control', server, result: result(outcome), endedAt: NOW });
    },
  };
}

const of = (namespace: string, name: string, change: Partial<ServiceSpec> = {}): ServiceSpec =>
  specOf(name, { namespace, ...change });

const slow = (seconds: number): Round => ({
  ...HEALTHY,
  app: { A: { ...ok('192.0.2.1'), seconds } },
});

describe('the list of Services', () => {
  const { views, watch } = hold();
  watch(
    [of('shop', 'b'), HEALTHY],
    [of('shop', 'a'), FAILING],
    [of('shop-2', 'a'), MISSING],
    [of('bank', 'ip', { externalName: '192.0.2.1', target: '192.0.2.1' })],
    [of('bank', 'slow'), slow(0.9)],
    [of('bank', 'silent'), { ...HEALTHY, app: { A: result('timeout') } }],
  );
  const names = (wanted: Wanted): string[] =>
    views.services(wanted).items.map(({ namespace, service }) => `${namespace}/${service}`);

  it.each<[Wanted, string[]]>([
    [{}, ['bank/silent', 'shop/a', 'shop-2/a', 'bank/ip', 'bank/slow', 'shop/b']],
    [
      { sort: 'state', order: 'reversed' },
      ['bank/slow', 'shop/b', 'bank/ip', 'bank/silent', 'shop/a', 'shop-2/a'],
    ],
    [{ sort: 'name' }, ['bank/ip', 'bank/silent', 'bank/slow', 'shop/a', 'shop/b', 'shop-2/a']],
    [{ sort: 'name', order: 'reversed', limit: 2 }, ['shop-2/a', 'shop/b']],
    [{ sort: 'latency', limit: 1 }, ['bank/slow']],
    [{ sort: 'latency', order: 'reversed', page: 6, limit: 1 }, ['bank/ip']],
    [{ sort: 'target', limit: 1 }, ['bank/ip']],
    [{ namespace: ['shop'] }, ['shop/a', 'shop/b']],
    [{ namespace: ['shop', 'shop-2'], up: ['0'] }, ['shop/a', 'shop-2/a']],
    [{ up: ['unknown'] }, ['bank/ip']],
    [{ verdict: ['target_nxdomain', 'pending'] }, ['shop-2/a', 'bank/ip']],
    [{ blame: ['none'], text: 'SLOW' }, ['bank/slow']],
    [{ text: 'p-2/' }, ['shop-2/a']],
    [{ text: '192.0.2' }, ['bank/ip']],
    [{ finding: ['ip_literal_target'] }, ['bank/ip']],
    [{ disagrees: true }, []],
    [{ verdict: [], page: 2, limit: 4 }, ['bank/slow', 'shop/b']],
    [{ page: 3, limit: 4 }, []],
  ])('%j', (wanted, expected) => {
    expect(names(wanted)).toEqual(expected);
  });

  it('has what has no value last, in either order', () => {
    const { views, watch } = hold();
    watch([of('a', 'a')], [of('a', 'b'), slow(0.9)], [of('a', 'c')], [of('a', 'd'), HEALTHY]);
    const sorted = (order: 'usual' | 'reversed') =>
      views.services({ sort: 'latency', order }).items.map(({ service }) => service);
    expect(sorted('usual')).toEqual(['b', 'd', 'a', 'c']);
    expect(sorted('reversed')).toEqual(['d', 'b', 'a', 'c']);
  });

  it('says how many there are, whatever part is shown', () => {
    const { total, pages, page, limit } = views.services({ page: 2, limit: 4 });
    expect({ total, pages, page, limit }).toEqual({ total: 6, pages: 2, page: 2, limit: 4 });
    expect(views.services({ sort: 'latency', limit: 1 })).toMatchObject({ total: 6, pages: 6 });
    expect(views.services({ up: ['0'], limit: 2 })).toMatchObject({ total: 3, pages: 2 });
  });

  it('follows what comes and goes', () => {
    const { views, store, watch } = hold();
    watch([of('shop', 'b'), HEALTHY]);
    expect(views.services({}).total).toBe(1);
    watch([of('shop', 'a'), HEALTHY]);
    expect(views.services({}).items.map(({ service }) => service)).toEqual(['a', 'b']);
    watch([of('shop', 'c'), HEALTHY], [of('bank', 'd'), HEALTHY]);
    store.gone('shop/a', NOW);
    // One that has taken another place is still found there.
    watch([of('bank', 'd'), MISSING], [of('shop', 'b'), MISSING]);
    expect(views.services({}).items.map(({ service, up }) => `${service} ${up}`)).toEqual([
      'd 0',
      'b 0',
      'c 1',
    ]);
    expect(views.namespaces).toEqual(['bank', 'shop']);
    // What changes after it was read has another place at once.
    watch([of('bank', 'd'), HEALTHY], [of('shop', 'c'), MISSING]);
    expect(views.services({}).items.map(({ service, up }) => `${service} ${up}`)).toEqual([
      'b 0',
      'c 0',
      'd 1',
    ]);
    for (const key of ['shop/c', 'bank/d', 'shop/b', 'shop/b']) store.gone(key, NOW);
    expect(views.services({}).items).toEqual([]);
  });

  it('has of a row what is known, and nothing else', () => {
    const [row] = views.services({ text: 'bank/ip' }).items;
    expect(row).toEqual({
      namespace: 'bank',
      service: 'ip',
      target: '192.0.2.1',
      verdict: 'pending',
      blame: 'none',
      since: new Date(NOW),
      latency: {},
      drift: { moves: 0, rotations: 0 },
      findings: [{ rule: 'ip_literal_target', level: 'critical' }],
    });
    const [other] = views.services({ text: 'shop/b' }).items;
    expect(other).toMatchObject({ up: 1, latency: { app: 0.004, alias: 0.004, target: 0.004 } });
  });
});

describe('the headline', () => {
  const said = ({ views }: Held) => views.summary(NOW).headline;

  it('waits for the first list', () => {
    const held = hold();
    held.store.informerChanged({ synced: false, connected: false });
    expect(said(held)).toMatchObject({ level: 'warning' });
    expect(said(hold()).text).toBe('There are no ExternalName Services to watch.');
  });

  it('is about cluster DNS before all else', () => {
    const held = hold();
    held.watch([of('a', 'a'), FAILING], [of('a', 'b')], [of('a', 'c')]);
    held.control('10.96.0.10:53', 'timeout');
    for (const spec of [of('a', 'b'), of('a', 'c')]) {
      held.store.round(silentOf(spec, NOW), NOW);
    }
    expect(said(held)).toEqual({
      level: 'critical',
      text: 'Cluster DNS at 10.96.0.10 is not answering: 2 Services affected.',
      affected: 2,
      query: 'blame=cluster_dns',
    });
    held.control('10.96.0.10:53', 'servfail');
    expect(said(held).text).toContain('is failing (servfail)');
    const report = { type: 'control', server: '10.96.0.10:53', endedAt: NOW } as const;
    held.store.sensed({ ...report, result: untimed(result('refused')) });
    expect(said(held).text).toContain('is failing (refused)');
  });

  it('is about one of several servers while pods are served', () => {
    const held = hold(['10.96.0.10', 'fd00::a']);
    held.watch([of('a', 'a'), HEALTHY]);
    held.control('10.96.0.10:53', 'ok');
    held.control('fd00::a:53', 'timeout');
    expect(said(held)).toMatchObject({ level: 'warning' });
    expect(said(held).text).toContain('1 of 2 servers of cluster DNS, fd00::a, is not answering');
  });

  it('names the one Service, the one target, or the one reason', () => {
    const one = hold();
    one.watch([of('a', 'a'), MISSING], [of('a', 'b'), HEALTHY]);
    expect(said(one).text).toMatch(/^a\/a: The target does not exist/);
    const mixed = hold();
    const degraded = { ...HEALTHY, target: FAILING.target ?? {} };
    mixed.watch([of('a', 'a'), degraded], [of('a', 'b'), MISSING]);
    // What is down goes before what is not, whatever their names.
    expect(said(mixed)).toMatchObject({ level: 'critical', affected: 1 });
    expect(said(mixed).text).toMatch(/^a\/b: /);
    const shared = hold();
    const target = { externalName: 'x.example.com', target: 'x.example.com' };
    shared.watch([of('a', 'a', target), MISSING], [of('b', 'a', target), FAILING]);
    expect(said(shared).text).toBe(
      '2 Services with one target, x.example.com, do not resolve because of their targets.',
    );
    const other = { externalName: 'a.example.net', target: 'a.example.net' };
    shared.watch([of('c', 'a', other), MISSING]);
    expect(said(shared).text).toBe('3 Services do not resolve because of their targets.');
    expect(said(shared).level).toBe('critical');
  });

  it('warns of what is up and not as it should be, and is content otherwise', () => {
    const held = hold();
    held.watch(
      [of('a', 'a'), { ...HEALTHY, target: FAILING.target ?? {} }],
      [of('a', 'b'), HEALTHY],
    );
    expect(said(held)).toMatchObject({ level: 'warning', affected: 1 });
    const fine = hold();
    fine.watch([of('a', 'a'), HEALTHY], [of('a', 'b'), HEALTHY]);
    expect(said(fine)).toEqual({ level: 'ok', text: 'All 2 Services are healthy.', affected: 0 });
    fine.watch([of('a', 'c')]);
    expect(said(fine).text).toBe('2 Services are healthy, 1 is not judged yet.');
    expect(fine.views.summary(NOW + 3_600_000).headline.level).toBe('warning');
  });
});

describe('the summary', () => {
  it('counts what there is', () => {
    const { views, watch } = hold();
    watch(
      [of('a', 'a'), HEALTHY],
      [of('a', 'b'), FAILING],
      [of('a', 'c', { externalName: '192.0.2.1', target: '192.0.2.1' })],
    );
    expect(views.summary(NOW)).toMatchObject({
      services: 3,
      up: 1,
      down: 1,
      unknown: 1,
      verdicts: { healthy: 1, target_failing: 1, pending: 1 },
      blames: { target: 1 },
      findings: { critical: 1, warning: 0, info: 1 },
      disagreeing: 0,
      informer: { synced: true, stale: false, lastList: new Date(NOW) },
    });
  });
});

describe('search domains in the summary', () => {
  const said = (domain: string, wildcard: boolean | undefined, endedAt: number) => ({
    type: 'search_domain' as const,
    domain,
    ...(wildcard === undefined ? {} : { wildcard }),
    ...(wildcard ? { example: { name: `x.${domain}`, addresses: ['192.0.2.7'] } } : {}),
    results: [],
    endedAt,
  });

  it('are those that answer for any name, since that is known, once each', () => {
    const { store, views } = hold();
    const seen = () => views.summary(NOW).searchPathWildcards;
    store.searchDomain(said('corp.example', true, NOW));
    store.searchDomain(said('eu.example', false, NOW));
    store.searchDomain(said('us.example', undefined, NOW));
    const found = { name: 'x.corp.example', addresses: ['192.0.2.7'], since: new Date(NOW) };
    expect(seen()).toEqual([{ domain: 'corp.example', ...found }]);
    store.searchDomain(said('corp.example', true, NOW + 3_600_000));
    // Questions that were not answered change nothing.
    store.searchDomain(said('corp.example', undefined, NOW + 7_200_000));
    expect(seen()).toEqual([{ domain: 'corp.example', ...found }]);
    store.searchDomain(said('corp.example', false, NOW + 7_200_000));
    expect(seen()).toEqual([]);
  });
});

describe('servers', () => {
  it('are those of cluster DNS, its pods and the references', () => {
    const { views, store, control } = hold();
    store.podsChanged(['10.244.0.2:53']);
    control('10.96.0.10:53', 'ok');
    control('10.244.0.2:53', 'timeout');
    const [main, pod, reference] = views.servers();
    expect(main).toMatchObject({ role: 'cluster_dns', answers: true, latency: 0.004 });
    expect(pod).toMatchObject({ role: 'pod', answers: false, outcome: 'timeout', failing: 0 });
    expect(pod?.latency).toBeUndefined();
    expect(pod?.since).toEqual(new Date(NOW));
    expect(reference).toEqual({ server: '9.9.9.9:53', role: 'reference', failing: 0 });
  });
});

describe('findings', () => {
  const { views, watch } = hold();
  const literal = { externalName: '192.0.2.1', target: '192.0.2.1' };
  watch([of('a', 'info'), HEALTHY], [of('b', 'literal', literal)], [of('c', 'literal', literal)]);

  it('are the worst first, with what they mean, and counted by rule', () => {
    const { items, counts, total } = views.findings({ limit: 2 });
    expect(total).toBe(3);
    expect(counts).toEqual({ ip_literal_target: 2, single_address: 1 });
    expect(items.map(({ namespace, level }) => `${namespace} ${level}`)).toEqual([
      'b critical',
      'c critical',
    ]);
    expect(items[0]?.advice).toMatch(/EndpointSlice/);
  });

  it('are those that are asked for', () => {
    expect(views.findings({ namespace: ['c'] }).total).toBe(1);
    expect(views.findings({ rule: ['single_address'] }).items[0]?.namespace).toBe('a');
    expect(views.findings({ level: ['info', 'warning'] }).total).toBe(1);
  });
});

describe('the detail of a Service', () => {
  const places = (held: Held) =>
    held.views.service('shop', 'db')?.path.map(({ place, state }) => `${place} ${state}`);

  it.each<[string, Round | undefined, string[]]>([
    ['healthy', HEALTHY, ['ok', 'ok', 'ok', 'ok', 'ok', 'ok']],
    ['a target that fails', FAILING, ['ok', 'ok', 'ok', 'ok', 'broken', 'unknown']],
    ['a target that does not exist', MISSING, ['ok', 'ok', 'ok', 'ok', 'ok', 'broken']],
    [
      'an alias that fails',
      { app: { A: result('timeout') }, alias: result('timeout') },
      ['ok', 'broken', 'unknown', 'unknown', 'unknown', 'unknown'],
    ],
    [
      'another CNAME that works',
      { ...HEALTHY, alias: result('mismatch') },
      ['ok', 'ok', 'impaired', 'ok', 'ok', 'ok'],
    ],
    ['pending', undefined, ['ok', 'unknown', 'unknown', 'unknown', 'unknown', 'unknown']],
  ])('marks where the way to the address breaks: %s', (_, round, states) => {
    const held = hold();
    held.watch([specOf('db'), round]);
    const all = ['pod', 'cluster_dns', 'cname', 'upstream', 'name_servers', 'addresses'];
    expect(places(held)).toEqual(all.map((place, i) => `${place} ${states[i]}`));
  });

  it('has every answer, the history, and who edited it', () => {
    const held = hold();
    held.watch([specOf('db'), HEALTHY]);
    const edited = specOf('db', { externalName: 'db2.example.com', editedBy: 'argocd' });
    held.store.seen(edited, true, NOW + 1);
    const detail = held.views.service('shop', 'db');
    expect(detail).toMatchObject({
      alias: 'db.shop.svc.cluster.local',
      addresses: ['192.0.2.1'],
      edits: 1,
      convergence: { since: new Date(NOW + 1), deadline: new Date(NOW + 60_001) },
      history: {
        edits: [{ from: 'db.example.com', to: 'db2.example.com', by: 'argocd' }],
        latencies: { app: [expect.closeTo(0.004, 3)] },
      },
    });
    expect(detail?.hops.map(({ hop, name, answers }) => [hop, name, answers.length])).toEqual([
      ['app', 'db.shop.svc.cluster.local', 2],
      ['alias', 'db.shop.svc.cluster.local', 1],
      // What was asked, and not what the spec names by now.
      ['target', 'db.example.com', 2],
    ]);
    expect(detail?.hops[1]?.answers[0]?.chain).toEqual([{ name: 'db.example.com', ttl: 30 }]);
    expect(held.views.service('shop', 'nobody')).toBeUndefined();
  });
});

describe('commands to try', () => {
  const asking = {
    clusterDomain: 'cluster.local',
    servers: [{ address: '10.96.0.10', port: 5353, label: '' }],
    references: [serverOf('9.9.9.9'), ...parseTlsServers('tls://1.1.1.1')],
  };
  const commands = (target: string) =>
    commandsFor({ namespace: 'shop', name: 'db', target }, asking)
      .map(({ command }) => command)
      .filter((command) => command.startsWith('dig'));

  it('begin with kubectl, in the namespace of the Service and with the domain of the cluster', () => {
    const own = { ...asking, clusterDomain: 'k8s.corp' };
    const spec = { namespace: 'shop', name: 'db', target: 'db.example.com' };
    const lines = commandsFor(spec, own)
      .map(({ command }) => command)
      .filter((command) => !command.startsWith('dig'));
    expect(lines.map((line) => line.replace(/--image=\S+/, '--image'))).toEqual([
      'kubectl -n shop get service db -o yaml --show-managed-fields',
      'kubectl -n shop run dns-look --rm -i --restart=Never --image --command -- dig +noedns -t A -q db.shop.svc.k8s.corp.',
      'kubectl -n shop debug -i "$POD" --image -- dig +noedns -t A -q db.shop.svc.k8s.corp.',
    ]);
  });

  it('ask as the hops do, then further', () => {
    expect(commands('db.example.com')).toEqual([
      'dig @10.96.0.10 -p 5353 +noedns -t A -q db.shop.svc.cluster.local.',
      'dig @10.96.0.10 -p 5353 -t CNAME -q db.shop.svc.cluster.local.',
      'dig @10.96.0.10 -p 5353 -t A -q db.example.com.',
      'dig @10.96.0.10 -p 5353 +tcp -t A -q db.example.com.',
      'dig @9.9.9.9 -t A -q db.example.com.',
      'dig @1.1.1.1 +tls -t A -q db.example.com.',
      'dig +trace -t A -q db.example.com.',
    ]);
    expect(commands('db.other.svc.cluster.local')).toHaveLength(4);
    expect(commands('192.0.2.1')).toHaveLength(2);
    expect(commands('2001:db8::1')).toHaveLength(2);
  });

  it.each(["x'; touch /tmp/owned; '", '$(id)', '`id`', '-f/etc/passwd', '@evil +x', 'a\\b'])(
    'are safe to paste whatever the target is: %s',
    (target) => {
      const all = commands(target).filter((command) => command.includes('-q'));
      const words = execFileSync('sh', ['-c', all[2]?.replace(/^dig/, "printf '%s\\n'") ?? ''], {
        encoding: 'utf8',
      });
      expect(words.trimEnd().split('\n').at(-1)).toBe(`${target}.`);
    },
  );
});
