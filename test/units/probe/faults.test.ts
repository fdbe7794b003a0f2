/** Errors, edits and stalls: what one Service does concerns no other, and its schedule goes on. On virtual time. */
import { describe, expect, it } from 'vitest';
import { aliasName, Bench } from './_fake.ts';

const INTERVAL_MS = 30_000;

/** Starts of rounds, by their query for the CNAME. */
function startsOf(bench: Bench, name: string): readonly number[] {
  return bench.dns.queriesFor(aliasName(name), 'CNAME').map(({ at }) => at);
}

function longestGap(times: readonly number[]): number {
  return Math.max(...times.slice(1).map((at, i) => at - (times[i] ?? 0)));
}

describe('an error thrown by an asker', () => {
  it('is a fault of one Service, which has its next turn as all others', async () => {
    const bench = new Bench();
    bench.watch('bad');
    bench.watch('good');
    bench.dns.script = ({ name }) => {
      if (name === 'bad.example') throw new Error('no such thing');
      return undefined;
    };
    await bench.advance(3 * INTERVAL_MS);
    const faults = bench.faults();
    expect(faults.length).toBeGreaterThanOrEqual(2);
    expect(faults.every(({ key, reason }) => key === 'shop/bad' && reason === 'round')).toBe(true);
    expect(faults[0]?.error).toContain('no such thing');
    expect(bench.judged('good').length).toBeGreaterThanOrEqual(2);
    bench.dns.script = () => undefined;
    await bench.advance(INTERVAL_MS * 1.2);
    expect(bench.judged('bad')).not.toEqual([]);
    expect([bench.prober.inflight, bench.dns.opened]).toEqual([0, 0]);
  });

  it('does not end the wait for cluster DNS to serve a new Service', async () => {
    const bench = new Bench();
    let errors = 2;
    bench.dns.script = ({ name }) => {
      if (name === aliasName('db') && errors-- > 0) throw new Error('no such thing');
      return undefined;
    };
    bench.watch('db', {}, 'fresh');
    await bench.advance(INTERVAL_MS);
    expect(bench.faults()).toHaveLength(2);
    expect(bench.judged('db')[0]?.round.alias?.outcome).toBe('ok');
    bench.prober.stop();
    await bench.advance(1_000);
    expect(bench.dns.opened).toBe(0);
  });

  it('leaves a new Service its turns, even if it goes on', async () => {
    const bench = new Bench();
    bench.dns.script = ({ name }) => {
      if (name === aliasName('db')) throw new Error('no such thing');
      return undefined;
    };
    bench.watch('db', {}, 'fresh');
    await bench.advance(2 * INTERVAL_MS);
    bench.dns.script = () => undefined;
    await bench.advance(1.2 * INTERVAL_MS);
    expect(bench.judged('db')).not.toEqual([]);
  });

  it('in a sensor is a fault of no Service, and the sensor goes on', async () => {
    const bench = new Bench();
    bench.dns.script = ({ name }) => {
      if (name.startsWith('kubernetes.')) throw new Error('no such thing');
      return undefined;
    };
    await bench.advance(INTERVAL_MS);
    expect(bench.faults()[0]).toMatchObject({ reason: 'sensor' });
    bench.dns.script = () => undefined;
    await bench.advance(INTERVAL_MS);
    expect(bench.sensed('control')[0]).toMatchObject({ result: { outcome: 'ok' } });
  });
});

describe('an edit of the target', () => {
  it('drops the round under way and what the old target left behind', async () => {
    const bench = new Bench();
    bench.dns.script = ({ name }) => (name === 'old.example' ? 'timeout' : undefined);
    await bench.watchNow('db', { externalName: 'old.example' });
    await bench.advance(1_000);
    const spec = bench.spec('db', { externalName: 'new.example' });
    bench.dns.targets.set('shop/db', 'new.example');
    bench.prober.watch(spec, 'fresh');
    await bench.advance(3_000);
    // The old round would have waited for ten seconds.
    expect(bench.judged('db')[0]?.target).toBe('new.example');
    await bench.advance(2 * INTERVAL_MS);
    expect(new Set(bench.judged('db').map(({ target }) => target))).toEqual(
      new Set(['new.example']),
    );
    expect(bench.judged('db').flatMap(({ earlier }) => earlier)).toEqual([]);
    expect([bench.prober.outstanding, bench.dns.opened]).toEqual([0, 0]);
  });

  it('does not wait for the permit that the old target waits for', async () => {
    const bench = new Bench({ maxOutstanding: 2 });
    bench.dns.script = ({ name }) => (name.endsWith('hangs.example') ? 'timeout' : undefined);
    for (let i = 0; i < 5; i++) await bench.watchNow(`s${i}`, { externalName: 'hangs.example' });
    await bench.advance(1_000);
    bench.dns.targets.set('shop/s4', 'db.svc.cluster.local');
    bench.prober.watch(bench.spec('s4', { externalName: '192.0.2.1' }), 'fresh');
    bench.dns.targets.set('shop/s4', '192.0.2.1');
    await bench.advance(4_000);
    expect(bench.judged('s4').map(({ target }) => target)).toEqual(['192.0.2.1']);
    bench.dns.script = () => undefined;
    await bench.advance(4 * INTERVAL_MS);
    expect([bench.prober.outstanding, bench.prober.inflight]).toEqual([0, 0]);
  });
});

