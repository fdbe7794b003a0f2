import { describe, expect, it } from 'vitest';
import type { RoundReport } from '../../src/model/messages.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import type { QueryResult, Round } from '../../src/model/round.ts';
import type { ServiceSpec } from '../../src/model/service.ts';
import type { ServiceRecord } from '../../src/state/record.ts';
import { isStale, Store } from '../../src/state/store.ts';
import { specOf } from '../spec.ts';

const NOW = Date.UTC(2026, 10, 22);

function spec(name: string, externalName = `${name}.example.com`, uid = name): ServiceSpec {
  return specOf(name, { externalName, uid });
}

function result(outcome: Outcome, change: Partial<QueryResult> = {}): QueryResult {
  const answered = outcome === 'timeout' ? {} : { seconds: 0.004 };
  return {
    outcome,
    server: '10.96.0.10:53',
    exchanges: [],
    addresses: [],
    chain: [],
    ...answered,
    ...change,
  };
}

const ok = (address: string): QueryResult => result('ok', { addresses: [address], ttl: 30 });

const HEALTHY: Round = {
  app: { A: ok('192.0.2.1'), AAAA: result('bare_cname') },
  alias: result('ok', { ttl: 30 }),
  target: { A: ok('192.0.2.1'), AAAA: result('nodata') },
};

const FAILING: Round = {
  app: { A: result('bare_cname'), AAAA: result('bare_cname') },
  alias: result('ok'),
  target: { A: result('servfail'), AAAA: result('servfail') },
};

function report(of: ServiceSpec, round: Round, change: Partial<RoundReport> = {}): RoundReport {
  const { key, uid, target } = of;
  const fixed = {
    judged: true,
    silent: false,
    targetShared: false,
    unconfirmed: {},
    delaySeconds: 0,
  };
  return { type: 'round', key, uid, target, round, endedAt: NOW, ...fixed, ...change };
}

interface Held {
  readonly store: Store;
  readonly record: (name: string) => ServiceRecord | undefined;
  readonly changes: string[];
}

function hold(servers: readonly string[] = ['10.96.0.10:53'], onDoubt?: () => void): Held {
  const changes: string[] = [];
  const store = new Store(
    {
      servers: servers.map((label) => ({ address: label, port: 53, label })),
      families: ['ipv4', 'ipv6'],
      clusterDomain: 'cluster.local',
      recordTypes: ['A', 'AAAA'],
      convergenceDeadlineMs: 60_000,
      drift: { entries: 64, windowMs: 86_400_000 },
    },
    (key, record) => changes.push(`${key} ${record?.diagnosis.verdict ?? 'gone'}`),
    onDoubt,
  );
  store.informerChanged({ synced: true, connected: true, lastContactAt: NOW, lastListAt: NOW });
  return { store, changes, record: (name) => store.records.get(`shop/${name}`) };
}

