import { describe, expect, it } from 'vitest';
import type { Round } from '../../../src/model/round.ts';
import { FAILING, HEALTHY, ok, result } from '../../fixtures/rounds.ts';
import { hold, NOW, report, spec } from '../../fixtures/store.ts';

describe('whose fault it is, seen over all Services', () => {
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

  it('blames the way for first attempts that were lost, whose target hop another Service had', () => {
    const { store, record } = hold();
    const one = spec('db');
    const silent = { A: result('timeout'), AAAA: result('timeout') };
    const first = { app: silent, alias: ok() };
    const lost = { app: silent, alias: result('timeout') };
    store.seen(one, false, NOW);
    for (let i = 0; i < 7; i++) {
      const change = i % 2 === 0 ? {} : { earlier: [first, lost] };
      store.round(report(one, HEALTHY, change), NOW);
    }
    expect(record('db')?.diagnosis).toMatchObject({ verdict: 'degraded', blame: 'cluster_dns' });
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

  it('does not count it once that has lasted, as cluster DNS is at fault then', () => {
    const { store, record } = hold();
    const silent = { A: result('timeout'), AAAA: result('timeout') };
    const waiting = ['a', 'b'].map((letter) => spec(letter, `db.${letter}-corp.com`));
    const one = spec('c', 'db.c-corp.com');
    for (const each of [...waiting, one]) store.seen(each, false, NOW);
    for (let i = 0; i < 3; i++) {
      for (const each of waiting) store.round(report(each, { ...HEALTHY, app: silent }), NOW);
    }
    expect(record('a')?.diagnosis).toMatchObject({ verdict: 'app_view_broken' });
    store.round(report(one, FAILING), NOW);
    expect(record('c')?.diagnosis.blame).toBe('target');
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
});

describe('the share and the onset of domains that fail', () => {
  const MINUTE = 60_000;

  /** `count` Services whose targets are in domains of their own, all of them resolved at first. */
  function held(count: number) {
    const { store, record } = hold();
    const all = Array.from({ length: count }, (_, i) => spec(`s${i}`, `db.company${i}.com`));
    for (const one of all) store.seen(one, false, NOW);
    const rounds = (from: number, to: number, round: Round, now: number): void => {
      for (const one of all.slice(from, to)) store.round(report(one, round), now);
    };
    rounds(0, count, HEALTHY, NOW);
    return { store, rounds, diagnosis: (i: number) => record(`s${i}`)?.diagnosis };
  }

  it('blames the target where three of many domains fail at once', () => {
    const { rounds, diagnosis } = held(43);
    rounds(3, 23, HEALTHY, NOW + MINUTE);
    rounds(0, 3, FAILING, NOW + MINUTE);
    for (const i of [0, 1, 2]) expect(diagnosis(i)?.blame).toBe('target');
    expect(diagnosis(2)?.evidence).toBe(
      'Of 22 other domains that 10.96.0.10:53 was asked for since company2.com began to fail, 2 began to fail with it and 20 were resolved.',
    );
  });

  it('blames upstream where most domains fail together, and the first of them, too', () => {
    const { rounds, diagnosis } = held(10);
    rounds(0, 1, FAILING, NOW + MINUTE);
    expect(diagnosis(0)?.blame).toBe('target');
    rounds(1, 6, FAILING, NOW + MINUTE + 1_000);
    expect(diagnosis(0)?.blame).toBe('upstream_dns');
    expect(diagnosis(5)?.blame).toBe('upstream_dns');
  });

  it('blames upstream for a name of a domain of which another is resolved by luck', () => {
    const { store, rounds, diagnosis } = held(10);
    const lucky = spec('lucky', 'www.company0.com');
    store.seen(lucky, false, NOW);
    rounds(0, 8, FAILING, NOW + MINUTE);
    store.round(report(lucky, HEALTHY), NOW + MINUTE + 500);
    rounds(0, 1, FAILING, NOW + MINUTE + 1_000);
    expect(diagnosis(0)?.blame).toBe('upstream_dns');
    // One that begins long after the others has a fault of its own.
    rounds(8, 9, HEALTHY, NOW + 10 * MINUTE);
    rounds(8, 9, FAILING, NOW + 20 * MINUTE);
    expect(diagnosis(8)?.blame).toBe('target');
  });

  it('does not count domains that have failed for long', () => {
    const { rounds, diagnosis } = held(5);
    rounds(0, 2, FAILING, NOW + MINUTE);
    rounds(2, 5, HEALTHY, NOW + 60 * MINUTE);
    rounds(0, 3, FAILING, NOW + 61 * MINUTE);
    expect(diagnosis(2)?.blame).toBe('target');
    rounds(3, 5, FAILING, NOW + 61 * MINUTE);
    expect(diagnosis(2)?.blame).toBe('upstream_dns');
    expect(diagnosis(0)?.blame).toBe('target');
  });

  it('does not count domains of which nothing was ever resolved, while others are', () => {
    const { store, record } = hold();
    const dead = ['a', 'b', 'c', 'd'].map((name) => spec(name, `db.${name}-corp.com`));
    const one = spec('one', 'db.one-corp.com');
    for (const each of [...dead, one]) store.seen(each, false, NOW);
    store.round(report(one, HEALTHY), NOW);
    for (const each of dead) store.round(report(each, FAILING), NOW);
    for (const { name } of dead) expect(record(name)?.diagnosis.blame).toBe('target');
  });

  it('knows when a domain began to fail that has a name which never worked', () => {
    const { store, record } = hold();
    const all = ['a', 'b', 'c'].map((name) => spec(name, `db.${name}-corp.com`));
    const dead = spec('dead', 'dead.a-corp.com');
    for (const one of [...all, dead]) store.seen(one, false, NOW);
    store.round(report(dead, FAILING), NOW);
    for (const one of all) store.round(report(one, HEALTHY), NOW);
    for (const one of [...all, dead]) store.round(report(one, FAILING), NOW + MINUTE);
    for (const { name } of all) expect(record(name)?.diagnosis.blame).toBe('upstream_dns');
    expect(record('dead')?.diagnosis.blame).toBe('target');
  });

  it('leaves those that never worked with their blame when all that worked fails', () => {
    const { store, record } = hold();
    const dead = ['x', 'y', 'z'].map((name) => spec(name, `db.${name}-corp.com`));
    const all = ['a', 'b', 'c'].map((name) => spec(name, `db.${name}-corp.com`));
    for (const one of [...all, ...dead]) store.seen(one, false, NOW);
    for (const one of dead) store.round(report(one, FAILING), NOW);
    for (const one of all) store.round(report(one, HEALTHY), NOW);
    for (const one of [...all, ...dead]) store.round(report(one, FAILING), NOW + MINUTE);
    for (const { name } of all) expect(record(name)?.diagnosis.blame).toBe('upstream_dns');
    for (const { name } of dead) expect(record(name)?.diagnosis.blame).toBe('target');
  });

  it('counts the customers of one provider as one', () => {
    const { store, record } = hold();
    const all = ['a', 'b', 'c', 'd'].map((name) => spec(name, `${name}.azurewebsites.net`));
    for (const one of all) store.seen(one, false, NOW);
    for (const one of all) store.round(report(one, HEALTHY), NOW);
    for (const one of all) store.round(report(one, FAILING), NOW + MINUTE);
    for (const { name } of all) expect(record(name)?.diagnosis.blame).toBe('target');
  });

  it('does not take an answer from the cache of cluster DNS for a sign that upstream works', () => {
    const { rounds, diagnosis } = held(10);
    const cached = {
      ...HEALTHY,
      target: { A: result('ok', { addresses: ['192.0.2.1'], ttl: 20 }) },
    };
    const fresh = {
      ...HEALTHY,
      target: { A: result('ok', { addresses: ['192.0.2.1'], ttl: 60 }) },
    };
    rounds(0, 10, fresh, NOW + MINUTE);
    rounds(0, 4, FAILING, NOW + MINUTE + 40_000);
    rounds(4, 10, cached, NOW + MINUTE + 40_000);
    expect(diagnosis(0)?.blame).toBe('upstream_dns');
    rounds(4, 10, fresh, NOW + MINUTE + 50_000);
    rounds(0, 1, FAILING, NOW + MINUTE + 55_000);
    expect(diagnosis(0)?.blame).toBe('target');
  });

  it('does not blame upstream for three of many domains while the answers of the others are from a cache', () => {
    const { rounds, diagnosis } = held(43);
    rounds(0, 3, FAILING, NOW + 10_000);
    expect(diagnosis(2)?.blame).toBe('target');
  });

  it('looks at each server by itself: another one may resolve what the first does not', () => {
    const { store, record } = hold({ servers: ['10.0.0.1:53', '10.0.0.2:53'] });
    const failed = (server: string) => ({ server, transport: 'udp', outcome: 'servfail' }) as const;
    const broken = result('servfail', {
      server: '10.0.0.2:53',
      exchanges: [failed('10.0.0.1:53'), failed('10.0.0.2:53')],
    });
    const all = Array.from({ length: 20 }, (_, i) => spec(`s${i}`, `db.company${i}.com`));
    for (const one of all) store.seen(one, false, NOW);
    const served = result('ok', { addresses: ['192.0.2.1'], server: '10.0.0.1:53' });
    for (const at of [NOW, NOW + MINUTE]) {
      for (const one of all) store.round(report(one, { ...HEALTHY, target: { A: served } }), at);
    }
    for (const one of all.slice(0, 3)) {
      store.round(report(one, { ...FAILING, target: { A: broken } }), NOW + MINUTE);
    }
    expect(record('s2')?.diagnosis.blame).toBe('target');
  });

  it('believes the upstream sensor where there are one or two Services, of what did not fail before', () => {
    const { store, rounds, diagnosis } = held(2);
    rounds(0, 1, FAILING, NOW + MINUTE);
    const sensor = { type: 'upstream', server: '10.96.0.10:53' } as const;
    store.sensed({ ...sensor, result: result('ok'), endedAt: NOW + MINUTE });
    store.sensed({ ...sensor, result: result('servfail'), endedAt: NOW + 60 * MINUTE });
    rounds(0, 2, FAILING, NOW + 60 * MINUTE);
    expect(diagnosis(1)).toMatchObject({ verdict: 'target_failing', blame: 'upstream_dns' });
    expect(diagnosis(0)).toMatchObject({ verdict: 'target_failing', blame: 'target' });
  });
});

describe('whether cluster DNS serves the zone of the cluster domain', () => {
  const GONE: Round = { ...FAILING, alias: result('nxdomain') };

  function held(names: readonly string[], isOwnDomain = false) {
    const { store } = hold({ isOwnDomain, listedAt: NOW + 60_000 });
    const specs = names.map((name) => spec(name));
    for (const one of specs) store.seen(one, false, NOW);
    const control = (outcome: 'ok' | 'nxdomain' | 'nodata', endedAt = NOW): boolean =>
      store.sensed({ type: 'control', server: '10.96.0.10:53', result: result(outcome), endedAt });
    const round = (name: string, says: Round, at = NOW): boolean =>
      store.round(report(spec(name), says, { endedAt: at }), at).concernsAll;
    return {
      store,
      control,
      round,
      diagnosis: (name: string) => store.records.get(`shop/${name}`)?.diagnosis,
    };
  }

  it('blames itself while the cluster domain has never worked', () => {
    const { control, round, diagnosis } = held(['db']);
    control('nxdomain');
    round('db', GONE);
    expect(diagnosis('db')).toEqual({ verdict: 'unknown', blame: 'monitor' });
  });

  it.each([
    ['the control name was once answered', false, 'ok'],
    ['so it was in a cluster without IPv4', false, 'nodata'],
    ['the domain is the one that the pod searches', true, undefined],
  ] as const)('says that cluster DNS has lost its zone where %s', (_, isOwnDomain, first) => {
    const { control, round, diagnosis } = held(['db'], isOwnDomain);
    if (first) control(first);
    expect(control('nxdomain')).toBe(true);
    round('db', GONE);
    expect(diagnosis('db')).toMatchObject({
      up: 0,
      verdict: 'cluster_dns_failing',
      blame: 'cluster_dns',
    });
  });

  it('judges as usual where some aliases are served, and reports that it should', () => {
    const { control, round, store, diagnosis } = held(['db', 'other']);
    control('nxdomain');
    round('other', GONE, NOW + 1);
    expect(diagnosis('other')?.verdict).toBe('unknown');
    expect(round('db', HEALTHY, NOW + 2)).toBe(true);
    store.rejudge('shop/other', NOW + 3);
    expect(diagnosis('other')).toMatchObject({ up: 0, verdict: 'alias_missing' });
    expect(diagnosis('db')?.verdict).toBe('healthy');
    for (const at of [10, 20, 30]) control('nxdomain', NOW + at);
    round('db', GONE, NOW + 31);
    expect(diagnosis('db')?.verdict).toBe('cluster_dns_failing');
  });
});