describe('permits', () => {
  const paths: Record<string, (bench: Bench) => void> = {
    'an unwatch': ({ prober }) => {
      for (let i = 0; i < 12; i++) prober.unwatch(`shop/s${i}`);
    },
    'an edit': (bench) => {
      for (let i = 0; i < 12; i++) bench.watch(`s${i}`, { externalName: `t${i}.other` }, 'fresh');
    },
    'a stop': ({ prober }) => prober.stop(),
    'nothing at all': () => {},
  };
  for (const [path, act] of Object.entries(paths)) {
    it(`are all given back after ${path} during the wait for them`, async () => {
      const bench = new Bench({ maxOutstanding: 4 });
      bench.dns.script = ({ name }) => (name.startsWith('t') ? 'timeout' : undefined);
      for (let i = 0; i < 12; i++) await bench.watchNow(`s${i}`, { externalName: `t${i}.example` });
      await bench.advance(2_000);
      expect(bench.prober.outstanding).toBe(4);
      act(bench);
      bench.dns.script = () => undefined;
      await bench.advance(3 * INTERVAL_MS);
      expect([bench.prober.outstanding, bench.prober.inflight]).toEqual([0, 0]);
      expect([bench.dns.held, bench.dns.opened]).toEqual([0, 0]);
      expect(bench.dns.mostHeld).toBe(4);
    });
  }
});

describe('time', () => {
  it('makes no burst after a stall, and no long gap', async () => {
    const bench = new Bench();
    const names = Array.from({ length: 300 }, (_, i) => `s${i}`);
    for (const name of names) bench.watch(name);
    await bench.advance(INTERVAL_MS * 1.2);
    bench.clock.stall(60_000);
    const resumedAt = bench.clock.now();
    await bench.advance(INTERVAL_MS * 1.5);
    const starts = names.map((name) => startsOf(bench, name).filter((at) => at >= resumedAt));
    const firsts = starts.map(([first = Infinity]) => first - resumedAt);
    expect(Math.max(...firsts)).toBeLessThanOrEqual(0.7 * INTERVAL_MS + 100);
    // 300 in 21 s, evenly, and what was due within the last two seconds.
    const perSecond = new Map<number, number>();
    for (const at of starts.flat()) {
      const second = Math.floor((at - resumedAt) / 1_000);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
    }
    expect(Math.max(...perSecond.values())).toBeLessThanOrEqual(45);
    // The time during the stall is nobody's delay.
    const late = bench
      .judged()
      .filter(({ at, delaySeconds }) => at >= resumedAt && delaySeconds > 2.1);
    expect(late).toEqual([]);
  });

  it('asks each Service within its interval and the jitter, whatever the wall clock says', async () => {
    const bench = new Bench();
    const names = Array.from({ length: 20 }, (_, i) => `s${i}`);
    for (const name of names) bench.watch(name);
    const { now } = Date;
    try {
      await bench.advance(INTERVAL_MS * 2);
      Date.now = () => now() - 3_600_000;
      await bench.advance(INTERVAL_MS * 2);
      Date.now = () => now() + 3_600_000;
      await bench.advance(INTERVAL_MS * 2);
    } finally {
      Date.now = now;
    }
    const gaps = names.map((name) => longestGap(startsOf(bench, name)));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1.2 * INTERVAL_MS + 100);
  });

  it('asks again when asked to, on top of the turn that comes', async () => {
    const bench = new Bench();
    const names = ['a', 'b', 'c'];
    const keys = names.map((name) => bench.watch(name).key);
    await bench.advance(2 * INTERVAL_MS);
    const before = names.map((name) => startsOf(bench, name).length);
    const askedAt = bench.clock.now();
    bench.prober.again([...keys, 'shop/none']);
    await bench.advance(1_000);
    expect(names.map((name, i) => startsOf(bench, name).length - (before[i] ?? 0))).toEqual([
      1, 1, 1,
    ]);
    await bench.advance(3 * INTERVAL_MS);
    for (const name of names) {
      const starts = startsOf(bench, name).filter((at) => at >= askedAt);
      expect(starts.length).toBeGreaterThanOrEqual(3);
      expect(longestGap(starts)).toBeLessThan(1.25 * INTERVAL_MS);
    }
  });
});
