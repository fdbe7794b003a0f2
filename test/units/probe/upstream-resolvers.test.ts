/** Which resolvers behind cluster DNS are asked for what, and how often: on a clock of the test's. */
import { afterEach, describe, expect, it } from 'vitest';
import { parseServers } from '../../../src/config/values.ts';
import { type Forward, forwardAll } from '../../../src/model/forward.ts';
import type {
  FaultReport,
  JudgedReport,
  ResolvedReport,
  ResolverHealthReport,
  ResolverReport,
  SilentReport,
} from '../../../src/model/messages.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import { pause } from '../../../src/probe/clock.ts';
import { UpstreamResolvers } from '../../../src/probe/upstream-resolvers.ts';
import { probeConfig } from '../../fixtures/probe-config.ts';
import { result } from '../../fixtures/rounds.ts';
import { FakeClock } from './_fake.ts';

const CONFIG = probeConfig(parseServers('10.96.0.10'), { intervalMs: 30_000 });
const A = '10.0.0.2:53';
const B = '10.0.0.3:53';
const BOTH = parseServers(`${A},${B}`);
const MINUTE = 60_000;

type Message = ResolverReport | ResolverHealthReport | ResolvedReport | FaultReport;
interface Says {
  readonly outcome: Outcome;
  readonly ms?: number;
}

/** `says`: to targets, by resolver; `canary`: to the canary. */
function started(
  says: (server: string, target: string) => Says = () => ({ outcome: 'servfail' }),
  canary: (server: string) => Says = () => ({ outcome: 'ok' }),
  forwards: readonly Forward[] = forwardAll(BOTH),
) {
  const clock = new FakeClock();
  const asked: { readonly target: string; readonly server: string; readonly at: number }[] = [];
  const reports: Message[] = [];
  const resolvers = new UpstreamResolvers(CONFIG, {
    clock,
    report: (message) => reports.push(message),
    ask: async ({ label }, target) => {
      asked.push({ target, server: label, at: clock.now() });
      const said = says(label, target);
      await pause(clock, said.ms ?? 10);
      return {
        A: result(said.outcome, { server: label }),
        AAAA: result(said.outcome, { server: label }),
      };
    },
    canary: async ({ label }) => {
      const said = canary(label);
      await pause(clock, said.ms ?? 10);
      return result(said.outcome, { server: label });
    },
  });
  resolvers.setForwards(forwards);
  stop = () => resolvers.stop();
  const round = (key: string, target: string, outcome: Outcome = 'servfail'): void => {
    const hop = { A: result(outcome, { server: 'c' }), AAAA: result(outcome, { server: 'c' }) };
    const base = { type: 'round', key, uid: key, target, endedAt: clock.now() } as const;
    const report: JudgedReport = {
      ...base,
      kind: 'judged',
      round: { target: hop },
      earlier: [],
      targetShared: false,
      converging: false,
      failingServers: [],
      singles: [],
      delaySeconds: 0,
    };
    resolvers.round(report);
  };
  const of = <T extends Message['type']>(type: T) =>
    reports.filter((one): one is Extract<Message, { type: T }> => one.type === type);
  return { clock, resolvers, asked, reports, round, of };
}

let stop: () => void = () => {};
afterEach(() => stop());

