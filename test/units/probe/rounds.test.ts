/** When a round is believed, and what it asks; on virtual time. */
import { describe, expect, it } from 'vitest';
import type { Round } from '../../../src/model/round.ts';
import { aliasName, Bench, type Query, type Script } from './_fake.ts';

const INTERVAL_MS = 30_000;
const TARGET = 'db.example';
const ALIAS = aliasName('db');

const targetSays =
  (outcome: ReturnType<Script>): Script =>
  ({ name }) =>
    name === TARGET ? outcome : undefined;

/** A Service that is asked about, and has been healthy. */
async function healthy(change: ConstructorParameters<typeof Bench>[0] = {}): Promise<Bench> {
  const bench = new Bench({ timeoutMs: 2_000, ...change });
  await bench.watchNow('db');
  await bench.advance(1_000);
  expect(bench.judged('db')).toHaveLength(1);
  return bench;
}

/** Its next round, asked out of turn. */
async function next(bench: Bench, name = 'db') {
  const before = bench.judged(name).length;
  bench.prober.again([`shop/${name}`]);
  for (let i = 0; i < 100 && bench.judged(name).length === before; i++) await bench.advance(250);
  return bench.judged(name)[before];
}

const aOf = (rounds: readonly Round[] = []) => rounds.map(({ app }) => app?.A?.outcome);

describe('a round', () => {
  it('is reported without haste where it says what the last one said', async () => {
    const bench = await healthy();
    await next(bench);
    bench.dns.script = targetSays('nxdomain');
    for (let i = 0; i < 2; i++) await next(bench);
    bench.dns.script = () => undefined;
    for (let i = 0; i < 2; i++) await next(bench);
    const hastes = bench.judged('db').map(({ haste }) => haste);
    expect(hastes).toEqual(['soon', 'later', 'soon', 'later', 'soon', 'later']);
  });

  it('is confirmed a second later where it is worse than before', async () => {
    const bench = await healthy();
    bench.dns.script = targetSays('nxdomain');
    const report = await next(bench);
    expect([aOf(report?.earlier), report?.round.app?.A?.outcome]).toEqual([
      ['nxdomain'],
      'nxdomain',
    ]);
    const [first, second] = bench.dns.queriesFor(ALIAS, 'CNAME').slice(-2);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
    // The same again is no news.
    expect((await next(bench))?.earlier).toEqual([]);
  });

  it('is confirmed where one fault takes the place of another', async () => {
    const bench = await healthy();
    bench.dns.script = targetSays('nxdomain');
    await next(bench);
    bench.dns.script = targetSays('servfail');
    const report = await next(bench);
    expect([aOf(report?.earlier), report?.round.app?.A?.outcome]).toEqual([
      ['servfail'],
      'servfail',
    ]);
  });

  it('is believed at once where it is good', async () => {
    const bench = await healthy();
    bench.dns.script = targetSays('servfail');
    await next(bench);
    bench.dns.script = () => undefined;
    const report = await next(bench);
    expect([report?.earlier, report?.round.app?.A?.outcome]).toEqual([[], 'ok']);
  });

  it('is not believed where the second one is good', async () => {
    const bench = await healthy();
    let rounds = 0;
    bench.dns.script = ({ name, type }) => {
      if (name === ALIAS && type === 'CNAME') rounds++;
      return name === TARGET && rounds < 2 ? 'servfail' : undefined;
    };
    const report = await next(bench);
    expect([aOf(report?.earlier), report?.round.app?.A?.outcome]).toEqual([['servfail'], 'ok']);
  });

  it('without any reply is asked again three times, and no more', async () => {
    // Another one is answered, so that cluster DNS is not silent.
    const bench = await healthy();
    bench.dns.script = ({ name }) => (name === ALIAS ? 'timeout' : undefined);
    const report = await next(bench);
    expect(report?.earlier).toHaveLength(3);
    expect(report?.round.alias?.outcome).toBe('timeout');
    const asked = bench.dns.queriesFor(ALIAS, 'CNAME').length;
    await bench.advance(5_000);
    expect(bench.dns.queriesFor(ALIAS, 'CNAME')).toHaveLength(asked);
  });

  it('without any reply confirms no fault that another one shows', async () => {
    const bench = await healthy();
    let round = 0;
    bench.dns.script = ({ name, type }) => {
      if (name === ALIAS && type === 'CNAME') round++;
      if (round === 1 && name === ALIAS) return 'timeout';
      return name === TARGET && round === 2 ? 'servfail' : undefined;
    };
    const report = await next(bench);
    expect([aOf(report?.earlier), report?.round.app?.A?.outcome]).toEqual([
      ['timeout', 'servfail'],
      'ok',
    ]);
  });

  it('that waited for all types of both hops in vain is believed', async () => {
    const bench = await healthy();
    bench.dns.script = targetSays('timeout');
    const report = await next(bench);
    expect([report?.earlier, report?.round.target?.A?.outcome]).toEqual([[], 'timeout']);
  });

  it('that waited for one type alone is confirmed', async () => {
    const bench = await healthy();
    bench.dns.script = ({ name, type }) =>
      name === TARGET && type === 'AAAA' ? 'timeout' : undefined;
    expect((await next(bench))?.earlier).toHaveLength(1);
  });

  it('that waited for its permit is confirmed as any other', async () => {
    const bench = new Bench({ timeoutMs: 2_000, maxOutstanding: 1 });
    const settings = { recordTypes: ['A'] as const };
    await bench.watchNow('db', { settings });
    await bench.advance(1_000);
    bench.dns.script = ({ name }) => {
      if (name === 'hangs.example') return 'timeout';
      return name === TARGET ? 'servfail' : undefined;
    };
    await bench.watchNow('hangs', { settings });
    await bench.advance(100);
    const report = await next(bench);
    expect(report?.earlier).toHaveLength(1);
  });
});

