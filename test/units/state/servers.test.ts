import { describe, expect, it } from 'vitest';
import { NO_TRACE } from '../../../src/diagnosis/trace.ts';
import type { JudgedReport } from '../../../src/model/messages.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import type { Round } from '../../../src/model/round.ts';
import type { Store } from '../../../src/state/store.ts';
import { convergingOf, ok, reportOf, result } from '../../fixtures/rounds.ts';
import { specOf } from '../../fixtures/spec.ts';
import { hold, NOW } from '../../fixtures/store.ts';

const VIP = '10.96.0.10:53';
const GOOD = '10.0.0.1:53';
const BAD = '10.0.0.2:53';
const DB = specOf('db');

const asked = (outcome: Outcome) => (outcome === 'ok' ? ok('192.0.2.1') : result(outcome));
const round = (app: Outcome, alias: Outcome, target: Outcome = app): Round => ({
  app: { A: asked(app), AAAA: result('nodata') },
  alias: result(alias),
  target: { A: asked(target), AAAA: result('nodata') },
});
const HEALTHY = round('ok', 'ok');
const FAILING = round('bare_cname', 'ok', 'servfail');
const SILENT = round('timeout', 'timeout');

function start(pods: readonly string[] = [GOOD, BAD], servers: readonly string[] = [VIP]) {
  const { store } = hold({ servers });
  store.podsChanged(pods);
  store.seen(DB, false, NOW);
  return {
    store,
    /** A round of the Service, and the servers that fail it. */
    served(one: Round, failingServers: readonly string[] = [], of = DB): string {
      store.round(reportOf(of, one, NOW, { failingServers }), NOW);
      return said(store, of.key);
    },
    control: (server: string, outcome: Outcome) =>
      store.sensed({ type: 'control', server, result: result(outcome), endedAt: NOW }),
    upstream: (server: string, outcome: Outcome, endedAt = NOW) =>
      store.sensed({ type: 'upstream', server, result: result(outcome), endedAt }),
    forwards: (server: string, works: boolean) =>
      store.forwardingChanged({ type: 'forwarding', server, works, endedAt: NOW }),
    rejudged(now = NOW): string {
      store.rejudge(DB.key, now);
      return said(store);
    },
  };
}

function said(store: Store, key = DB.key): string {
  const { up, verdict, blame } = store.records.get(key)?.diagnosis ?? {};
  return `${up ?? '-'} ${verdict} ${blame}`;
}

