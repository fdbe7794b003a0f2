import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/model/outcome.ts';
import type { QueryResult, Round } from '../../src/model/round.ts';
import { type Settings, Store } from '../../src/state/store.ts';
import { specOf } from '../spec.ts';
import { settingsOf } from './_held.ts';

const NOW = Date.UTC(2026, 10, 24);
const VIP = '10.96.0.10:53';
const GOOD = '10.0.0.1:53';
const BAD = '10.0.0.2:53';
const DB = specOf('db');

const result = (outcome: Outcome): QueryResult => ({
  outcome,
  server: VIP,
  exchanges: [],
  addresses: outcome === 'ok' ? ['192.0.2.1'] : [],
  chain: [],
  ...(outcome === 'timeout' ? {} : { seconds: 0.001 }),
});
const round = (app: Outcome, alias: Outcome, target: Outcome = app): Round => ({
  app: { A: result(app), AAAA: result('nodata') },
  alias: result(alias),
  target: { A: result(target), AAAA: result('nodata') },
});
const HEALTHY = round('ok', 'ok');

function hold(pods: readonly string[] = [GOOD, BAD], servers: readonly string[] = [VIP]) {
  const settings: Settings = { ...settingsOf(servers), families: ['ipv4'] };
  const changes: string[] = [];
  const store = new Store(settings, (key, record) =>
    changes.push(`${key} ${record?.diagnosis.verdict}`),
  );
  store.informerChanged({ synced: true, connected: true, lastContactAt: NOW, lastListAt: NOW });
  store.podsChanged(pods);
  store.seen(DB, false, NOW);
  const { key, uid, target } = DB;
  const of = { key, uid, target, unconfirmed: {} } as const;
  let now = NOW;
  return {
    store,
    changes,
    later: (ms: number) => {
      now += ms;
      store.informerChanged({ synced: true, connected: true, lastContactAt: now, lastListAt: now });
    },
    served(one: Round): string {
      const rest = { judged: true, silent: false, targetShared: false, delaySeconds: 0 };
      store.round({ type: 'round', ...of, ...rest, round: one, endedAt: now }, now);
      return said(store);
    },
    looked(server: string, one: Round): string {
      store.server({ type: 'server', ...of, server, round: one, endedAt: now }, now);
      return said(store);
    },
    control: (server: string, outcome: Outcome) =>
      store.controlAsked({ type: 'control', server, result: result(outcome), endedAt: now }),
    rejudged(): string {
      store.rejudge(key, now);
      return said(store);
    },
  };
}

function said(store: Store): string {
  const { up, verdict, blame } = store.records.get(DB.key)?.diagnosis ?? {};
  return `${up ?? '-'} ${verdict} ${blame}`;
}