describe('EDNS of our own', () => {
  const isOurs = ({ name, edns }: Query): boolean => name === TARGET && edns;

  it('accuses nobody: what fails with it is asked without, for the types that failed', async () => {
    const bench = new Bench({ timeoutMs: 2_000 });
    bench.dns.script = (query) => (isOurs(query) && query.type === 'AAAA' ? 'timeout' : undefined);
    await bench.watchNow('db');
    await bench.advance(6_000);
    const [report] = bench.judged('db');
    expect(report?.earlier).toEqual([]);
    expect(report?.round.target?.AAAA?.outcome).toBe('ok');
    expect(report?.round.withoutEdns).toEqual(['AAAA']);
    // Both exchanges are counted.
    expect(report?.round.target?.AAAA?.exchanges.map(({ outcome }) => outcome)).toEqual([
      'timeout',
      'ok',
    ]);
    const plain = bench.dns.queriesFor(TARGET).filter(({ edns }) => !edns);
    expect(new Set(plain.map(({ type }) => type))).toEqual(new Set(['AAAA']));
  });

  it('is left out for a while where the way loses it in every round, and that is still reported', async () => {
    const bench = new Bench({ timeoutMs: 2_000 });
    bench.dns.script = ({ edns }) => (edns ? 'timeout' : undefined);
    bench.watch('db', {}, 'known');
    await bench.advance(10 * INTERVAL_MS);
    const asked = (): number => bench.dns.queriesFor(TARGET).filter(({ edns }) => edns).length;
    const before = asked();
    const rounds = bench.judged('db').length;
    await bench.advance(5 * INTERVAL_MS);
    expect(asked()).toBe(before);
    expect(bench.judged('db').length).toBeGreaterThan(rounds);
    expect(bench.judged('db').at(-1)?.round.withoutEdns).toEqual(['A', 'AAAA']);
    await bench.advance(700_000);
    expect(asked()).toBeGreaterThan(before);
  });

  it('is left out by rounds that wait for a permit when its loss is learned', async () => {
    const bench = new Bench({ timeoutMs: 2_000, maxOutstanding: 20 });
    const names = Array.from({ length: 300 }, (_, i) => `s${i}`);
    for (const [i, name] of names.entries())
      bench.watch(name, { externalName: `${name}.d${i % 10}.example` });
    await bench.advance(2 * INTERVAL_MS);
    bench.dns.script = ({ edns }) => (edns ? 'timeout' : undefined);
    await bench.advance(2 * INTERVAL_MS);
    const plain = bench.judged().filter(({ round }) => round.withoutEdns);
    const learnedAt = plain[2]?.at ?? 0;
    const late = bench.dns.asked.filter(({ edns, at }) => edns && at > learnedAt);
    expect(late).toEqual([]);
    expect(plain.length).toBeGreaterThan(names.length);
  });

  it('is no reason where what pods ask hangs as well', async () => {
    const bench = await healthy();
    bench.dns.script = targetSays('timeout');
    const report = await next(bench);
    expect(report?.round.withoutEdns).toBeUndefined();
    expect(bench.dns.queriesFor(TARGET).every(({ edns }) => edns)).toBe(true);
  });

  it('is not suspected again of a target that is known to fail', async () => {
    const bench = await healthy();
    bench.dns.script = targetSays('servfail');
    await next(bench);
    const plain = (): number => bench.dns.queriesFor(TARGET).filter(({ edns }) => !edns).length;
    const before = plain();
    expect(before).toBeGreaterThan(0);
    await next(bench);
    expect(plain()).toBe(before);
  });

  it('is said of all Services that share the answer', async () => {
    const bench = new Bench({ timeoutMs: 2_000 });
    bench.dns.script = ({ name, edns }) =>
      name === 'shared.example' && edns ? 'servfail' : undefined;
    await bench.watchNow('one', { externalName: 'shared.example' });
    bench.watch('two', { externalName: 'shared.example' });
    await bench.advance(3_000);
    bench.prober.again(['shop/two']);
    await bench.advance(3_000);
    const [report] = bench.judged('two');
    expect(report).toMatchObject({ targetShared: true, earlier: [] });
    expect(report?.round).toMatchObject({
      withoutEdns: ['A', 'AAAA'],
      target: { A: { outcome: 'ok' } },
    });
  });
});

describe('a shared target', () => {
  it('that fails is asked by each Service that it would be news for', async () => {
    const bench = new Bench({ timeoutMs: 2_000 });
    bench.dns.script = ({ name }) => (name === 'shared.example' ? 'nxdomain' : undefined);
    await bench.watchNow('one', { externalName: 'shared.example' });
    bench.watch('two', { externalName: 'shared.example' });
    await bench.advance(3_000);
    bench.prober.again(['shop/two']);
    await bench.advance(3_000);
    const [report] = bench.judged('two');
    expect([report?.targetShared, report?.earlier.map((round) => 'target' in round)]).toEqual([
      false,
      [false],
    ]);
    expect(bench.judged('one').at(-1)?.round.target?.A?.outcome).toBe('nxdomain');
  });

  it('is renewed by its own Service once an interval', async () => {
    const bench = new Bench();
    await bench.watchNow('one', { externalName: 'shared.example' });
    await bench.watchNow('two', { externalName: 'shared.example' });
    await bench.advance(10 * INTERVAL_MS);
    const asked = bench.dns.queriesFor('shared.example', 'A').length;
    // Twenty rounds and more.
    expect(bench.judged().length).toBeGreaterThanOrEqual(20);
    expect(asked).toBeLessThanOrEqual(14);
    expect(asked).toBeGreaterThanOrEqual(9);
  });
});