describe('servers that are asked on their own', () => {
  it('make a Service degraded at most, while others serve it', () => {
    const { served } = start();
    expect(served(HEALTHY)).toBe('1 healthy none');
    expect(served(HEALTHY, [BAD])).toBe('1 degraded cluster_dns');
    // Rounds meet the bad one now and then: no verdict changes by that.
    for (let i = 0; i < 8; i++) expect(served(FAILING, [BAD])).toBe('1 degraded cluster_dns');
    expect(served(FAILING, [BAD])).toBe('0 target_failing target');
    expect(served(HEALTHY, [BAD])).toBe('1 degraded cluster_dns');
    expect(served(HEALTHY)).toBe('1 healthy none');
  });

  it('fail every Service while they do not answer the control query', () => {
    const { served, control, rejudged } = start();
    served(HEALTHY);
    expect(control(BAD, 'timeout')).toBe(true);
    expect(control(BAD, 'timeout')).toBe(false);
    expect(rejudged()).toBe('1 degraded cluster_dns');
    expect(served(SILENT)).toBe('1 degraded cluster_dns');
    expect(control(BAD, 'ok')).toBe(true);
    expect(served(HEALTHY)).toBe('1 healthy none');
  });

  it('fail the Services that lead outside while they do not forward', () => {
    const { store, served, forwards, rejudged } = start();
    const inside = specOf('inside', { externalName: 'db.other.svc.cluster.local' });
    const byOthers = specOf('others', { externalName: 'db.shop.svc.cluster.local' });
    store.seen(inside, false, NOW);
    store.seen(byOthers, false, NOW);
    served(HEALTHY);
    expect(forwards(BAD, false)).toBe(true);
    expect(rejudged()).toBe('1 degraded cluster_dns');
    expect(served(HEALTHY, [], inside)).toBe('1 healthy none');
    expect(served(HEALTHY, [], byOthers)).toBe('1 degraded cluster_dns');
    expect(store.servers.get(BAD)).toMatchObject({ answers: true, forwards: false });
    forwards(BAD, true);
    expect(rejudged()).toBe('1 healthy none');
  });

  it('are no excuse where all of them fail', () => {
    const { served, control, forwards } = start();
    served(HEALTHY);
    forwards(GOOD, false);
    forwards(BAD, false);
    expect(served(FAILING)).toBe('0 target_failing target');
    control(GOOD, 'timeout');
    control(BAD, 'timeout');
    expect(served(round('servfail', 'servfail'))).toBe('0 cluster_dns_failing cluster_dns');
  });

  it('make no round worse by working again', () => {
    const { served, control, rejudged } = start();
    served(HEALTHY);
    control(BAD, 'timeout');
    expect(served(FAILING)).toBe('1 degraded cluster_dns');
    control(BAD, 'ok');
    expect(rejudged()).toBe('1 degraded cluster_dns');
    // A round that began while it failed may end now.
    expect(served(FAILING)).toBe('1 degraded cluster_dns');
    expect(served(HEALTHY)).toBe('1 healthy none');
    expect(served(FAILING)).toBe('0 target_failing target');
  });

  it('are forgotten when they are gone', () => {
    const { store, served, control, forwards, rejudged } = start();
    served(HEALTHY);
    control(BAD, 'timeout');
    expect(served(HEALTHY, [BAD])).toBe('1 degraded cluster_dns');
    store.podsChanged([GOOD]);
    expect(rejudged()).toBe('1 healthy none');
    expect(control(BAD, 'timeout')).toBe(false);
    expect(forwards(BAD, false)).toBe(false);
    expect(store.control.has(BAD)).toBe(false);
    store.podsChanged([GOOD, BAD]);
    expect(store.servers.get(BAD)).toEqual({ answers: true, forwards: true, since: 0 });
  });

  it('include those of --cluster-dns where there are several, and only there', () => {
    const several = start([], [GOOD, BAD]);
    several.served(HEALTHY);
    expect(several.control(GOOD, 'timeout')).toBe(true);
    expect(several.rejudged()).toBe('1 degraded cluster_dns');
    const one = start([], [VIP]);
    one.served(HEALTHY);
    expect(one.control(VIP, 'timeout')).toBe(false);
    expect(one.rejudged()).toBe('1 healthy none');
  });

  it('do not make upstream fail for others', () => {
    const { store, served } = start();
    served(FAILING, [BAD]);
    const others = ['a', 'b'].map((name) => specOf(name, { externalName: `db.${name}-corp.com` }));
    for (const one of others) {
      store.seen(one, false, NOW);
      served(FAILING, [], one);
    }
    // Two domains, and a third that only the bad server fails: no sign of upstream.
    expect(said(store, 'shop/b')).toBe('0 target_failing target');
  });
});

describe('upstream that fails behind two servers (A11, A12)', () => {
  const specs = Array.from({ length: 6 }, (_, i) =>
    specOf(`s${i}`, { externalName: `db.corp-${i}.com` }),
  );

  function failed(): ReturnType<typeof start> {
    const held = start([], [GOOD, BAD]);
    for (const one of specs) held.store.seen(one, false, NOW);
    for (const one of specs) held.served(HEALTHY, [], one);
    for (const server of [GOOD, BAD]) held.forwards(server, false);
    for (const one of specs) held.served(FAILING, [], one);
    return held;
  }

  it('is at fault, and not the targets', () => {
    const { store } = failed();
    for (const { key } of specs) expect(said(store, key)).toBe('0 target_failing upstream_dns');
  });

  it('leaves nothing behind: the first good round is healthy', () => {
    const { served, forwards } = failed();
    // One of them is seen to work again before the other.
    forwards(GOOD, true);
    for (const one of specs) served(HEALTHY, [], one);
    forwards(BAD, true);
    for (const one of specs) expect(served(HEALTHY, [], one)).toBe('1 healthy none');
  });
});