describe('Store', () => {
  it('is pending without up until the first round, then says what the round said', () => {
    const { store, record, changes } = hold();
    store.seen(spec('db'), false, NOW);
    expect(record('db')?.diagnosis).toEqual({ verdict: 'pending', blame: 'none' });
    store.round(report(spec('db'), HEALTHY), NOW);
    expect(record('db')?.diagnosis).toEqual({ up: 1, verdict: 'healthy', blame: 'none' });
    expect(changes).toEqual(['shop/db pending', 'shop/db healthy']);
  });

  it('counts every query raw, those asked again included, and a shared target hop not at all', () => {
    const { store, record } = hold();
    store.seen(spec('db'), false, NOW);
    store.round(report(spec('db'), HEALTHY, { unconfirmed: FAILING }), NOW);
    store.round(report(spec('db'), HEALTHY, { targetShared: true }), NOW);
    const outcomes = record('db')?.queries.map(({ hop, type, outcomes }) => ({
      [`${hop} ${type}`]: outcomes,
    }));
    expect(Object.assign({}, ...(outcomes ?? []))).toEqual({
      'app A': { ok: 2, nodata: 1 },
      'app AAAA': { ok: 0, nodata: 3 },
      'alias CNAME': { ok: 3 },
      'target A': { ok: 1, error: 1 },
      'target AAAA': { ok: 0, nodata: 1, error: 1 },
    });
    expect(record('db')?.rounds).toEqual({ up: 2, down: 0 });
    expect(record('db')?.durations?.target.counts).toEqual([0, 4, 0, 0, 0, 0, 0]);
  });

  it('gives silence no duration', () => {
    const { store, record } = hold();
    store.seen(spec('db'), false, NOW);
    store.round(report(spec('db'), HEALTHY), NOW);
    const silent = { A: result('timeout'), AAAA: result('timeout') };
    store.round(report(spec('db'), { app: silent, alias: result('timeout'), target: silent }), NOW);
    expect(record('db')?.queries.every((query) => query.lastSeconds === undefined)).toBe(true);
    expect(record('db')?.durations?.app.counts).toEqual([0, 2, 0, 0, 0, 0, 0]);
    expect(record('db')?.diagnosis.verdict).toBe('cluster_dns_failing');
  });

  it('keeps addresses over errors, and empties them on NODATA', () => {
    const { store, record } = hold();
    store.seen(spec('db'), false, NOW);
    store.round(report(spec('db'), HEALTHY), NOW);
    expect(record('db')?.targetAddresses).toEqual({ ipv4: ['192.0.2.1'], ipv6: [] });
    store.round(report(spec('db'), FAILING), NOW);
    expect(record('db')?.targetAddresses).toEqual({ ipv4: ['192.0.2.1'], ipv6: [] });
    const empty = { A: result('nodata'), AAAA: result('nodata') };
    store.round(report(spec('db'), { ...FAILING, target: empty }), NOW);
    expect(record('db')?.targetAddresses).toEqual({ ipv4: [], ipv6: [] });
  });

  it('counts how the target changes, over errors, and anew for another target', () => {
    const { store, record } = hold();
    const at = (...addresses: string[]): Round => ({
      ...HEALTHY,
      target: { A: result('ok', { addresses }), AAAA: result('nodata') },
    });
    store.seen(spec('db'), false, NOW);
    for (let i = 0; i < 20; i++) store.round(report(spec('db'), at('192.0.2.1')), NOW);
    const { memory, targetAddresses } = record('db') ?? {};
    store.round(report(spec('db'), at('192.0.2.1')), NOW);
    expect(record('db')?.memory).toBe(memory);
    expect(record('db')?.targetAddresses).toBe(targetAddresses);
    store.round(report(spec('db'), FAILING), NOW);
    expect(record('db')?.changes).toEqual({ addresses: 0, replaced: 0, network: 0, chain: 0 });
    store.round(report(spec('db'), at('203.0.113.1'), { endedAt: NOW + 5 }), NOW + 5);
    expect(record('db')?.changes).toEqual({ addresses: 1, replaced: 1, network: 1, chain: 0 });
    expect(record('db')?.lastChange).toEqual({
      addresses: NOW + 5,
      replaced: NOW + 5,
      network: NOW + 5,
    });
    const edited = spec('db', 'db2.example.com');
    store.seen(edited, true, NOW + 10);
    store.round(report(edited, at('198.51.100.1')), NOW + 10);
    expect(record('db')?.changes.addresses).toBe(1);
  });

  it('holds a missing alias back until the deadline of the first unmet edit', () => {
    const { store, record } = hold();
    const missing: Round = {
      ...FAILING,
      app: { A: result('nxdomain'), AAAA: result('nxdomain') },
      alias: result('nxdomain'),
    };
    store.seen(spec('db'), true, NOW);
    store.round(report(spec('db'), missing), NOW + 30_000);
    expect(record('db')?.diagnosis).toEqual({ verdict: 'pending', blame: 'none' });
    const edited = spec('db', 'db2.example.com');
    store.seen(edited, true, NOW + 50_000);
    store.round(report(edited, missing), NOW + 61_000);
    expect(record('db')?.diagnosis).toEqual({
      up: 0,
      verdict: 'alias_missing',
      blame: 'cluster_dns',
    });
  });

  it('asks the API server before it blames cluster DNS for another spec, and itself if that is silent', () => {
    let asked = 0;
    const { store, record } = hold(undefined, () => asked++);
    const other = { ...HEALTHY, alias: result('mismatch') };
    const said = (): string | undefined => record('db')?.diagnosis.verdict;
    store.seen(spec('db'), false, NOW);
    store.round(report(spec('db'), HEALTHY), NOW);
    expect(asked).toBe(0);
    store.round(report(spec('db'), other, { endedAt: NOW + 4_000 }), NOW + 4_000);
    expect([said(), asked]).toEqual(['healthy', 1]);
    const informer = { synced: true, connected: true, lastContactAt: NOW + 4_500 };
    expect(store.informerChanged({ ...informer, lastListAt: NOW })).toEqual([]);
    // The API server has been asked since, and has nothing new to tell: the next round should not wait.
    const listed = { ...informer, lastListAt: NOW + 4_500 };
    expect(store.informerChanged(listed)).toEqual(['shop/db']);
    expect(store.informerChanged(listed)).toEqual([]);
    expect(said()).toBe('healthy');
    store.round(report(spec('db'), other, { endedAt: NOW + 60_000 }), NOW + 60_000);
    expect([said(), asked]).toEqual(['alias_mismatch', 1]);

    store.round(report(spec('db'), HEALTHY, { endedAt: NOW + 61_000 }), NOW + 61_000);
    store.round(report(spec('db'), other, { endedAt: NOW + 62_000 }), NOW + 62_000);
    expect([said(), asked]).toEqual(['healthy', 2]);
    store.round(report(spec('db'), other, { endedAt: NOW + 72_000 }), NOW + 72_000);
    expect(record('db')?.diagnosis).toEqual({ up: 1, verdict: 'unknown', blame: 'monitor' });
  });

  it('has nothing more to ask of a Service in doubt that is served, edited or gone meanwhile', () => {
    const { store } = hold();
    const other = { ...HEALTHY, alias: result('mismatch') };
    const at = NOW + 4_000;
    for (const name of ['served', 'edited', 'gone', 'doubted']) {
      store.seen(spec(name), false, NOW);
      store.round(report(spec(name), other, { endedAt: at }), at);
    }
    store.round(report(spec('served'), HEALTHY, { endedAt: at + 100 }), at + 100);
    store.seen(spec('edited', 'db2.example.com'), true, at + 200);
    store.gone('shop/gone', at + 200);
    const informer = { synced: true, connected: true, lastContactAt: at + 300 };
    expect(store.informerChanged({ ...informer, lastListAt: at + 300 })).toEqual(['shop/doubted']);
  });

  it('says alias_missing at once of a Service that was there before the monitor', () => {
    const { store, record } = hold();
    store.seen(spec('db'), false, NOW);
    store.round(report(spec('db'), { ...FAILING, alias: result('nxdomain') }), NOW);
    expect(record('db')?.diagnosis.verdict).toBe('alias_missing');
  });

  it('does not judge an edited Service by a round of its old target', () => {
    const { store, record } = hold();
    store.seen(spec('db'), false, NOW);
    store.round(report(spec('db'), HEALTHY), NOW);
    store.seen(spec('db', 'db2.example.com'), true, NOW);
    store.round(report(spec('db'), FAILING), NOW);
    expect(record('db')?.diagnosis).toEqual({ up: 1, verdict: 'healthy', blame: 'none' });
    expect(record('db')?.rounds).toEqual({ up: 1, down: 0 });
  });

  it('starts anew when a Service was deleted and made again between two lists', () => {
    const { store, record } = hold();
    store.seen(spec('db'), false, NOW);
    store.round(report(spec('db'), HEALTHY), NOW);
    const again = spec('db', 'db.example.com', 'another-uid');
    store.seen(again, true, NOW);
    expect(record('db')).toMatchObject({
      rounds: { up: 0, down: 0 },
      diagnosis: { verdict: 'pending' },
    });
    expect(store.round(report(spec('db'), HEALTHY), NOW)).toBe(false);
  });

  it('forgets a Service that is gone, and ignores what is still reported of it', () => {
    const { store, changes } = hold();
    store.seen(spec('db'), false, NOW);
    store.gone('shop/db', NOW);
    expect(store.round(report(spec('db'), HEALTHY), NOW)).toBe(false);
    expect(store.records.size).toBe(0);
    expect(changes.at(-1)).toBe('shop/db gone');
  });

  it('blames the target while one domain fails, and upstream when several others do', () => {
    const { store, record } = hold();
    const names = ['a', 'b', 'c', 'd'].map((letter) => spec(letter, `db.${letter}-corp.com`));
    const sisters = ['e', 'f', 'g'].map((letter) => spec(letter, `${letter}.a-corp.com`));
    for (const one of [...names, ...sisters]) store.seen(one, false, NOW);
    for (const one of [...sisters, ...names.slice(0, 1)]) store.round(report(one, FAILING), NOW);
    expect(record('a')?.diagnosis.blame).toBe('target');
    for (const one of names) store.round(report(one, FAILING), NOW);
    expect(record('d')?.diagnosis.blame).toBe('upstream_dns');
    expect(record('a')?.diagnosis.blame).toBe('upstream_dns');
    for (const one of names.slice(1)) store.gone(one.key, NOW);
    expect(record('a')?.diagnosis.blame).toBe('target');
  });

  it('blames for an alias of an alias what is to blame at its end, though no answer tells where that is', () => {
    const { store, record } = hold();
    const silent = { A: result('timeout'), AAAA: result('timeout') };
    const alias = spec('alias', 'a.shop.svc.cluster.local');
    for (const letter of ['a', 'b', 'c']) {
      const one = spec(letter, `db.${letter}-corp.com`);
      store.seen(one, false, NOW);
      store.round(report(one, FAILING), NOW);
    }
    store.seen(alias, false, NOW);
    store.round(report(alias, { ...FAILING, target: silent }), NOW);
    expect(record('alias')?.diagnosis).toMatchObject({
      verdict: 'target_failing',
      blame: 'upstream_dns',
    });
    for (const letter of ['b', 'c']) store.gone(`shop/${letter}`, NOW);
    expect(record('alias')?.diagnosis.blame).toBe('target');
  });

  it('blames the way to cluster DNS for silence, where it does not answer for aliases either', () => {
    const { store, record } = hold();
    const one = spec('db');
    const exchange = { server: '10.96.0.10:53', transport: 'udp' } as const;
    const lost = { ...exchange, outcome: 'timeout' } as const;
    const retried = result('ok', { exchanges: [lost, { ...exchange, outcome: 'ok', seconds: 1 }] });
    const silent = { A: result('timeout'), AAAA: result('timeout') };
    store.seen(one, false, NOW);
    store.round(report(one, { ...FAILING, target: silent }), NOW);
    expect(record('db')?.diagnosis.blame).toBe('target');
    for (let i = 0; i < 3; i++)
      store.round(report(one, { ...FAILING, alias: retried, target: silent }), NOW);
    expect(record('db')?.diagnosis).toMatchObject({
      verdict: 'target_failing',
      blame: 'cluster_dns',
    });
  });

  it('counts a domain as failing whose names pods wait for in vain', () => {
    const { store, record } = hold();
    const silent = { A: result('timeout'), AAAA: result('timeout') };
    for (const letter of ['a', 'b', 'c']) {
      const one = spec(letter, `db.${letter}-corp.com`);
      store.seen(one, false, NOW);
      store.round(report(one, { ...HEALTHY, app: silent }), NOW);
    }
    expect(record('c')?.diagnosis).toMatchObject({
      verdict: 'target_failing',
      blame: 'upstream_dns',
    });
  });

  it('does not count the end of a chain against upstream for the Service whose chain it is', () => {
    const { store, record } = hold();
    const ends = { chain: [{ name: 'db.b-corp.com', ttl: 5 }] };
    const chain = spec('chain', 'db.a-corp.com');
    const broken = { A: result('servfail', ends), AAAA: result('servfail', ends) };
    store.seen(chain, false, NOW);
    store.seen(spec('c', 'db.c-corp.com'), false, NOW);
    store.round(report(chain, { ...FAILING, target: broken }), NOW);
    store.round(report(spec('c', 'db.c-corp.com'), FAILING), NOW);
    // Two domains fail, that of the chain's end and one other.
    expect(record('chain')?.diagnosis.blame).toBe('target');
  });

  it('is degraded while rounds alternate, and not after an outage that has ended', () => {
    const { store, record } = hold();
    const play = (looks: string): string | undefined => {
      store.gone('shop/db', NOW);
      store.seen(spec('db'), false, NOW);
      for (const look of looks) {
        const good = report(spec('db'), HEALTHY, look === 'b' ? { unconfirmed: FAILING } : {});
        store.round(look === 'B' ? report(spec('db'), FAILING) : good, NOW);
      }
      return record('db')?.diagnosis.verdict;
    };
    expect(play('GBGBGBG')).toBe('degraded');
    expect(play('GbGbGbG')).toBe('degraded');
    expect(play('BBBBGGGG')).toBe('healthy');
    expect(play('GGbGGGbG')).toBe('healthy');
    expect(play('GBGBGBGGGGGG')).toBe('healthy');
  });

  it('counts a Service that was not asked about, as cluster DNS is silent, as down', () => {
    const { store, record } = hold();
    store.seen(spec('db'), false, NOW);
    store.round(report(spec('db'), HEALTHY), NOW);
    store.round(report(spec('db'), {}, { silent: true }), NOW + 1_000);
    expect(record('db')).toMatchObject({
      diagnosis: { up: 0, verdict: 'cluster_dns_failing' },
      rounds: { up: 1, down: 1 },
      lastProbeAt: NOW,
    });
    store.round(report(spec('db'), HEALTHY), NOW + 2_000);
    expect(record('db')?.diagnosis.verdict).toBe('healthy');
  });

  it('sees a loop over the watched Services, and that it was cut', () => {
    const { store, record } = hold();
    const empty = { A: result('nodata'), AAAA: result('nodata') };
    const dead: Round = { app: empty, alias: result('ok'), target: empty };
    const a = spec('a', 'b.shop.svc.cluster.local');
    store.seen(a, false, NOW);
    store.seen(spec('b', 'a.shop.svc.cluster.local'), false, NOW);
    store.round(report(a, dead), NOW);
    expect(record('a')?.diagnosis.verdict).toBe('invalid_target');
    store.gone('shop/b', NOW);
    store.round(report(a, dead), NOW);
    expect(record('a')?.diagnosis.verdict).toBe('target_no_address');
  });

  it('does not take errors in the zone of the cluster for a sign of upstream', () => {
    const { store, record } = hold();
    const specs = ['x.y.svc.cluster.local', 'one-corp.com', 'two-corp.com'].map((name, i) =>
      spec(`s${i}`, name),
    );
    for (const one of specs) store.seen(one, false, NOW);
    for (const one of specs) store.round(report(one, FAILING), NOW);
    expect(record('s1')?.diagnosis.blame).toBe('target');
    expect(record('s0')?.diagnosis.blame).toBe('cluster_dns');
  });

  it('blames itself when the control query says that the cluster domain is wrong', () => {
    const { store, record } = hold();
    store.seen(spec('db'), false, NOW);
    store.controlAsked({
      type: 'control',
      server: '10.96.0.10:53',
      result: result('nxdomain'),
      endedAt: NOW,
    });
    store.round(report(spec('db'), { ...FAILING, alias: result('nxdomain') }), NOW);
    expect(record('db')?.diagnosis).toEqual({ verdict: 'unknown', blame: 'monitor' });
  });
});

describe('isStale', () => {
  it.each([
    [true, { synced: false, connected: false }],
    [false, { synced: true, connected: true, lastContactAt: NOW - 160_000 }],
    [true, { synced: true, connected: true, lastContactAt: NOW - 240_000 }],
    [false, { synced: true, connected: false, lastContactAt: NOW - 5_000 }],
    [true, { synced: true, connected: false, lastContactAt: NOW - 60_000 }],
  ])('%s for %o', (stale, status) => {
    expect(isStale(status, NOW)).toBe(stale);
  });
});