describe('the resolvers behind cluster DNS', () => {
  it('are each asked at once for a target that fails, and once a minute while it does', async () => {
    const { clock, asked, round, of } = started();
    await clock.advance(1_000);
    round('shop/db', 'db.example.com');
    await clock.advance(1_000);
    expect(asked.map(({ server }) => server)).toEqual([A, B]);
    expect(of('resolver')).toMatchObject([
      { target: 'db.example.com', keys: ['shop/db'], server: A, zone: '.' },
      { target: 'db.example.com', keys: ['shop/db'], server: B, zone: '.' },
    ]);
    for (let i = 0; i < 10; i++) {
      round('shop/db', 'db.example.com');
      await clock.advance(30_000);
    }
    expect(asked.length).toBeGreaterThanOrEqual(8);
    expect(asked.length).toBeLessThanOrEqual(14);
  });

  it('are asked for nothing else: not what works, in the cluster, an address, or forwarded to nobody', async () => {
    const { clock, asked, round } = started(undefined, undefined, [
      { block: '.', zone: 'corp.example', except: [], servers: BOTH },
    ]);
    round('shop/fine', 'fine.corp.example', 'ok');
    round('shop/empty', 'empty.corp.example', 'nodata');
    round('shop/in', 'db.other.svc.cluster.local');
    round('shop/ip', '192.0.2.1');
    round('shop/bad', `${'x'.repeat(64)}.corp.example`);
    round('shop/out', 'db.example.com');
    await clock.advance(MINUTE);
    expect(asked).toEqual([]);
    round('shop/own', 'db.corp.example');
    await clock.advance(1_000);
    expect(asked).toHaveLength(2);
  });

  it('are asked three times a second at most, by turns of the domains', async () => {
    const { clock, asked, round } = started();
    for (let i = 0; i < 40; i++) round(`crowd/${i}`, `h${i}.crowd.example`);
    round('shop/a', 'a.one.test');
    round('shop/b', 'b.two.test');
    await clock.advance(20_000);
    expect(asked.length).toBeLessThanOrEqual(3 * 20 + 2);
    expect(asked.length).toBeGreaterThan(3 * 18);
    const first = asked.slice(0, 6).map(({ target }) => target.split('.').slice(1).join('.'));
    expect(new Set(first)).toEqual(new Set(['crowd.example', 'one.test', 'two.test']));
  });

  it('that hang do not hold up the others', async () => {
    const { clock, asked, round } = started((server) =>
      server === A ? { outcome: 'timeout', ms: 3_600_000 } : { outcome: 'servfail' },
    );
    for (let i = 0; i < 40; i++) round(`shop/${i}`, `h${i}.d${i}.test`);
    await clock.advance(MINUTE);
    expect(asked.filter(({ server }) => server === A)).toHaveLength(10);
    expect(asked.filter(({ server }) => server === B).length).toBeGreaterThanOrEqual(40);
  });

  it('are asked again soon where they do not agree', async () => {
    const { clock, asked, round } = started((server) => ({
      outcome: server === A ? 'ok' : 'servfail',
    }));
    round('shop/db', 'db.example.com');
    await clock.advance(11_000);
    expect(asked).toHaveLength(4);
  });

  it('are asked rarely for a name that does not exist', async () => {
    const { clock, asked, round } = started();
    for (let i = 0; i < 18; i++) {
      round('shop/gone', 'gone.example.com', 'nxdomain');
      await clock.advance(30_000);
    }
    expect(asked).toHaveLength(2);
  });

  it('are no longer asked once the target resolves, or its Service is gone', async () => {
    const { clock, resolvers, asked, round, of } = started();
    round('shop/a', 'a.one.test');
    round('shop/b', 'b.two.test');
    await clock.advance(5_000);
    const before = asked.length;
    round('shop/a', 'a.one.test', 'ok');
    resolvers.unwatch('shop/b');
    await clock.advance(10 * MINUTE);
    expect(asked).toHaveLength(before);
    expect(
      of('resolved')
        .flatMap(({ targets }) => targets)
        .sort(),
    ).toEqual(['a.one.test', 'b.two.test']);
  });

  it('are asked for targets that are not asked for at cluster DNS, as upstream is silent', async () => {
    const { clock, resolvers, asked } = started();
    const silent = (because: SilentReport['because'], target: string): SilentReport => ({
      type: 'round',
      kind: 'silent',
      key: `shop/${target}`,
      uid: target,
      target,
      endedAt: clock.now(),
      because,
      earlier: [],
    });
    resolvers.round(silent('cluster_dns', 'a.one.test'));
    resolvers.round(silent('upstream_dns', 'b.two.test'));
    await clock.advance(2_000);
    expect(asked.map(({ target }) => target)).toEqual(['b.two.test', 'b.two.test']);
  });

  it('do well or not by the canary, which is asked again when a target fails', async () => {
    let isDown = false;
    const { clock, round, of } = started(
      (server) => ({ outcome: isDown && server === B ? 'timeout' : 'servfail' }),
      (server) => ({ outcome: isDown && server === B ? 'timeout' : 'ok' }),
    );
    await clock.advance(10_000);
    isDown = true;
    round('shop/db', 'db.example.com');
    await clock.advance(1_000);
    const last = Object.fromEntries(
      of('resolver_health').map(({ server, health }) => [server, health]),
    );
    expect(last).toEqual({ [A]: 'works', [B]: 'silent' });
    // It is known before the answer for the target is.
    const order = of('resolver_health').length;
    expect(order).toBe(4);
  });

  it('are unproven as long as they have never replied; one of a stub zone may refuse other names', async () => {
    const { clock, of } = started(
      undefined,
      (server) => ({ outcome: server === A ? 'timeout' : 'refused' }),
      [
        { block: '.', zone: '.', except: [], servers: parseServers(A) },
        { block: 'corp.example', zone: 'corp.example', except: [], servers: parseServers(B) },
      ],
    );
    await clock.advance(1_000);
    expect(of('resolver_health').map(({ server, health }) => [server, health])).toEqual([
      [A, 'unproven'],
      [B, 'works'],
    ]);
  });

  it('keep to bounds: 50 targets of a domain, and none once there are no forwards', async () => {
    const { clock, resolvers, asked, round, of } = started();
    for (let i = 0; i < 200; i++) round(`crowd/${i}`, `h${i}.crowd.example`);
    await clock.advance(2 * MINUTE);
    expect(new Set(asked.map(({ target }) => target)).size).toBe(50);
    resolvers.setForwards([]);
    const before = asked.length;
    await clock.advance(2 * MINUTE);
    expect(asked).toHaveLength(before);
    expect(of('resolved')).toHaveLength(50);
  });

  it('are no longer reported once the Corefile has others, though an answer is under way', async () => {
    const { clock, resolvers, round, of } = started(() => ({ outcome: 'servfail', ms: 2_000 }));
    round('shop/db', 'db.example.com');
    await clock.advance(1_000);
    resolvers.setForwards(forwardAll(parseServers(A)));
    await clock.advance(5_000);
    expect(of('resolver').map(({ server }) => server)).toEqual([A]);
  });

  it('and an error of our own is reported, and the next turn comes', async () => {
    let isBroken = true;
    const { clock, round, of } = started(() => {
      if (isBroken) throw new Error('broken');
      return { outcome: 'servfail' };
    });
    round('shop/db', 'db.example.com');
    await clock.advance(1_000);
    expect(of('fault')[0]).toMatchObject({ reason: 'resolver', error: 'Error: broken' });
    isBroken = false;
    await clock.advance(MINUTE);
    round('shop/db', 'db.example.com');
    await clock.advance(MINUTE);
    expect(of('resolver').length).toBeGreaterThan(0);
  });
});