describe('the upstream sensor', () => {
  const MINUTE = 60_000;

  it('says at once that upstream fails where there is but one Service', () => {
    const { served, upstream, rejudged } = start([]);
    expect(served(FAILING)).toBe('0 target_failing target');
    expect(upstream(VIP, 'servfail')).toBe(true);
    expect(upstream(VIP, 'timeout')).toBe(false);
    expect(rejudged()).toBe('0 target_failing upstream_dns');
  });

  it('explains an error of its outage that caches repeat after that, but not for long', () => {
    const { served, upstream, rejudged } = start([]);
    upstream(VIP, 'servfail');
    served(FAILING);
    expect(upstream(VIP, 'ok', NOW + MINUTE)).toBe(false);
    expect(rejudged(NOW + MINUTE + 20_000)).toBe('0 target_failing upstream_dns');
    expect(rejudged(NOW + 10 * MINUTE)).toBe('0 target_failing target');
  });

  it('says nothing about upstream where one of the pods behind it gets answers from outside', () => {
    const { served, upstream, rejudged } = start();
    upstream(VIP, 'servfail');
    upstream(BAD, 'servfail');
    served(FAILING);
    expect(rejudged()).toBe('0 target_failing upstream_dns');
    upstream(GOOD, 'ok');
    expect(rejudged()).toBe('0 target_failing target');
    upstream(GOOD, 'servfail');
    expect(rejudged()).toBe('0 target_failing upstream_dns');
  });

  it('explains a target that fails in part, in its outage and for a while after it', () => {
    const { served, upstream, rejudged } = start([]);
    upstream(VIP, 'servfail');
    served({ ...HEALTHY, target: { A: ok('192.0.2.1'), AAAA: result('servfail') } });
    upstream(VIP, 'ok', NOW + MINUTE);
    expect(rejudged(NOW + MINUTE + 20_000)).toBe('1 degraded upstream_dns');
    expect(rejudged(NOW + 10 * MINUTE)).toBe('1 degraded target');
  });

  it('does not explain what begins to fail after its outage', () => {
    const { served, upstream } = start([]);
    upstream(VIP, 'servfail', NOW - 2_000);
    upstream(VIP, 'ok', NOW - 1_000);
    expect(served(FAILING)).toBe('0 target_failing target');
  });

  it('blames cluster DNS where it is refused as the one target is', () => {
    const { served, upstream, rejudged } = start([]);
    expect(served(round('refused', 'ok'))).toBe('0 target_failing target');
    expect(upstream(VIP, 'refused')).toBe(true);
    expect(rejudged()).toBe('0 target_failing cluster_dns');
    // A target with an error of another kind has a fault of its own.
    expect(served(FAILING)).toBe('0 target_failing target');
  });

  it('explains an answer of REFUSED while it was refused itself a moment ago, and not for long', () => {
    const { served, upstream, rejudged } = start([]);
    upstream(VIP, 'refused');
    // A place below the limit is free now and then, and the cache repeats what it got.
    upstream(VIP, 'ok');
    expect(served(round('refused', 'ok'))).toBe('0 target_failing cluster_dns');
    expect(rejudged(NOW + 10 * MINUTE)).toBe('0 target_failing target');
  });

  it('takes an outage that begins again at once for the same', () => {
    const { served, upstream, rejudged } = start([]);
    upstream(VIP, 'servfail', NOW - 5 * MINUTE);
    upstream(VIP, 'ok', NOW + 1_000);
    served(FAILING);
    upstream(VIP, 'servfail', NOW + MINUTE);
    upstream(VIP, 'ok', NOW + 2 * MINUTE);
    upstream(VIP, 'servfail', NOW + 3 * MINUTE);
    expect(rejudged(NOW + 3 * MINUTE)).toBe('0 target_failing upstream_dns');
    upstream(VIP, 'ok', NOW + 4 * MINUTE);
    upstream(VIP, 'servfail', NOW + 30 * MINUTE);
    expect(rejudged(NOW + 30 * MINUTE)).toBe('0 target_failing target');
  });

  it('must fail at every server that pods ask', () => {
    const { served, upstream, rejudged } = start([], [GOOD, BAD]);
    served(FAILING);
    upstream(BAD, 'timeout');
    expect(rejudged()).toBe('0 target_failing target');
    upstream(GOOD, 'timeout');
    expect(rejudged()).toBe('0 target_failing upstream_dns');
  });

  it('takes a negative answer for an answer', () => {
    const { served, upstream, rejudged } = start([]);
    served(FAILING);
    expect(upstream(VIP, 'nxdomain')).toBe(false);
    expect(rejudged()).toBe('0 target_failing target');
  });
});