describe('servers that are asked on their own', () => {
  it('make a Service degraded at most, while others serve it', () => {
    const { served, looked } = hold();
    expect(served(HEALTHY)).toBe('1 healthy none');
    expect(looked(BAD, round('bare_cname', 'ok'))).toBe('1 degraded cluster_dns');
    expect(looked(GOOD, HEALTHY)).toBe('1 degraded cluster_dns');
    // The rounds meet the bad one now and then, and do not flap.
    for (let i = 0; i < 8; i++)
      expect(served(round('bare_cname', 'ok', 'servfail'))).toBe('1 degraded cluster_dns');
    expect(served(round('bare_cname', 'ok', 'servfail'))).toBe('0 target_failing target');
    expect(served(HEALTHY)).toBe('1 degraded cluster_dns');
    expect(looked(BAD, HEALTHY)).toBe('1 healthy none');
  });

  it('say nothing where pods get no address either', () => {
    const { served, looked } = hold();
    expect(served(round('bare_cname', 'ok', 'servfail'))).toBe('0 target_failing target');
    expect(looked(BAD, round('bare_cname', 'ok'))).toBe('0 target_failing target');
    expect(served(HEALTHY)).toBe('1 healthy none');
  });

  it('may serve an old spec until the convergence deadline', () => {
    const { served, looked, later } = hold();
    served(HEALTHY);
    expect(looked(BAD, round('ok', 'mismatch'))).toBe('1 healthy none');
    later(59_000);
    expect(looked(BAD, round('ok', 'mismatch'))).toBe('1 healthy none');
    later(1_000);
    expect(looked(BAD, round('ok', 'mismatch'))).toBe('1 degraded cluster_dns');
    expect(served(round('ok', 'mismatch'))).toBe('1 degraded cluster_dns');
    expect(looked(BAD, HEALTHY)).toBe('1 degraded cluster_dns');
    expect(served(HEALTHY)).toBe('1 healthy none');
    expect(served(round('ok', 'mismatch'))).toBe('1 alias_mismatch cluster_dns');
    expect(served(HEALTHY)).toBe('1 healthy none');
  });

  it('are bad for every Service when they do not answer the control query', () => {
    const { served, control, rejudged } = hold();
    served(HEALTHY);
    expect(control(BAD, 'timeout')).toBe(true);
    expect(control(BAD, 'timeout')).toBe(false);
    expect(rejudged()).toBe('1 degraded cluster_dns');
    expect(served(round('timeout', 'timeout'))).toBe('1 degraded cluster_dns');
    control(GOOD, 'timeout');
    expect(rejudged()).toBe('0 cluster_dns_failing cluster_dns');
    served(HEALTHY);
    control(GOOD, 'ok');
    expect(control(BAD, 'ok')).toBe(true);
    expect(rejudged()).toBe('1 healthy none');
  });

  it('make no round worse by being mended', () => {
    const { served, control, rejudged } = hold();
    served(HEALTHY);
    control(BAD, 'timeout');
    expect(served(round('timeout', 'timeout'))).toBe('1 degraded cluster_dns');
    control(BAD, 'ok');
    expect(rejudged()).toBe('1 degraded cluster_dns');
    expect(served(round('timeout', 'timeout'))).toBe('1 degraded cluster_dns');
    expect(served(HEALTHY)).toBe('1 healthy none');
    expect(served(round('timeout', 'timeout'))).toBe('0 cluster_dns_failing cluster_dns');
  });

  it('leave nothing behind of what was seen while they did not answer', () => {
    const { served, looked, control, rejudged, later } = hold();
    served(HEALTHY);
    expect(looked(BAD, round('timeout', 'timeout'))).toBe('1 degraded cluster_dns');
    later(1_000);
    control(BAD, 'timeout');
    later(1_000);
    control(BAD, 'ok');
    expect(rejudged()).toBe('1 healthy none');
    expect(looked(BAD, round('bare_cname', 'ok'))).toBe('1 degraded cluster_dns');
  });

  it('are forgotten when they are gone', () => {
    const { store, served, looked, control, rejudged } = hold();
    served(HEALTHY);
    expect(looked(BAD, round('bare_cname', 'ok'))).toBe('1 degraded cluster_dns');
    store.podsChanged([GOOD]);
    expect(rejudged()).toBe('1 healthy none');
    expect(looked(BAD, round('bare_cname', 'ok'))).toBe('1 healthy none');
    expect(control(BAD, 'timeout')).toBe(false);
    expect(store.control.has(BAD)).toBe(false);
  });

  it('are those of --cluster-dns, too, where there are several', () => {
    const { served, looked, control, rejudged } = hold([], [GOOD, BAD]);
    served(HEALTHY);
    expect(looked(BAD, round('nxdomain', 'nxdomain'))).toBe('1 healthy none');
    expect(control(GOOD, 'timeout')).toBe(true);
    expect(rejudged()).toBe('1 degraded cluster_dns');
  });

  it('do not make upstream fail for others', () => {
    const { store, served, looked } = hold();
    served(HEALTHY);
    looked(BAD, round('bare_cname', 'ok'));
    served(round('bare_cname', 'ok', 'servfail'));
    const others = ['a', 'b'].map((name) => specOf(name, { externalName: `db.${name}-corp.com` }));
    for (const { key, uid, target } of others) {
      store.seen(specOf(uid, { externalName: target }), false, NOW);
      store.round(
        {
          type: 'round',
          key,
          uid,
          target,
          round: round('bare_cname', 'ok', 'servfail'),
          judged: true,
          silent: false,
          targetShared: false,
          unconfirmed: {},
          delaySeconds: 0,
          endedAt: NOW,
        },
        NOW,
      );
    }
    // Two domains and a third that only the bad server fails: no sign of upstream.
    expect(store.records.get('shop/b')?.diagnosis.blame).toBe('target');
  });
});

describe('edits of the spec', () => {
  it('are counted with who made them', () => {
    const { store } = hold();
    const edited = { externalName: 'db2.example.com', target: 'db2.example.com', editedBy: 'helm' };
    store.seen({ ...DB, labels: { a: 'b' } }, false, NOW + 1);
    expect(store.records.get(DB.key)?.specChanges).toBe(0);
    store.seen({ ...DB, ...edited }, true, NOW + 2);
    expect(store.records.get(DB.key)).toMatchObject({
      specChanges: 1,
      history: {
        edits: [{ at: NOW + 2, from: 'db.example.com', to: 'db2.example.com', by: 'helm' }],
      },
    });
  });

  it('have one deadline while they are not met, and each its own once they are', () => {
    const { store } = hold();
    const target = (i: number) => specOf('db', { externalName: `db${i}.example.com` });
    store.seen(target(1), true, NOW + 1_000);
    store.seen(target(2), true, NOW + 2_000);
    expect(store.records.get(DB.key)?.convergence).toEqual({ since: NOW + 1_000, met: false });
    const { key, uid } = DB;
    const report = { type: 'round', key, uid, judged: true, silent: false } as const;
    const rest = { targetShared: false, unconfirmed: {}, delaySeconds: 0, endedAt: NOW } as const;
    const of = (round: Round) => ({ ...report, ...rest, round, target: 'db2.example.com' });
    store.round(of(HEALTHY), NOW + 3_000);
    // A server that lags behind the one that was met first is within the same deadline.
    store.round(of(round('ok', 'mismatch')), NOW + 4_000);
    expect(said(store)).toBe('1 healthy none');
    store.seen(target(3), true, NOW + 5_000);
    expect(store.records.get(DB.key)?.convergence?.since).toBe(NOW + 5_000);
  });

  it('are met by the CNAME that pods get, where the alias hop is not asked', () => {
    const { store, served } = hold([]);
    const appOnly = (name: string): Round => ({
      app: { A: { ...result('ok'), chain: [{ name, ttl: 30 }] } },
    });
    store.seen(specOf('db', { externalName: 'db.example.org' }), true, NOW + 1_000);
    store.seen(DB, true, NOW + 2_000);
    expect(served(appOnly('db.example.org'))).toBe('1 healthy none');
    expect(store.records.get(DB.key)?.convergence?.met).toBe(false);
    expect(served(appOnly('db.example.com'))).toBe('1 healthy none');
    expect(store.records.get(DB.key)?.convergence?.met).toBe(true);
  });
});
