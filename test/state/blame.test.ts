import { describe, expect, it } from 'vitest';
import type { Round } from '../../src/model/round.ts';
import { FAILING, HEALTHY, result } from '../rounds.ts';
import { hold, NOW, report, spec } from './_held.ts';

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

  it('blames itself when the control query says that the cluster domain is wrong', () => {
    const { store, record } = hold();
    store.seen(spec('db'), false, NOW);
    store.sensed({
      type: 'control',
      server: '10.96.0.10:53',
      result: result('nxdomain'),
      endedAt: NOW,
    });
    store.round(report(spec('db'), { ...FAILING, alias: result('nxdomain') }), NOW);
    expect(record('db')?.diagnosis).toEqual({ verdict: 'unknown', blame: 'monitor' });
  });
});