describe('a round without a reply for the alias (A20)', () => {
  it('changes no verdict until it is the third in a row', () => {
    const { served } = start([]);
    served(FAILING);
    expect(served(SILENT)).toBe('0 target_failing target');
    expect(served(SILENT)).toBe('0 target_failing target');
    expect(served(FAILING)).toBe('0 target_failing target');
    for (let i = 0; i < 2; i++) expect(served(SILENT)).toBe('0 target_failing target');
    expect(served(SILENT)).toBe('0 cluster_dns_failing cluster_dns');
  });

  it('makes a Service that was up degraded, and no more, until then', () => {
    const { served } = start([]);
    served(HEALTHY);
    expect(served(SILENT)).toBe('1 degraded cluster_dns');
    expect(served(SILENT)).toBe('1 degraded cluster_dns');
    expect(served(SILENT)).toBe('0 cluster_dns_failing cluster_dns');
    expect(served(HEALTHY)).toBe('1 healthy none');
  });

  it('does not keep a recovery back: an address is an address', () => {
    const { served } = start([]);
    served(FAILING);
    expect(served(round('ok', 'timeout', 'timeout'))).toBe('1 degraded cluster_dns');
  });
});

describe('edits of the spec', () => {
  it('are counted with who made them', () => {
    const { store } = start();
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

  const target = (i: number) => specOf('db', { externalName: `db${i}.example.com` });
  const since = (store: Store) => store.records.get(DB.key)?.convergingSince;

  it('have one deadline while they are not met, and each its own once they are', () => {
    const { store } = start();
    const report = (one: Round, change: Partial<JudgedReport>) =>
      store.round(reportOf(target(2), one, NOW, change), NOW + 3_000);
    store.seen(target(1), true, NOW + 1_000);
    store.seen(target(2), true, NOW + 2_000);
    expect(since(store)).toBe(NOW + 1_000);
    // While the worker waits for cluster DNS, another CNAME is no fault.
    report(round('ok', 'mismatch'), { converging: true });
    expect([said(store), since(store)]).toEqual(['1 healthy none', NOW + 1_000]);
    store.round(convergingOf(target(2), 'mismatch', NOW), NOW + 3_000);
    expect(since(store)).toBe(NOW + 1_000);
    report(HEALTHY, {});
    expect(since(store)).toBeUndefined();
    store.seen(target(3), true, NOW + 5_000);
    expect(since(store)).toBe(NOW + 5_000);
  });

  it('drop the past of the old target whole (A23)', () => {
    const { store, served } = start([]);
    for (let i = 0; i < 4; i++) {
      served(HEALTHY);
      served(FAILING);
    }
    served(FAILING, [BAD]);
    const before = store.records.get(DB.key);
    expect(before?.trace).toMatchObject({ sinceGood: 2, lastBad: { verdict: 'target_failing' } });
    store.seen(target(1), true, NOW);
    const record = store.records.get(DB.key);
    expect(record?.trace).toBe(NO_TRACE);
    expect(record).toMatchObject({ failingServers: [], rounds: before?.rounds });
    expect(record).not.toHaveProperty('memory');
    expect(served(HEALTHY, [], target(1))).toBe('1 healthy none');
  });

  it('that leave the target as it was keep the past', () => {
    const { store, served } = start([]);
    served(FAILING);
    const { trace } = store.records.get(DB.key) ?? {};
    store.seen(specOf('db', { externalName: 'DB.example.com.' }), true, NOW);
    expect(store.records.get(DB.key)?.trace).toBe(trace);
  });
});
